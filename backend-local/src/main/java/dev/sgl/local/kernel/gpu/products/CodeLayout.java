package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Encoding.RoundedRows;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Quantized;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Weight;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// The layout of a weight's codes on a GPU: `codes.cuh`, whose constants come from here.
///
/// @param group columns that share a scale: 16, 32, 64 or 128; 0 if whole rows do
/// @param hasMinimums whether groups have minimums
record CodeLayout(Kind kind, int group, boolean hasMinimums) {
  /// Columns of a block.
  static final int BLOCK = 128;

  /// Rows of a tile.
  static final int TILE = 16;

  /// Kernels count bytes by 32 bits.
  private static final long MOST_NUMBERS = 1L << 31;

  private static final int MIDDLE = 8; // of codes of 4 bits

  /// The kinds of codes.
  enum Kind {
    /// Floating-point numbers.
    E4M3(8),
    /// Signed integers.
    INT8(8),
    /// Unsigned integers; 8 is zero.
    INT4(4);

    private final int bits;

    Kind(int bits) {
      this.bits = bits;
    }

    /// Bits of a code.
    int bits() {
      return bits;
    }

    /// Bytes of a row of a block.
    int rowBytes() {
      return BLOCK * bits / 8;
    }
  }

  /// The layout that keeps a weight's codes; empty if none does.
  static Optional<CodeLayout> of(Weight weight) {
    if (weight.rows() % TILE != 0 || weight.columns() % 8 != 0 || weight.numbers() > MOST_NUMBERS) {
      return Optional.empty();
    }
    Encoding encoding = weight.encoding();
    if (encoding instanceof RoundedRows
        || encoding instanceof Scaled s && hasRowScales(s, weight)) {
      return Optional.of(new CodeLayout(Kind.E4M3, 0, false));
    }
    if (encoding instanceof Scaled scaled && isInBlocks(scaled, weight)) {
      return Optional.of(new CodeLayout(Kind.E4M3, BLOCK, false));
    }
    return encoding
        .quantized()
        .map(Quantized::scheme)
        .flatMap(scheme -> of(scheme, weight.columns()));
  }

  private static boolean hasRowScales(Scaled scaled, Weight weight) {
    return scaled.firstColumn() + weight.columns() <= scaled.blockColumns();
  }

  private static boolean isInBlocks(Scaled scaled, Weight weight) {
    return scaled.blockRows() == BLOCK
        && scaled.blockColumns() == BLOCK
        && scaled.firstRow() == 0
        && scaled.firstColumn() == 0
        && weight.rows() % BLOCK == 0;
  }

  private static Optional<CodeLayout> of(Quantization scheme, int columns) {
    int group = scheme.group() >= columns ? BLOCK : Math.min(scheme.group(), BLOCK);
    boolean divides =
        scheme.group() % BLOCK == 0
            || scheme.group() >= columns
            || group == 16
            || group == 32
            || group == 64;
    if (!divides) {
      return Optional.empty();
    }
    Kind kind = scheme.bits() <= 4 && scheme.codebook().isEmpty() ? Kind.INT4 : Kind.INT8;
    boolean isShifted = Recoding.of(scheme, kind).shift() != 0;
    return Optional.of(new CodeLayout(kind, group, scheme.hasMinimums() || isShifted));
  }

  /// The codes of a scheme as codes of a kind.
  ///
  /// @param codes on the GPU, by the code of the scheme
  /// @param shift subtracted from the values, so that all are signed codes of the kind
  record Recoding(byte[] codes, int shift) {
    static Recoding of(Quantization scheme, Kind kind) {
      int[] values = IntStream.range(0, 1 << scheme.bits()).map(scheme::value).toArray();
      int shift = shift(scheme, kind, values);
      byte[] codes = new byte[values.length];
      for (int code = 0; code < codes.length; code++) {
        int value = values[code] - shift;
        codes[code] = (byte) (kind == Kind.INT4 ? value + MIDDLE : value);
      }
      return new Recoding(codes, shift);
    }

    private static int shift(Quantization scheme, Kind kind, int[] values) {
      int most = kind == Kind.INT4 ? 15 - MIDDLE : Byte.MAX_VALUE;
      int largest = IntStream.of(values).max().orElseThrow();
      int least = IntStream.of(values).min().orElseThrow();
      if (scheme.hasMinimums()) {
        return (largest + least + 1) / 2; // small minimums are more exact
      }
      return Math.max(0, largest - most);
    }
  }

  /// Blocks of columns; the last one may be filled up.
  static int blocks(int columns) {
    return (columns + BLOCK - 1) / BLOCK;
  }

  /// Groups of a block.
  int groups() {
    return group == 0 ? 1 : BLOCK / group;
  }

  /// Numbers of the scales and minimums of a row of a block.
  int scales() {
    return groups() * (hasMinimums ? 2 : 1);
  }

  /// Whether kernels for few rows need the sums of the groups of `x`.
  boolean needsSums(boolean bf16) {
    return hasMinimums || kind == Kind.INT4 || kind == Kind.INT8 && !bf16;
  }

  /// Bytes of a tile of rows.
  long tileBytes(int columns) {
    return (long) TILE * blocks(columns) * kind.rowBytes();
  }

  /// The place of a column in the codes of a row of a block: its byte, or its half byte.
  static int place(Kind kind, int column) {
    int step = column / 16;
    int half = column % 16 / 8;
    int lane = column % 8 / 2;
    int second = column % 2;
    return kind == Kind.INT4
        ? lane * 32 + step / 2 * 8 + 4 * second + step % 2 * 2 + half
        : step / 4 * 64 + lane * 16 + step % 4 * 4 + 2 * second + half;
  }

  /// The names that files of kernels are compiled with.
  Map<String, String> defines(Map<String, String> more) {
    Map<String, String> defines = new HashMap<>(more);
    for (Kind each : Kind.values()) {
      defines.put(each.name(), "" + each.ordinal());
    }
    defines.put("CODES", "" + kind.ordinal());
    defines.put("GROUP", "" + group);
    defines.put("MINIMUMS", hasMinimums ? "1" : "0");
    return defines;
  }
}
