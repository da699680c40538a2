package dev.sgl.local.kernel;

/// The keys and values that a layer keeps of each token, in the pages of a pool.
///
/// @param kvHeads heads of its keys and of its values
/// @param headDim numbers of a head
public record Cell(int kvHeads, int headDim) {
  /// Numbers of a token's keys, and of its values.
  public int width() {
    return kvHeads * headDim;
  }
}
