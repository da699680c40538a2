package dev.sgl.local.kernel;

import java.util.Optional;

/// The format of the keys and values that are kept of each token.
public enum KvCacheType {
  /// That of the activations.
  AUTO,

  /// Floating-point numbers of 8 bits, e4m3 (Micikevicius et al., 2022, "FP8 Formats for Deep
  /// Learning"): half the memory of 16 bits, and half the bytes to read for each token. They are
  /// rounded as they are, without a scale, so numbers beyond 448 become 448.
  FP8;

  /// The format of a name, as other servers have it.
  public static Optional<KvCacheType> of(String name) {
    return switch (name) {
      case "auto" -> Optional.of(AUTO);
      case "fp8", "fp8_e4m3" -> Optional.of(FP8);
      default -> Optional.empty();
    };
  }
}
