package dev.sgl.local.family.config;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Dense;
import dev.sgl.local.model.Scorer;
import dev.sgl.local.weights.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A family of models: how its `config.json` is read, and what its files call the weights.
public interface Family {

  /// @throws dev.sgl.local.weights.ModelException if a value is missing or makes no sense
  Decoder decoder(Config config);

  /// From the states of a text to scores of labels, of models of this family that classify; by
  /// default one layer on the state of the last token that is no padding.
  default Scorer scorer(Config config) {
    List<String> labels = Labels.read(config);
    int hidden = config.number("hidden_size");
    Dense layer = new Dense(Role.LABELS, hidden, labels.size(), false, Dense.Activation.NONE);
    return new Scorer(Scorer.State.LAST, Labels.padding(config), List.of(layer), labels);
  }

  /// The models that people know it by.
  String models();

  /// The name of its architecture in GGUF files, if such files can be written.
  default Optional<String> ggufArchitecture() {
    return Optional.empty();
  }

  /// Whether a GPU computes it, too.
  default boolean runsOnGpu() {
    return true;
  }

  /// The values of keys that a `config.json` leaves out. A key that is there with the value null is
  /// not left out.
  default Map<String, Object> standards() {
    return Map.of();
  }

  /// The rotary positions of a model whose file has none: a theta of 10,000, 2048 positions.
  default RotaryScaling.Standard rotary(Config config) {
    return RotaryScaling.STANDARD;
  }

  /// By default the names of Llama, which most families use.
  default Names names(Config config) {
    return FileLayouts.LLAMA;
  }
}
