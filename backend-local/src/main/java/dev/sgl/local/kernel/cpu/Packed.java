package dev.sgl.local.kernel.cpu;

import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Encoding.RoundedRows;
import dev.sgl.local.weights.Grouped;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Quantized;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Storage;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;

/// A weight in blocks of [Layout#ROWS] rows, each from its first column to its last, so that a
/// product needs no sum over the lanes of a vector, and reads memory from its beginning to its
/// end.
///
/// Scales and minimums are in half precision. So that none is too large or too small for it,
/// those of a block are multiplied by a power of two, which its factor undoes.
///
/// @param codes the words of all blocks
/// @param scales of each block: group by group, the scales of its rows, and their minimums
/// @param factors one for each block
/// @param choices the numbers of a codebook as unsigned bytes, or nothing
record Packed(
    Layout layout,
    int rows,
    int columns,
    MemorySegment codes,
    MemorySegment scales,
    MemorySegment factors,
    MemorySegment choices)
    implements Matrix {
  private static final int ROWS = Layout.ROWS;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int LOW = 0x0f0f0f0f;
  private static final int TWO = 0x03030303;
  private static final int HIGH = 0x30303030;

  /// Columns that are packed at once, so that both source and target stay in the cache.
  private static final int STRIP = 128;

  /// Bytes of the file whose memory is given back at once.
  private static final long PIECE = 32L << 20;

  /// The largest exponent of a scale in half precision, less one.
  private static final int TOP = 14;

  /// Packs a weight, in the layout that loses least. The memory of its file is given back piece by
  /// piece, so that a large weight is not in memory twice.
  static Packed of(Weight weight, Arena arena, Workers workers) {
    weight.encoding().parts().forEach(HugePages::expect);
    Packed packed = empty(Layout.of(weight), weight.rows(), weight.columns(), arena);
    int blocks = (weight.rows() + ROWS - 1) / ROWS;
    int step = Math.clamp(PIECE * blocks / Math.max(1, weight.bytes()), 1, Math.max(1, blocks));
    for (int first = 0; first < blocks; first += step) {
      int start = first;
      int count = Math.min(step, blocks - first);
      workers.run(count, (block, _) -> packed.pack(weight, start + block));
      read(weight, first * ROWS, count * ROWS).forEach(HugePages::forget);
    }
    weight.encoding().parts().forEach(HugePages::forget);
    return packed;
  }

  /// The memory of some rows, which is not looked at any more when they are packed; empty if other
  /// rows share it.
  private static List<MemorySegment> read(Weight weight, int first, int count) {
    int rows = Math.min(count, weight.rows() - first);
    return switch (weight.encoding()) {
      case Encoding.Plain plain -> plain.view(first, rows, 0, weight.columns()).parts();
      case Encoding.Blocks blocks -> blocks.view(first, rows, 0, weight.columns()).parts();
      case Encoding.Rounded(Encoding.Plain plain, _) ->
          plain.view(first, rows, 0, weight.columns()).parts();
      case Encoding.Rounded _, Encoding.Reordered _, Grouped _, Scaled _, RoundedRows _ ->
          List.of();
    };
  }

  /// A weight of zeros, which has as many blocks as products take at once.
  static Packed empty(Layout layout, int rows, int columns, Arena arena) {
    int blocks = Linear.pieces(rows) * Linear.BLOCKS;
    return new Packed(
        layout,
        rows,
        columns,
        HugePages.allocate(arena, blocks * layout.blockBytes(columns)),
        HugePages.allocate(arena, 2L * blocks * layout.blockScales(columns)),
        arena.allocate(4L * blocks, 64),
        layout.codebook().isEmpty()
            ? MemorySegment.NULL
            : arena.allocateFrom(ValueLayout.JAVA_BYTE, layout.choices()));
  }

  @Override
  public List<Storage> storage() {
    long bytes = codes.byteSize() + scales.byteSize() + factors.byteSize();
    return List.of(
        layout.isPlain()
            ? Storage.plain(layout.bits() == 16 ? DType.BF16 : DType.F32, bytes)
            : Storage.codes(layout.bits(), bytes));
  }

  // --- to pack

  private void pack(Weight weight, int block) {
    if (!layout.isPlain()) {
      packCodes(weight, block);
      return;
    }
    int end = Math.min(rows, (block + 1) * ROWS);
    if (weight.encoding() instanceof Encoding.Plain plain && layout.bits() == 16) {
      packHalves(plain, block, end);
    } else {
      packRows(weight.encoding(), block, end);
    }
  }

  /// Packs numbers of 16 bits two by two.
  private void packHalves(Encoding.Plain plain, int block, int end) {
    long to = block * layout.blockBytes(columns);
    int even = columns / 2 * 2;
    for (int strip = 0; strip < even; strip += STRIP) {
      for (int r = block * ROWS; r < end; r++) {
        long from = 2L * r * plain.stride();
        long lane = to + 4L * (r % ROWS);
        for (int c = strip; c < Math.min(even, strip + STRIP); c += 2) {
          codes.set(INT, lane + (long) c / 2 * Layout.WORDS, plain.data().get(INT, from + 2L * c));
        }
      }
    }
    for (int r = block * ROWS; r < end && even < columns; r++) {
      short last = plain.data().get(SHORT, 2L * (r * plain.stride() + even));
      codes.set(INT, to + 4L * (r % ROWS) + (long) even / 2 * Layout.WORDS, last & 0xffff);
    }
  }

  private void packRows(Encoding numbers, int block, int end) {
    float[] row = new float[columns];
    for (int r = block * ROWS; r < end; r++) {
      numbers.read(r, columns, row, 0);
      long to = block * layout.blockBytes(columns) + 4L * (r % ROWS);
      for (int c = 0; c < columns; c++) {
        if (layout.bits() == 16) {
          codes.set(SHORT, to + (long) c / 2 * Layout.WORDS + c % 2 * 2, DType.bf16(row[c]));
        } else {
          codes.set(INT, to + (long) c * Layout.WORDS, Float.floatToRawIntBits(row[c]));
        }
      }
    }
  }

  private void packCodes(Weight weight, int block) {
    Quantized from = weight.encoding().quantized().orElseThrow();
    int count = Math.min(ROWS, rows - block * ROWS);
    Quantization.Row[] read = new Quantization.Row[count];
    float most = 0;
    for (int r = 0; r < count; r++) {
      read[r] = Quantization.Row.of(columns, from.scheme().group());
      from.read(block * ROWS + r, columns, read[r]);
      most = Math.max(most, Math.max(most(read[r].scales()), most(read[r].minimums())));
    }
    if (!Float.isFinite(most)) {
      throw new ModelException(weight.name() + ": a scale is not finite (NaN or infinity)");
    }
    int shift = most > 0 ? TOP - Math.getExponent(most) : 0;
    factors.setAtIndex(ValueLayout.JAVA_FLOAT, block, Math.scalb(1f, -shift));
    for (int r = 0; r < count; r++) {
      packScales(read[r], from.scheme().group(), block, r, Math.scalb(1f, shift));
    }
    int[] words = new int[(int) (layout.blockBytes(columns) / 4)];
    for (int r = 0; r < count; r++) {
      switch (layout.bits()) {
        case 8 -> packBytes(read[r].codes(), words, r);
        case 4 -> packNibbles(read[r].codes(), words, r);
        default -> packSixes(read[r].codes(), words, r);
      }
    }
    MemorySegment.copy(words, 0, codes, INT, block * layout.blockBytes(columns), words.length);
  }

  private static float most(float[] numbers) {
    float most = 0;
    for (float number : numbers) {
      most = Math.max(most, Math.abs(number));
    }
    return most;
  }

  private void packScales(Quantization.Row row, int group, int block, int lane, float shift) {
    long to = 2L * block * layout.blockScales(columns) + 2L * lane;
    int step = layout.hasMinimums() ? 4 * ROWS : 2 * ROWS; // bytes
    for (int i = 0; i < columns / layout.group(); i++) {
      int from = i * layout.group() / group;
      scales.set(SHORT, to + (long) i * step, Float.floatToFloat16(row.scales()[from] * shift));
      if (layout.hasMinimums()) {
        scales.set(
            SHORT,
            to + (long) i * step + 2 * ROWS,
            Float.floatToFloat16(row.minimums()[from] * shift));
      }
    }
  }

  private static void packBytes(byte[] row, int[] words, int lane) {
    for (int c = 0; c < row.length; c += 4) {
      words[c / 4 * ROWS + lane] = (int) WORD.get(row, c);
    }
  }

  private static void packNibbles(byte[] row, int[] words, int lane) {
    for (int c = 0; c < row.length; c += 8) {
      words[c / 8 * ROWS + lane] = (int) WORD.get(row, c) | (int) WORD.get(row, c + 4) << 4;
    }
  }

  private static void packSixes(byte[] row, int[] words, int lane) {
    for (int c = 0; c < row.length; c += 16) {
      int a = (int) WORD.get(row, c);
      int b = (int) WORD.get(row, c + 4);
      int d = (int) WORD.get(row, c + 8);
      int e = (int) WORD.get(row, c + 12);
      int to = c / 16 * 3 * ROWS + lane;
      words[to] = a & LOW | (b & LOW) << 4;
      words[to + ROWS] = d & LOW | (e & LOW) << 4;
      words[to + 2 * ROWS] = a >>> 4 & TWO | (b >>> 4 & TWO) << 2 | (d & HIGH) | (e & HIGH) << 2;
    }
  }

  // --- to read

  /// Writes one row to `out`, from `to` on.
  void row(int row, float[] out, int to) {
    int block = row / ROWS;
    int lane = row % ROWS;
    long at = block * layout.blockBytes(columns) + 4L * lane;
    for (int c = 0; c < columns; c++) {
      out[to + c] =
          switch (layout.bits()) {
            case 32 -> Float.intBitsToFloat(codes.get(INT, at + (long) c * Layout.WORDS));
            case 16 ->
                Float.intBitsToFloat(
                    codes.get(SHORT, at + (long) c / 2 * Layout.WORDS + c % 2 * 2) << 16);
            default -> number(block, lane, c);
          };
    }
  }

  private float number(int block, int lane, int column) {
    int code = code(block * layout.blockBytes(columns) + 4L * lane, column);
    int value = layout.codebook().isEmpty() ? code - layout.zero() : layout.codebook().get(code);
    int step = layout.hasMinimums() ? 4 * ROWS : 2 * ROWS;
    long at = 2L * block * layout.blockScales(columns) + 2L * lane;
    at += (long) column / layout.group() * step;
    float minimum = layout.hasMinimums() ? scale(at + 2 * ROWS) : 0;
    return factors.getAtIndex(ValueLayout.JAVA_FLOAT, block) * (scale(at) * value + minimum);
  }

  private float scale(long at) {
    return Float.float16ToFloat(scales.get(SHORT, at));
  }

  private int code(long at, int column) {
    long chunk = at + (long) column / layout.chunk() * layout.chunkBytes();
    int step = column % layout.chunk() / 4;
    int shift = 8 * (column % 4);
    return switch (layout.bits()) {
      case 8 -> codes.get(INT, chunk) >>> shift & 0xff;
      case 4 -> codes.get(INT, chunk) >>> shift + 4 * step & 0xf;
      default -> { // 6
        int low = codes.get(INT, chunk + step / 2 * Layout.WORDS) >>> shift + step % 2 * 4 & 0xf;
        int high = codes.get(INT, chunk + 2 * Layout.WORDS) >>> shift + 2 * step & 3;
        yield low | high << 4;
      }
    };
  }
}
