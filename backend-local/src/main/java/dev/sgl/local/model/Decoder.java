package dev.sgl.local.model;

import java.util.List;

/// A decoder-only model as data: tokens become rows of `hidden` numbers, to which the layers add
/// one after the other; a norm and a head make logits of them.
///
/// @param vocabulary tokens that it knows
/// @param hidden numbers of a token between layers
/// @param context most tokens of a sequence
/// @param norm before the head
/// @param tied whether the head is the table of the embedding
public record Decoder(
    int vocabulary, int hidden, int context, List<Layer> layers, Norm norm, boolean tied) {
  public Decoder {
    layers = List.copyOf(layers);
  }
}
