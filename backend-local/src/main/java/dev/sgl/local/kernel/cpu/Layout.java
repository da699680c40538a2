package dev.sgl.local.kernel.cpu;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Weight;
import java.util.List;

/// The layout of packed weights. Numbers of a row share words of four bytes, and the words of
/// the [#ROWS] rows of a block lie side by side, so that a lane of a vector is a row:
///
/// | bits | a word has | |---|---| | 32 | a column | | 16 | two columns, the first in its lower
/// half | | 8 | the codes of four columns, the first in its lowest byte | | 4 | the codes of
/// eight columns: the first four in the low halves of its bytes | | 6 | the low four bits of 16
/// columns are two such words; of a third, byte `k` has the high bits of the columns `k`, `k +
/// 4`, `k + 8`, `k + 12` |
///
/// @param bits of a number: 32 and 16 (bf16) are plain, others are codes
/// @param group columns that share a scale, 16 or 32; 0 for plain numbers
/// @param zero subtracted from each code
/// @param hasMinimums whether groups have minimums
/// @param codebook the numbers that codes choose from; empty if codes are numbers
record Layout(int bits, int group, int zero, boolean hasMinimums, List<Integer> codebook) {
  /// Rows of a block.
  static final int ROWS = 16;

  /// Bytes of the words of a block that lie side by side.
  static final int WORDS = 4 * ROWS;

  static final Layout F32 = new Layout(32, 0, 0, false, List.of());
  static final Layout BF16 = new Layout(16, 0, 0, false, List.of());

  /// Added to the numbers of a codebook, so that each is an unsigned byte.
  private static final int SHIFT = 128;

  /// The layout that loses least of a weight: that of its codes, if they can be kept. Numbers in
  /// f16 are widened, because vectors have no conversion for them; other codes become bf16.
  static Layout of(Weight weight) {
    return weight
        .encoding()
        .quantized()
        .map(codes -> codes.scheme())
        .filter(scheme -> weight.columns() % 32 == 0 && isKept(scheme, weight.columns()))
        .map(Layout::of)
        .orElseGet(() -> weight.encoding().plain(DType.BF16) == DType.BF16 ? BF16 : F32);
  }

  private static boolean isKept(Quantization scheme, int columns) {
    return scheme.group() == 16 && scheme.codebook().isEmpty()
        || scheme.group() % 32 == 0 && (columns % scheme.group() == 0 || scheme.group() >= columns);
  }

  private static Layout of(Quantization scheme) {
    int bits = scheme.bits() <= 4 ? 4 : scheme.bits() <= 6 ? 6 : 8;
    int zero = scheme.codebook().isEmpty() ? scheme.zero() : SHIFT;
    return new Layout(
        bits, Math.min(scheme.group(), 32), zero, scheme.hasMinimums(), scheme.codebook());
  }

  boolean isPlain() {
    return group == 0;
  }

  /// Columns of the smallest part that has whole words.
  int chunk() {
    return bits == 6 ? 16 : 32 / bits;
  }

  /// Bytes of such a part of a block.
  int chunkBytes() {
    return bits == 6 ? 3 * WORDS : WORDS;
  }

  /// Bytes of a block without its scales.
  long blockBytes(int columns) {
    return (long) (columns + chunk() - 1) / chunk() * chunkBytes();
  }

  /// Scales and minimums of a block.
  int blockScales(int columns) {
    return isPlain() ? 0 : columns / group * ROWS * (hasMinimums ? 2 : 1);
  }

  /// The numbers of a codebook as unsigned bytes, or nothing.
  byte[] choices() {
    byte[] choices = new byte[codebook.size()];
    for (int i = 0; i < choices.length; i++) {
      choices[i] = (byte) (codebook.get(i) + SHIFT);
    }
    return choices;
  }
}
