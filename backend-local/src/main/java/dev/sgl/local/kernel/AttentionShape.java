package dev.sgl.local.kernel;

/// Heads of the queries and of the keys, numbers of a head, and the furthest that a row sees.
public record AttentionShape(int heads, int kvHeads, int headDim, int window) {
  /// No window.
  public static final int ALL = Integer.MAX_VALUE;

  /// Numbers of a token's keys in a layer.
  public int width() {
    return kvHeads * headDim;
  }

  /// The same heads, which see everything.
  public AttentionShape withoutWindow() {
    return new AttentionShape(heads, kvHeads, headDim, ALL);
  }

  /// The cell of a layer of this shape.
  public Cell cell() {
    return new Cell(kvHeads, headDim);
  }
}
