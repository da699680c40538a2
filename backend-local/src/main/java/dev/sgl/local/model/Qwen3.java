package dev.sgl.local.model;

/// Qwen3 (Yang et al., 2025): queries and keys normed head by head.
final class Qwen3 {
  private Qwen3() {}

  static Decoder decoder(DecoderConfig config) {
    boolean attention = config.flag("attention_bias", false);
    return new Decoder(
        config,
        attention,
        attention,
        false,
        true,
        Windows.of(config, config.flag("use_sliding_window", false)));
  }
}
