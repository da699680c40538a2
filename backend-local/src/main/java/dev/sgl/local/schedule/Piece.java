package dev.sgl.local.schedule;

/// The rows of one sequence in a batch: its tokens from `first` up to `end`.
///
/// @param wanted the first row whose logits are wanted, as a position; `end` if none are
public record Piece(Sequence sequence, int first, int end, int wanted) {

  /// The rows of a sequence that it is to have next.
  static Piece of(Sequence sequence) {
    int first = sequence.computed();
    int end = first + sequence.granted();
    int wanted = sequence.firstWanted() + (sequence.isExpecting() ? 1 : 0);
    return new Piece(sequence, first, end, Math.max(first, Math.min(end, wanted)));
  }

  /// The page table of the sequence.
  public int[] pages() {
    return sequence.lease().pages();
  }

  /// Where the states of the sequence are.
  public int slot() {
    return sequence.lease().slot();
  }

  /// Whether its tokens belong to the prefill: the sequence had them when it was admitted.
  public boolean isPrefill() {
    return sequence.isPrefilling();
  }

  /// The number of tokens of the piece, which is its number of rows in the batch.
  public int rows() {
    return end - first;
  }
}
