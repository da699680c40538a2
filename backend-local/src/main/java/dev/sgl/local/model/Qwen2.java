package dev.sgl.local.model;

/// Qwen2 and Qwen2.5 (Yang et al., 2024): biases on queries, keys and values.
final class Qwen2 {
  private Qwen2() {}

  static Decoder decoder(DecoderConfig config) {
    return new Decoder(
        config,
        true,
        false,
        false,
        false,
        Windows.of(config, config.flag("use_sliding_window", false)));
  }
}
