package dev.sgl.local.model;

import java.util.List;

/// A decoder-only model as data: tokens become rows of `hidden` numbers, to which the layers add
/// one after the other; a norm and a head make logits of them.
///
/// @param vocabulary tokens that it knows
/// @param hidden numbers of a token between layers
/// @param context most tokens of a sequence
/// @param embeddingScale the factor of the embedding
/// @param norm before the head
public record Decoder(
    int vocabulary,
    int hidden,
    int context,
    float embeddingScale,
    List<Layer> layers,
    Norm norm,
    Head head) {
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
    return new Decoder(vocabulary, hidden, context, scale, layers, norm, head);
  }

  /// The same with another norm before the head.
  public Decoder withNorm(Norm value) {
    return new Decoder(vocabulary, hidden, context, embeddingScale, layers, value, head);
  }

  /// The same with logits within a bound.
  public Decoder withCap(float cap) {
    Head capped = new Head(head.tied(), cap);
    return new Decoder(vocabulary, hidden, context, embeddingScale, layers, norm, capped);
  }

  /// Whether the head is the table of the embedding.
  public boolean tied() {
    return head.tied();
  }
}
