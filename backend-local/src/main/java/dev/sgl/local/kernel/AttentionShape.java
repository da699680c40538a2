package dev.sgl.local.kernel;

/// How a layer attends.
///
/// @param heads of the queries
/// @param kvHeads of the keys and values
/// @param headDim numbers of a head
/// @param window the furthest that a row sees
/// @param seesAhead whether a row sees later ones, too
public record AttentionShape(
    int heads, int kvHeads, int headDim, int window, Scoring scoring, boolean seesAhead) {
  /// How the products of queries and keys become scores.
  ///
  /// @param scale their factor
  /// @param cap the bound of the scores, which become `cap · tanh(score / cap)`; [#UNCAPPED] for
  ///     none
  public record Scoring(float scale, float cap) {
    /// No bound.
    public static final float UNCAPPED = Float.POSITIVE_INFINITY;

    /// Scores of heads of `dim` numbers as most models have them (Vaswani et al., 2017).
    public static Scoring usual(int dim) {
      return new Scoring((float) (1 / Math.sqrt(dim)), UNCAPPED);
    }

    /// Whether scores have a bound.
    public boolean isCapped() {
      return cap < UNCAPPED;
    }
  }

  /// No window.
  public static final int ALL = Integer.MAX_VALUE;

  /// Heads whose rows see those before them.
  public AttentionShape(int heads, int kvHeads, int headDim, int window, Scoring scoring) {
    this(heads, kvHeads, headDim, window, scoring, false);
  }

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
    return new AttentionShape(heads, kvHeads, headDim, window, scoring, seesAhead);
  }

  /// The same heads, which see everything.
  public AttentionShape withoutWindow() {
    return within(ALL);
  }

  /// The same heads with other scores.
  public AttentionShape withScoring(Scoring value) {
    return new AttentionShape(heads, kvHeads, headDim, window, value, seesAhead);
  }

  /// The same heads, whose rows see later ones, too.
  public AttentionShape seeingAhead() {
    return new AttentionShape(heads, kvHeads, headDim, window, scoring, true);
  }

  /// The cell of a layer of this shape.
  public Cell cell() {
    return new Cell(kvHeads, headDim);
  }
}
