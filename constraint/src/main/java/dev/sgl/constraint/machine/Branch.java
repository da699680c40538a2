package dev.sgl.constraint.machine;

/// A place from which bytes and calls of other rules lead on.
public non-sealed interface Branch extends Node {

  /// The end of a rule, from which nothing leads on.
  Branch END = new End();

  /// What leads on from here; the same each time.
  Edges edges();

  /// The only place of its kind.
  final class End implements Branch {
    private static final Edges ACCEPTS = new Edges.Builder().accept().build();

    private End() {}

    @Override
    public Edges edges() {
      return ACCEPTS;
    }

    @Override
    public boolean isNullable() {
      return true;
    }
  }
}
