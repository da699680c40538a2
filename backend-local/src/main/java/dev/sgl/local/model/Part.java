package dev.sgl.local.model;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.State;
import dev.sgl.local.kernel.experts.Routing;
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
  /// @param headNorms of queries and keys: of single heads, or of all of them, by their length
  /// @param source of keys and values
  record Attention(
      AttentionShape shape,
      Rotary rotary,
      boolean inputBias,
      boolean outputBias,
      Optional<HeadNorms> headNorms,
      Source source)
      implements Part {

    /// Attention as most models have it, without biases and norms.
    public Attention(AttentionShape shape, Rotary rotary) {
      this(shape, rotary, false, false, Optional.empty(), Source.OWN);
    }

    /// The same with biases.
    public Attention withBias(boolean input, boolean output) {
      return new Attention(shape, rotary, input, output, headNorms, source);
    }

    /// The same with norms of queries and keys.
    public Attention withNorms(HeadNorms norms) {
      return new Attention(shape, rotary, inputBias, outputBias, Optional.of(norms), source);
    }

    /// The same with keys and values from elsewhere.
    public Attention from(Source value) {
      return new Attention(shape, rotary, inputBias, outputBias, headNorms, value);
    }

    @Override
    public Kept kept() {
      return source == Source.EARLIER ? Kept.NOTHING : Kept.of(shape.cell());
    }
  }

  /// Where a layer's keys and values come from.
  enum Source {
    /// Each from a projection of its own.
    OWN,
    /// Values are the projected keys, before these are normed and turned (Gemma 4, 2026).
    KEYS,
    /// From the last layer before of the same shape that has its own: KV sharing (Brandon et al.,
    /// Cross-Layer Attention, 2024).
    EARLIER
  }

  /// The norms of queries and keys.
  ///
  /// @param valueEpsilon of the root-mean-square norm of single heads of values, which has no
  ///     weights; empty if values are not normed
  record HeadNorms(Norm query, Norm key, Optional<Float> valueEpsilon) {
    /// Norms of queries and keys alone.
    public HeadNorms(Norm query, Norm key) {
      this(query, key, Optional.empty());
    }
  }

  /// A gated feed-forward part (Shazeer, 2020): `down(activation(gate(x)) · up(x))`.
  ///
  /// @param inner numbers of a token inside
  record Gated(int inner, Activation activation, boolean bias) implements Part {
    /// The same, `factor` times as wide.
    public Gated times(int factor) {
      return new Gated(inner * factor, activation, bias);
    }

    @Override
    public Kept kept() {
      return Kept.NOTHING;
    }
  }

  /// A mixture of experts (Shazeer et al., 2017): the sum of the results of a few of several
  /// feed-forward parts, which a router chooses for each token, times its weights.
  ///
  /// @param each an expert
  /// @param isCorrected whether something is added to the scores by which experts are chosen
  /// @param shared the expert of all tokens
  record Experts(Routing routing, Gated each, boolean isCorrected, Optional<Shared> shared)
      implements Part {
    @Override
    public Kept kept() {
      return Kept.NOTHING;
    }
  }

  /// The expert of all tokens (Dai et al., DeepSeekMoE, 2024).
  ///
  /// @param hasFactor whether its result is multiplied by the sigmoid of a product with the state
  record Shared(Gated gated, boolean hasFactor) {}

  /// A feed-forward part without a gate: `down(activation(up(x)))`.
  ///
  /// @param inner numbers of a token inside
  record Perceptron(int inner, Activation activation, boolean bias) implements Part {
    @Override
    public Kept kept() {
      return Kept.NOTHING;
    }
  }

  /// The per-layer embedding of a token (PLE; Gemma 3n, 2025), after a gate:
  /// `output(activation(gate(x)) · embedding)`.
  ///
  /// @param length numbers of the embedding
  record LayerInput(int length, Activation activation) implements Part {
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
