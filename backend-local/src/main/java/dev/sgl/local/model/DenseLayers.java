package dev.sgl.local.model;

import dev.sgl.local.weights.Weight;
import dev.sgl.local.weights.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Layers on the state of a text, which are small: they are computed one by one on the
/// processor, in double precision, whatever device computes the states.
public final class DenseLayers {
  /// No layers: a state stays as it is.
  public static final DenseLayers NONE = new DenseLayers(List.of());

  private final List<Loaded> layers;

  /// @param weight `[outputs, inputs]`
  private record Loaded(
      float[] weight, Optional<float[]> bias, int outputs, Dense.Activation activation) {}

  private DenseLayers(List<Loaded> layers) {
    this.layers = List.copyOf(layers);
  }

  /// These, and `more` behind them.
  public DenseLayers plus(DenseLayers more) {
    return new DenseLayers(Stream.concat(layers.stream(), more.layers.stream()).toList());
  }

  /// Reads the weights of layers.
  ///
  /// @throws dev.sgl.local.weights.ModelException if one is missing or has another shape
  public static DenseLayers load(List<Dense> layers, WeightSource weights) {
    List<Loaded> loaded = new ArrayList<>();
    for (Dense layer : layers) {
      Weight weight = weights.weight(layer.role(), 0, layer.outputs(), layer.inputs());
      Optional<float[]> bias =
          layer.bias()
              ? Optional.of(weights.bias(layer.role(), 0, layer.outputs()).floats())
              : Optional.empty();
      loaded.add(new Loaded(weight.floats(), bias, layer.outputs(), layer.activation()));
    }
    return new DenseLayers(loaded);
  }

  /// The outputs of the last layer for a state.
  public float[] of(float[] state) {
    float[] x = state;
    for (Loaded layer : layers) {
      x = of(x, layer);
    }
    return x;
  }

  private static float[] of(float[] x, Loaded layer) {
    float[] out = new float[layer.outputs()];
    for (int o = 0; o < out.length; o++) {
      double sum = layer.bias().isPresent() ? layer.bias().get()[o] : 0;
      for (int i = 0; i < x.length; i++) {
        sum += (double) layer.weight()[o * x.length + i] * x[i];
      }
      out[o] =
          (float)
              switch (layer.activation()) {
                case NONE -> sum;
                case TANH -> Math.tanh(sum);
              };
    }
    return out;
  }
}
