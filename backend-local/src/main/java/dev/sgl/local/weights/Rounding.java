package dev.sgl.local.weights;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Formats to which plain weights are quantized: as they are loaded, or to write them to files.
public enum Rounding {
  /// 8 bits, groups of 32.
  Q8_0(CodeRounding.Q8_0),
  /// 4 bits, groups of 32.
  Q4_0(CodeRounding.Q4_0),
  /// 4 bits, groups of 128.
  INT4(CodeRounding.INT4),
  /// Floating-point numbers of 8 bits, e4m3, with a scale for each row.
  FP8;

  private final Optional<CodeRounding> codes;

  Rounding() {
    codes = Optional.empty();
  }

  Rounding(CodeRounding codes) {
    this.codes = Optional.of(codes);
  }

  /// The format of a name, in lower case.
  public static Optional<Rounding> of(String name) {
    return Arrays.stream(values()).filter(format -> format.word().equals(name)).findFirst();
  }

  /// Its name as options have it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The way to round to codes; empty if the format has none.
  public Optional<CodeRounding> codes() {
    return codes;
  }

  /// A matrix in this format; empty if its rows are no whole groups.
  Optional<Encoding> of(Weight weight) {
    if (codes.isEmpty()) {
      return Optional.of(new Encoding.RoundedRows(weight.encoding(), 0, weight.columns()));
    }
    CodeRounding by = codes.get();
    return weight.columns() % by.scheme().group() == 0
        ? Optional.of(new Encoding.Rounded(weight.encoding(), by))
        : Optional.empty();
  }
}
