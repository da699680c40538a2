package dev.sgl.local.family;

import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.model.Decoder;

/// A family of models: how its `config.json` is read, and what its files call the weights.
interface Family {

  /// @throws dev.sgl.local.weights.ModelException if a value is missing or makes no sense
  Decoder decoder(Config config);

  /// By default the names of Llama, which most families use.
  default Names names(Config config) {
    return Llama.NAMES;
  }
}
