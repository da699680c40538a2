package dev.sgl.local.model;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.State;
import java.util.Optional;

/// A computation of a layer on the hidden state of each token.
public sealed interface Part {

  /// The numbers that it keeps of sequences: a cell, a state, or nothing.
  Kept kept();

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
    public Kept kept() {
      return Kept.of(shape.cell());
    }
  }

  /// The norms of single heads.
  record HeadNorms(Norm query, Norm key) {}

  /// A gated feed-forward part (Shazeer, 2020): `down(silu(gate(x)) · up(x))`.
  ///
  /// @param inner numbers of a token inside
  record Gated(int inner, boolean bias) implements Part {
    @Override
    public Kept kept() {
      return Kept.NOTHING;
    }
  }

  /// A short convolution over the last tokens between two gates (Hasani et al., LFM2, 2025):
  /// `out(c · convolution(b · x))`, where `b`, `c` and `x` are the parts of `in(x)`.
  ///
  /// @param channels numbers of a token inside
  /// @param taps tokens that it sees: the row's own and those before it
  /// @param bias whether the projections and the convolution have one
  record Convolution(int channels, int taps, boolean bias) implements Part {
    @Override
    public Kept kept() {
      return Kept.of(new State(channels * (taps - 1)));
    }
  }
}
