package dev.sgl.local.kernel.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The numbers of packed weights in single precision, for [Tile]: column by column, those of two
/// vectors of rows. A vector of rows is counted from the first row of the weight on.
final class Unpacker {
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, LANES.vectorShape());
  private static final int N = LANES.length();
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(N * Short.SIZE));

  /// The bits of a half at their places in a float are this much too small a number.
  private static final float HALF_BIAS = 0x1p112f;

  private static final int STEP = 2 * N; // from a column to the next in the output

  private final Packed weight;
  private final Layout layout;
  private final MemorySegment words;
  private final int[] codebook; // the bits of its numbers in single precision

  Unpacker(Packed weight) {
    this.weight = weight;
    this.layout = weight.layout();
    this.words = weight.codes();
    this.codebook = new int[Math.max(N, layout.codebook().size())];
    for (int i = 0; i < layout.codebook().size(); i++) {
      codebook[i] = Float.floatToRawIntBits(layout.codebook().get(i));
    }
  }

  /// Writes the numbers of `vector` and the next one in a strip of columns, which begins with a
  /// group.
  ///
  /// @param out `[columns, 2, lanes]`, with a column to spare
  void unpack(int vector, Tile.Strip strip, float[] out) {
    unpack(vector, strip, out, 0);
    unpack(vector + 1, strip, out, N);
  }

  private void unpack(int vector, Tile.Strip strip, float[] out, int to) {
    long at = start(weight, vector) + layout.blockBytes(strip.first());
    switch (layout.bits()) {
      case 32 -> floats(at, strip.count(), out, to);
      case 16 -> halves(at, strip.count(), out, to);
      default -> codes(at, vector, strip, out, to);
    }
  }

  /// Where the words of a vector begin.
  static long start(Packed weight, int vector) {
    int row = vector * N;
    long block = row / Layout.ROWS * weight.layout().blockBytes(weight.columns());
    return block + row % Layout.ROWS * 4L;
  }

  private IntVector ints(long at) {
    return IntVector.fromMemorySegment(INTS, words, at, ByteOrder.LITTLE_ENDIAN);
  }

  private void floats(long at, int columns, float[] out, int to) {
    for (int i = 0; i < columns; i++) {
      ints(at + (long) i * Layout.WORDS).reinterpretAsFloats().intoArray(out, to + i * STEP);
    }
  }

  private void halves(long at, int columns, float[] out, int to) {
    for (int i = 0; i < columns; i += 2) {
      IntVector both = ints(at + (long) i / 2 * Layout.WORDS);
      Tile.low(both).intoArray(out, to + i * STEP);
      Tile.high(both).intoArray(out, to + (i + 1) * STEP);
    }
  }

  // --- codes

  private void codes(long start, int vector, Tile.Strip strip, float[] out, int to) {
    long at = start;
    for (int column = strip.first(); column < strip.end(); column += layout.group()) {
      FloatVector scale = scale(vector, column, 0);
      FloatVector offset =
          layout.hasMinimums()
              ? scale(vector, column, 2 * Layout.ROWS)
              : scale.mul(layout.codebook().isEmpty() ? -layout.zero() : 0);
      for (int c = column; c < column + layout.group(); c += layout.chunk()) {
        int place = to + (c - strip.first()) * STEP;
        switch (layout.bits()) {
          case 8 -> bytes(at, scale, offset, out, place);
          case 4 -> nibbles(at, scale, offset, out, place);
          default -> sixes(at, scale, offset, out, place);
        }
        at += layout.chunkBytes();
      }
    }
  }

  /// The scales of the group of a column, times the factor of their block; or the minimums, which
  /// lie behind them.
  ///
  /// @param behind bytes from the scales to the wanted numbers
  private FloatVector scale(int vector, int column, int behind) {
    int row = vector * N;
    int block = row / Layout.ROWS;
    int group = column / layout.group() * Layout.ROWS * (layout.hasMinimums() ? 2 : 1);
    long at = 2L * (block * layout.blockScales(weight.columns()) + group + row % Layout.ROWS);
    IntVector halves =
        (IntVector)
            ShortVector.fromMemorySegment(
                    SHORTS, weight.scales(), at + behind, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.S2I, INTS, 0);
    IntVector size = halves.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    float factor = weight.factors().getAtIndex(ValueLayout.JAVA_FLOAT, block);
    return size.or(halves.and(0x8000_0000)).reinterpretAsFloats().mul(HALF_BIAS).mul(factor);
  }

  private void bytes(long at, FloatVector scale, FloatVector offset, float[] out, int to) {
    IntVector word = ints(at);
    for (int k = 0; k < 4; k++) {
      IntVector code = word.lanewise(VectorOperators.LSHR, 8 * k).and(0xff);
      number(code).fma(scale, offset).intoArray(out, to + k * STEP);
    }
  }

  private static FloatVector number(IntVector code) {
    return (FloatVector) code.convert(VectorOperators.I2F, 0);
  }

  private void nibbles(long at, FloatVector scale, FloatVector offset, float[] out, int to) {
    IntVector word = ints(at);
    for (int k = 0; k < 8; k++) {
      IntVector code = word.lanewise(VectorOperators.LSHR, 8 * (k % 4) + k / 4 * 4).and(0xf);
      FloatVector number = layout.codebook().isEmpty() ? number(code) : choose(code);
      number.fma(scale, offset).intoArray(out, to + k * STEP);
    }
  }

  private void sixes(long at, FloatVector scale, FloatVector offset, float[] out, int to) {
    IntVector high = ints(at + 2 * Layout.WORDS);
    for (int k = 0; k < 16; k++) {
      IntVector low = ints(at + k / 8 * Layout.WORDS);
      IntVector code =
          low.lanewise(VectorOperators.LSHR, 8 * (k % 4) + k / 4 % 2 * 4)
              .and(0xf)
              .or(
                  high.lanewise(VectorOperators.LSHR, 8 * (k % 4) + k / 4 * 2)
                      .and(3)
                      .lanewise(VectorOperators.LSHL, 4));
      number(code).fma(scale, offset).intoArray(out, to + k * STEP);
    }
  }

  /// The numbers of the codebook, as many at a time as a vector has lanes.
  private FloatVector choose(IntVector code) {
    IntVector lane = code.and(N - 1);
    IntVector bits = lane.selectFrom(IntVector.fromArray(INTS, codebook, 0));
    for (int first = N; first < codebook.length; first += N) {
      IntVector others = lane.selectFrom(IntVector.fromArray(INTS, codebook, first));
      bits = bits.blend(others, code.compare(VectorOperators.GE, first));
    }
    return bits.reinterpretAsFloats();
  }
}
