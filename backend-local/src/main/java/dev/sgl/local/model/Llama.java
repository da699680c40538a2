package dev.sgl.local.model;

/// Llama 2, 3 and models of their shape (Touvron et al., 2023; Grattafiori et al., 2024).
final class Llama {
  private Llama() {}

  static Decoder decoder(DecoderConfig config) {
    boolean attention = config.flag("attention_bias", false);
    return new Decoder(
        config,
        attention,
        attention,
        config.flag("mlp_bias", false),
        false,
        Decoder.noWindows(config));
  }
}
