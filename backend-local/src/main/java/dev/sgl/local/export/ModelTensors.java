package dev.sgl.local.export;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Norm;
import dev.sgl.local.model.Part;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.Weight;
import dev.sgl.local.weights.WeightSource;
import java.util.LinkedHashMap;
import java.util.Map;

/// The tensors that a model is computed from, and the role of each. A tensor that is fused of
/// several weights has the first of their roles.
final class ModelTensors {
  private final Decoder decoder;
  private final WeightSource weights;
  private final Map<String, Use> uses = new LinkedHashMap<>();

  /// The use of a tensor.
  ///
  /// @param layer its number; 0 for a role that exists once
  record Use(Role role, int layer, boolean isBias) {}

  private ModelTensors(Decoder decoder, WeightSource weights) {
    this.decoder = decoder;
    this.weights = weights;
  }

  /// The uses of all tensors by their names in the model's files, in the order of the computation.
  ///
  /// @throws dev.sgl.local.weights.ModelException if a tensor is missing or has another shape
  static Map<String, Use> of(Decoder decoder, WeightSource weights) {
    ModelTensors tensors = new ModelTensors(decoder, weights);
    tensors.read();
    return tensors.uses;
  }

  private void read() {
    matrix(Role.EMBEDDING, 0, decoder.vocabulary(), decoder.hidden(), false);
    decoder.embedding().layerInputs().ifPresent(this::layerInputs);
    for (int layer = 0; layer < decoder.layers().size(); layer++) {
      for (Layer.Residual residual : decoder.layers().get(layer).residuals()) {
        int number = layer;
        residual.before().ifPresent(norm -> norm(norm, number));
        residual.parts().forEach(part -> part(part, number));
        residual.after().ifPresent(norm -> norm(norm, number));
      }
      if (decoder.layers().get(layer).isScaled()) {
        matrix(Role.LAYER_FACTOR, layer, 1, 1, false);
      }
    }
    decoder.norm().ifPresent(norm -> norm(norm, 0));
    if (!decoder.isTied(weights)) {
      matrix(Role.HEAD, 0, decoder.vocabulary(), decoder.hidden(), false);
    }
  }

  private void layerInputs(Decoder.LayerInputs by) {
    int columns = decoder.layers().size() * by.length();
    matrix(Role.LAYER_EMBEDDING, 0, by.vocabulary(), columns, false);
    matrix(Role.LAYER_PROJECTION, 0, columns, decoder.hidden(), false);
    norm(by.norm(), 0);
  }

  private void part(Part part, int layer) {
    int hidden = decoder.hidden();
    switch (part) {
      case Part.Attention attention -> attention(attention, layer);
      case Part.Convolution convolution -> {
        int channels = convolution.channels();
        boolean biased = convolution.bias();
        matrix(Role.CONVOLUTION_GATE_IN, layer, channels, hidden, biased);
        matrix(Role.CONVOLUTION_GATE_OUT, layer, channels, hidden, biased);
        matrix(Role.CONVOLUTION_INPUT, layer, channels, hidden, biased);
        matrix(Role.CONVOLUTION, layer, channels, convolution.taps(), biased);
        matrix(Role.CONVOLUTION_OUTPUT, layer, hidden, channels, biased);
      }
      case Part.Gated gated -> {
        matrix(Role.GATE, layer, gated.inner(), hidden, gated.bias());
        matrix(Role.UP, layer, gated.inner(), hidden, gated.bias());
        matrix(Role.DOWN, layer, hidden, gated.inner(), gated.bias());
      }
      case Part.Experts experts -> experts(experts, layer);
      case Part.Perceptron perceptron -> {
        matrix(Role.UP, layer, perceptron.inner(), hidden, perceptron.bias());
        matrix(Role.DOWN, layer, hidden, perceptron.inner(), perceptron.bias());
      }
      case Part.LayerInput input -> {
        matrix(Role.LAYER_INPUT_GATE, layer, input.length(), hidden, false);
        matrix(Role.LAYER_INPUT_OUTPUT, layer, hidden, input.length(), false);
      }
    }
  }

  private void experts(Part.Experts experts, int layer) {
    int hidden = decoder.hidden();
    int count = experts.routing().experts();
    matrix(Role.ROUTER, layer, count, hidden, false);
    if (experts.isCorrected()) {
      matrix(Role.ROUTER_CORRECTION, layer, 1, count, false);
    }
    int inner = experts.each().inner();
    for (int expert = 0; expert < count; expert++) {
      expert(Role.EXPERT_GATE, layer, expert, inner, hidden);
      expert(Role.EXPERT_UP, layer, expert, inner, hidden);
      expert(Role.EXPERT_DOWN, layer, expert, hidden, inner);
    }
    experts
        .shared()
        .ifPresent(
            shared -> {
              int ofAll = shared.gated().inner();
              matrix(Role.SHARED_GATE, layer, ofAll, hidden, false);
              matrix(Role.SHARED_UP, layer, ofAll, hidden, false);
              matrix(Role.SHARED_DOWN, layer, hidden, ofAll, false);
              if (shared.hasFactor()) {
                matrix(Role.SHARED_FACTOR, layer, 1, hidden, false);
              }
            });
  }

  private void expert(Role role, int layer, int expert, int rows, int columns) {
    add(weights.expert(role, layer, expert, rows, columns), new Use(role, layer, false));
  }

  private void attention(Part.Attention attention, int layer) {
    AttentionShape shape = attention.shape();
    int queries = shape.heads() * shape.headDim();
    matrix(Role.QUERY, layer, queries, decoder.hidden(), attention.inputBias());
    boolean hasKeys = attention.source() != Part.Source.EARLIER;
    if (hasKeys) {
      matrix(Role.KEY, layer, shape.width(), decoder.hidden(), attention.inputBias());
    }
    if (attention.source() == Part.Source.OWN) {
      matrix(Role.VALUE, layer, shape.width(), decoder.hidden(), attention.inputBias());
    }
    attention.headNorms().ifPresent(norms -> norm(norms.query(), layer));
    attention.headNorms().filter(_ -> hasKeys).ifPresent(norms -> norm(norms.key(), layer));
    matrix(Role.ATTENTION_OUTPUT, layer, decoder.hidden(), queries, attention.outputBias());
  }

  private void norm(Norm norm, int layer) {
    add(weights.weight(norm.role(), layer, 1, norm.length()), new Use(norm.role(), layer, false));
    if (norm.kind() == Norm.Kind.BIASED_LAYER) {
      add(weights.bias(norm.role(), layer, norm.length()), new Use(norm.role(), layer, true));
    }
  }

  private void matrix(Role role, int layer, int rows, int columns, boolean biased) {
    add(weights.weight(role, layer, rows, columns), new Use(role, layer, false));
    if (biased) {
      add(weights.bias(role, layer, rows), new Use(role, layer, true));
    }
  }

  private void add(Weight weight, Use use) {
    uses.putIfAbsent(weight.name(), use);
  }
}
