package dev.sgl.local.model;

/// Mistral (Jiang et al., 2023): a window over which attention slides, where the file names one.
final class Mistral {
  private Mistral() {}

  static Decoder decoder(DecoderConfig config) {
    return new Decoder(config, false, false, false, false, Windows.of(config, true));
  }
}
