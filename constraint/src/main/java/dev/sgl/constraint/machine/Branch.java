package dev.sgl.constraint.machine;

import java.util.Optional;

/// A place from which bytes and calls of other rules lead on.
public non-sealed interface Branch extends Node {

  /// The end of a rule, from which nothing leads on.
  Branch END = new End();

  /// The bytes and calls that lead on from here; the same object each time.
  Edges edges();

  /// A place that is not the end of its rule, with edges that are made when they are first read.
  abstract class Lazy implements Branch {
    private Optional<Edges> edges = Optional.empty();

    /// Makes the edges; called until it has returned once.
    protected abstract Edges makeEdges();

    @Override
    public final Edges edges() {
      if (edges.isEmpty()) {
        edges = Optional.of(makeEdges());
      }
      return edges.get();
    }

    @Override
    public boolean isNullable() {
      return false;
    }
  }

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
