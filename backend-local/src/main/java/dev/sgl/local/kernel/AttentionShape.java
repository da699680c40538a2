package dev.sgl.local.kernel;

/// How a layer attends.
///
/// @param heads of the queries
/// @param kvHeads of the keys and values
/// @param headDim numbers of a head
/// @param window the furthest that a row sees
public record AttentionShape(int heads, int kvHeads, int headDim, int window, Scoring scoring) {
  /// No window.
  public static final int ALL = Integer.MAX_VALUE;

  /// Heads with scores as most models have them.
  public AttentionShape(int heads, int kvHeads, int headDim, int window) {
    this(heads, kvHeads, headDim, window, Scoring.usual(headDim));
  }

  /// Numbers of a token's keys in a layer.
  public int width() {
    return kvHeads * headDim;
  }

  /// The same heads, which see `window` tokens.
  public AttentionShape within(int window) {
    return new AttentionShape(heads, kvHeads, headDim, window, scoring);
  }

  /// The same heads, which see everything.
  public AttentionShape withoutWindow() {
    return within(ALL);
  }

  /// The same heads with other scores.
  public AttentionShape withScoring(Scoring value) {
    return new AttentionShape(heads, kvHeads, headDim, window, value);
  }

  /// The cell of a layer of this shape.
  public Cell cell() {
    return new Cell(kvHeads, headDim);
  }
}
