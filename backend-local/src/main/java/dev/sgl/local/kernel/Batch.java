package dev.sgl.local.kernel;

/// The rows of one forward pass: the new tokens of several sequences, one sequence after the other,
/// without padding.
///
/// @param tokens token id of each row
/// @param positions place of each row in its sequence
/// @param tables pages of each row's sequence, shared between its rows
/// @param sampled rows whose logits are wanted, ascending
public record Batch(int[] tokens, int[] positions, int[][] tables, int[] sampled) {
  /// Number of rows.
  public int rows() {
    return tokens.length;
  }
}
