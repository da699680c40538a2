package dev.sgl.local.model;

import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.WeightSource;
import java.util.List;

/// A decoder-only model as data: tokens become rows of `hidden` numbers, to which the layers add
/// one after the other; a norm and a head make logits of them.
///
/// @param vocabulary tokens that it knows
/// @param hidden numbers of a token between layers
/// @param context most tokens of a sequence
/// @param embeddingScale the factor of the embedding
/// @param norm before the head
/// @param leavesF16 whether numbers between operations leave the range of f16
public record Decoder(
    int vocabulary,
    int hidden,
    int context,
    float embeddingScale,
    List<Layer> layers,
    Norm norm,
    Head head,
    boolean leavesF16) {
  public Decoder {
    layers = List.copyOf(layers);
  }

  /// From the last state to logits.
  ///
  /// @param tied whether its weight is the table of the embedding
  /// @param cap the bound of the logits, which become `cap · tanh(logit / cap)`;
  ///     [dev.sgl.local.kernel.AttentionShape.Scoring#UNCAPPED] for none
  public record Head(boolean tied, float cap) {}

  /// The same with a factor of the embedding.
  public Decoder withEmbeddingScale(float scale) {
    return new Decoder(vocabulary, hidden, context, scale, layers, norm, head, leavesF16);
  }

  /// The same with another norm before the head.
  public Decoder withNorm(Norm value) {
    return new Decoder(vocabulary, hidden, context, embeddingScale, layers, value, head, leavesF16);
  }

  /// The same with logits within a bound.
  public Decoder withCap(float cap) {
    return withHead(new Head(head.tied(), cap));
  }

  /// The same with or without the table of the embedding as its head.
  public Decoder withTied(boolean tied) {
    return withHead(new Head(tied, head.cap()));
  }

  private Decoder withHead(Head value) {
    return new Decoder(vocabulary, hidden, context, embeddingScale, layers, norm, value, leavesF16);
  }

  /// The same of a model whose numbers leave the range of f16.
  public Decoder leavingF16() {
    return new Decoder(vocabulary, hidden, context, embeddingScale, layers, norm, head, true);
  }

  /// Whether the head is the table of the embedding: not if the files have a head of other numbers,
  /// whatever their configuration says.
  public boolean isTied(WeightSource weights) {
    return head.tied()
        && weights
            .find(Role.HEAD, 0)
            .flatMap(own -> weights.find(Role.EMBEDDING, 0).map(own::hasBytesOf))
            .orElse(true);
  }
}
