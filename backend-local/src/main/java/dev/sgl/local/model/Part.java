package dev.sgl.local.model;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Rotary;
import java.util.Optional;

/// A computation of a layer on the hidden state of each token.
public sealed interface Part {

  /// The cell of the pool that it reads and writes, if it has one.
  Optional<Cell> cell();

  /// Causal attention with grouped queries (Ainslie et al., 2023).
  ///
  /// @param shape of its heads, and the furthest that a token sees
  /// @param rotary by which positions turn queries and keys
  /// @param inputBias whether queries, keys and values have a bias
  /// @param outputBias whether its output has one
  /// @param headNorms of queries and keys, head by head
  record Attention(
      AttentionShape shape,
      Rotary rotary,
      boolean inputBias,
      boolean outputBias,
      Optional<HeadNorms> headNorms)
      implements Part {
    @Override
    public Optional<Cell> cell() {
      return Optional.of(shape.cell());
    }
  }

  /// The norms of single heads.
  record HeadNorms(Norm query, Norm key) {}

  /// A gated feed-forward part (Shazeer, 2020): `down(silu(gate(x)) · up(x))`.
  ///
  /// @param inner numbers of a token inside
  record Gated(int inner, boolean bias) implements Part {
    @Override
    public Optional<Cell> cell() {
      return Optional.empty();
    }
  }
}
