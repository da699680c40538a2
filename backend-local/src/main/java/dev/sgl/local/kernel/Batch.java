package dev.sgl.local.kernel;

/// The rows of one forward pass: the new tokens of several sequences, one sequence after the
/// other, without padding.
///
/// @param tokens token id of each row
/// @param positions place of each row in its sequence
/// @param tables pages of each row's sequence, shared between its rows
/// @param slots where each row's sequence has its states: another slot for each sequence of a
///     batch, or 0 for all if the model keeps no states
/// @param segments which of the texts of its sequence each row belongs to
/// @param sampled rows whose logits are wanted, ascending
public record Batch(
    int[] tokens, int[] positions, int[][] tables, int[] slots, int[] segments, int[] sampled) {
  /// Rows of sequences of one text each.
  public Batch(int[] tokens, int[] positions, int[][] tables, int[] slots, int[] sampled) {
    this(tokens, positions, tables, slots, new int[tokens.length], sampled);
  }

  /// Rows of one sequence, or of a model that keeps no states.
  public Batch(int[] tokens, int[] positions, int[][] tables, int[] sampled) {
    this(tokens, positions, tables, new int[tokens.length], sampled);
  }

  /// The last position that each row sees: its own, or where rows see ahead, the last one of its
  /// sequence, which then is whole in the batch.
  public int[] lastSeen(AttentionShape shape) {
    if (!shape.seesAhead()) {
      return positions;
    }
    int[] last = positions.clone();
    for (int row = last.length - 2; row >= 0; row--) {
      if (tables[row] == tables[row + 1]) {
        last[row] = last[row + 1];
      }
    }
    return last;
  }

  /// Number of rows.
  public int rows() {
    return tokens.length;
  }
}
