package dev.sgl.local.schedule;

/// The rows of one sequence in a batch: its tokens from `first` up to `end`.
public record Piece(Sequence sequence, int first, int end) {
  /// The first row whose logits are wanted, as a position; `end` if none are.
  public int firstWanted() {
    return Math.max(first, Math.min(end, sequence.firstWanted()));
  }

  /// The page table of the sequence.
  public int[] pages() {
    return sequence.lease().pages();
  }

  /// Whether it is a part of what the sequence had when it was admitted.
  public boolean isPrefill() {
    return sequence.isPrefilling();
  }

  public int rows() {
    return end - first;
  }
}
