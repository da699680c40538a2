package dev.sgl.local.model;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.WeightSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// A transformer as data: tokens become rows of `hidden` numbers, to which the layers add one after
/// the other; a norm and a head make logits of them. A decoder generates text; an encoder, whose
/// tokens see each other both ways, only reads.
///
/// @param vocabulary tokens that it knows
/// @param hidden numbers of a token between layers
/// @param context most tokens of a sequence
/// @param norm of the last states
/// @param head empty for a model that generates no text
/// @param leavesF16 whether numbers between operations leave the range of f16
public record Decoder(
    int vocabulary,
    int hidden,
    int context,
    Embedding embedding,
    List<Layer> layers,
    Optional<Norm> norm,
    Optional<Head> head,
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

  /// From tokens to the first states.
  ///
  /// @param scale the factor of the table's rows
  /// @param learned the numbers that are added to them
  /// @param layerInputs the per-layer embeddings of tokens
  public record Embedding(
      float scale, Optional<Learned> learned, Optional<LayerInputs> layerInputs) {
    /// The rows of the table times a factor.
    public Embedding(float scale) {
      this(scale, Optional.empty(), Optional.empty());
    }
  }

  /// Per-layer embeddings (PLE; Gemma 3n, 2025), the numbers that a token has for each layer:
  /// `table[token] · scale + norm(projection(embedding))`, normed layer by layer.
  ///
  /// @param vocabulary tokens of the table
  /// @param length numbers for a layer
  /// @param scale the factor of the table's rows
  public record LayerInputs(int vocabulary, int length, float scale, Norm norm) {}

  /// Rows of tables for positions and for the texts of a sequence, and the norm of the sum (Devlin
  /// et al., BERT, 2018).
  ///
  /// @param first the row of the first position
  /// @param positions rows of the table of positions
  /// @param segments texts of a sequence that are told apart
  public record Learned(int first, int positions, int segments, Norm norm) {}

  /// The same with a factor of the embedding.
  public Decoder withEmbeddingScale(float scale) {
    return with(
        new Embedding(scale, embedding.learned(), embedding.layerInputs()), norm, head, leavesF16);
  }

  /// The same with per-layer embeddings.
  public Decoder withLayerInputs(LayerInputs inputs) {
    return with(
        new Embedding(embedding.scale(), embedding.learned(), Optional.of(inputs)),
        norm,
        head,
        leavesF16);
  }

  /// The same with another norm of the last states.
  public Decoder withNorm(Norm value) {
    return with(embedding, Optional.of(value), head, leavesF16);
  }

  /// The same with logits within a bound.
  public Decoder withCap(float cap) {
    return with(embedding, norm, head.map(of -> new Head(of.tied(), cap)), leavesF16);
  }

  /// The same with or without the table of the embedding as its head.
  public Decoder withTied(boolean tied) {
    return with(embedding, norm, head.map(of -> new Head(tied, of.cap())), leavesF16);
  }

  /// The same without a head, and without a factor of its logits: it generates no text.
  public Decoder withoutHead() {
    return with(embedding, norm.map(Norm::unscaled), Optional.empty(), leavesF16);
  }

  /// The same of a model whose numbers leave the range of f16.
  public Decoder leavingF16() {
    return with(embedding, norm, head, true);
  }

  private Decoder with(
      Embedding embedding, Optional<Norm> norm, Optional<Head> head, boolean leavesF16) {
    return new Decoder(vocabulary, hidden, context, embedding, layers, norm, head, leavesF16);
  }

  /// Whether tokens see later ones, so that a sequence has to be computed whole.
  public boolean seesAhead() {
    return shapes().stream().anyMatch(AttentionShape::seesAhead);
  }

  /// The heads of all layers that attend.
  public Set<AttentionShape> shapes() {
    return layers.stream()
        .flatMap(layer -> layer.residuals().stream())
        .flatMap(residual -> residual.parts().stream())
        .mapMulti(
            (Part part, Consumer<AttentionShape> to) -> {
              if (part instanceof Part.Attention attention) {
                to.accept(attention.shape());
              }
            })
        .collect(Collectors.toSet());
  }

  /// Whether the head is the table of the embedding: not if the files have a head of other numbers,
  /// whatever their configuration says.
  public boolean isTied(WeightSource weights) {
    return head.filter(Head::tied).isPresent()
        && weights
            .find(Role.HEAD, 0)
            .flatMap(own -> weights.find(Role.EMBEDDING, 0).map(own::hasBytesOf))
            .orElse(true);
  }
}
