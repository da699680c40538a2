package dev.sgl.local.weights;

import java.util.List;

/// The scheme of quantized weights. Each group of neighbouring columns of a row has a scale, and
/// in some schemes a minimum: a weight is `scale · value + minimum`. Its value is `code − zero`,
/// or the number of a codebook that the code chooses.
///
/// @param bits of a code, at most 8
/// @param group columns that share a scale
/// @param zero the code of the value 0; of no account with a codebook
/// @param hasMinimums whether a group has a minimum; otherwise it is 0
/// @param codebook the value of each code; empty if values are codes minus `zero`
public record Quantization(
    int bits, int group, int zero, boolean hasMinimums, List<Integer> codebook) {
  public Quantization {
    codebook = List.copyOf(codebook);
  }

  /// Codes around a zero, and no minimum.
  public static Quantization symmetric(int bits, int group) {
    return new Quantization(bits, group, 1 << bits - 1, false, List.of());
  }

  /// Codes from a minimum on.
  public static Quantization withMinimums(int bits, int group) {
    return new Quantization(bits, group, 0, true, List.of());
  }

  /// Codes of 4 bits that choose from 16 numbers.
  public static Quantization codebook(int group, List<Integer> codebook) {
    return new Quantization(4, group, 0, false, codebook);
  }

  /// The value of a code.
  public int value(int code) {
    return codebook.isEmpty() ? code - zero : codebook.get(code);
  }

  /// The codes of some columns, unsigned, and the scales and minimums of their groups.
  public record Row(byte[] codes, float[] scales, float[] minimums) {
    /// Room for some columns; the last group may be a part of one.
    public static Row of(int columns, int group) {
      int groups = (columns + group - 1) / group;
      return new Row(new byte[columns], new float[groups], new float[groups]);
    }
  }

  /// Writes the weights of some columns in single precision to `out`, from `at` on.
  public void decode(Row row, int columns, float[] out, int at) {
    for (int i = 0; i < columns; i++) {
      float number = row.scales[i / group] * value(row.codes[i] & 0xff);
      out[at + i] = hasMinimums ? number + row.minimums[i / group] : number;
    }
  }
}
