package dev.sgl.local.export;

import dev.sgl.local.weights.CodeRounding;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The formats in which weights are written, by their names on the command line.
public enum Format {
  /// 8 bits, groups of 32: blocks of GGUF files, or packed words of a folder.
  Q8_0,
  /// 4 bits, groups of 32: blocks of GGUF files.
  Q4_0,
  /// 4 bits, groups of 128: packed words of a folder.
  INT4,
  /// Floating-point numbers of 8 bits, e4m3, and a scale for each row: a folder.
  FP8;

  /// The formats of GGUF files, the usual one first.
  public static final List<Format> OF_GGUF = List.of(Q8_0, Q4_0);

  /// The formats of folders, the usual one first.
  public static final List<Format> OF_FOLDERS = List.of(INT4, Q8_0, FP8);

  /// The format of a name.
  public static Optional<Format> of(String name) {
    return Arrays.stream(values()).filter(f -> f.word().equals(name)).findFirst();
  }

  /// Its name on the command line.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The rounding to its codes; empty for floating-point numbers.
  Optional<CodeRounding> rounding() {
    return switch (this) {
      case Q8_0 -> Optional.of(CodeRounding.Q8_0);
      case Q4_0 -> Optional.of(CodeRounding.Q4_0);
      case INT4 -> Optional.of(CodeRounding.INT4);
      case FP8 -> Optional.empty();
    };
  }
}
