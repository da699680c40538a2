package dev.sgl.local.kernel;

/// The rows of one forward pass: the new tokens of several sequences, one sequence after the
/// other, without padding.
///
/// @param tokens token id of each row
/// @param positions place of each row in its sequence
/// @param tables pages of each row's sequence, shared between its rows
/// @param slots where each row's sequence has its states: another slot for each sequence of a
///     batch, or 0 for all if the model keeps no states
/// @param sampled rows whose logits are wanted, ascending
public record Batch(int[] tokens, int[] positions, int[][] tables, int[] slots, int[] sampled) {
  /// Rows of one sequence, or of a model that keeps no states.
  public Batch(int[] tokens, int[] positions, int[][] tables, int[] sampled) {
    this(tokens, positions, tables, new int[tokens.length], sampled);
  }

  /// Number of rows.
  public int rows() {
    return tokens.length;
  }
}
