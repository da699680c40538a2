package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.products.CodeLayout.Recoding;
import dev.sgl.local.weights.Encoding.RoundedRows;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Quantized;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/// Weights of one layout, one below the other, as a GPU takes them: tiles of codes, and scales.
/// Several threads may pack tiles at the same time.
final class CodePacker {
  private final CodeLayout layout;
  private final int columns;
  private final int allRows;
  private final int blocks;
  private final int[] places; // of the columns of a block
  private final float[] scales; // as on the GPU, of the tiles packed so far
  private final Map<Quantization, Recoding> recodings = new ConcurrentHashMap<>();

  CodePacker(CodeLayout layout, int rows, int columns) {
    this.layout = layout;
    this.columns = columns;
    allRows = rows;
    blocks = CodeLayout.blocks(columns);
    places =
        IntStream.range(0, CodeLayout.BLOCK)
            .map(column -> CodeLayout.place(layout.kind(), column))
            .toArray();
    scales = new float[scales(rows)];
  }

  private int scales(int rows) {
    if (layout.kind() == CodeLayout.Kind.E4M3) {
      return layout.group() == 0 ? rows : CodeLayout.blocks(rows) * paddedBlocks();
    }
    return Math.multiplyExact(blocks * layout.scales(), rows);
  }

  /// Blocks of columns as the vendor's library counts their scales.
  private int paddedBlocks() {
    return (blocks + 3) / 4 * 4;
  }

  /// Packs a tile of a weight.
  ///
  /// @param tile of the weight
  /// @param firstRow of the weight among all rows
  /// @param to where the tile begins, at its byte `at`
  void pack(Weight weight, int tile, int firstRow, MemorySegment to, long at) {
    byte[] codes = new byte[columns];
    byte[] packed = new byte[(int) layout.tileBytes(columns)];
    for (int r = 0; r < CodeLayout.TILE; r++) {
      int row = tile * CodeLayout.TILE + r;
      read(weight, row, firstRow + row, codes);
      place(codes, r, packed);
    }
    MemorySegment.copy(packed, 0, to, ValueLayout.JAVA_BYTE, at, packed.length);
  }

  /// Reads the codes of a row, and keeps its scales.
  private void read(Weight weight, int row, int place, byte[] codes) {
    switch (weight.encoding()) {
      case RoundedRows rounded -> scales[place] = rounded.readCodes(row, columns, codes);
      case Scaled scaled -> readScaled(scaled, row, place, codes);
      default -> readCodes(weight.encoding().quantized().orElseThrow(), row, place, codes);
    }
  }

  private void readScaled(Scaled scaled, int row, int place, byte[] codes) {
    scaled.readCodes(row, columns, codes);
    if (layout.group() == 0) {
      scales[place] = scaled.scale(row, 0);
    } else if (place % CodeLayout.BLOCK == 0) {
      for (int block = 0; block < blocks; block++) {
        scales[place / CodeLayout.BLOCK * paddedBlocks() + block] =
            scaled.scale(row, block * CodeLayout.BLOCK);
      }
    }
  }

  private void readCodes(Quantized quantized, int row, int place, byte[] codes) {
    Quantization scheme = quantized.scheme();
    Recoding recoding = recodings.computeIfAbsent(scheme, s -> Recoding.of(s, layout.kind()));
    Quantization.Row read = Quantization.Row.of(columns, scheme.group());
    quantized.read(row, columns, read);
    for (int c = 0; c < columns; c++) {
      codes[c] = recoding.codes()[read.codes()[c] & 0xff];
    }
    int groups = layout.groups();
    for (int column = 0; column < columns; column += layout.group()) {
      int group = column / scheme.group();
      int block = column / CodeLayout.BLOCK;
      int at = (block * allRows + place) * layout.scales() + column / layout.group() % groups;
      scales[at] = read.scales()[group];
      if (layout.hasMinimums()) {
        scales[at + groups] = read.minimums()[group] + recoding.shift() * read.scales()[group];
      }
    }
  }

  /// Writes the codes of a row to its place in a tile. Where there is no column any more the value
  /// is 0.
  private void place(byte[] codes, int row, byte[] tile) {
    int rowBytes = layout.kind().rowBytes();
    for (int block = 0; block < blocks; block++) {
      int begin =
          layout.kind() == CodeLayout.Kind.E4M3
              ? (row * blocks + block) * rowBytes
              : (block * CodeLayout.TILE + row) * rowBytes;
      int first = block * CodeLayout.BLOCK;
      for (int c = 0; c < CodeLayout.BLOCK; c++) {
        boolean isColumn = first + c < columns;
        if (layout.kind() == CodeLayout.Kind.INT4) {
          int code = isColumn ? codes[first + c] : 8;
          tile[begin + places[c] / 2] |= (byte) (code << 4 * (places[c] % 2));
        } else {
          tile[begin + places[c]] = isColumn ? codes[first + c] : 0;
        }
      }
    }
  }

  /// The power of two by which the scales are to be multiplied: numbers divided by it have their
  /// place in half precision, with room for small ones.
  ///
  /// @throws ModelException if a scale is not finite
  float factor() {
    for (float scale : scales) {
      if (!Float.isFinite(scale)) {
        throw new ModelException("a scale of a weight is not finite (NaN or infinity)");
      }
    }
    if (layout.group() == 0) {
      return 1;
    }
    float mostScale = 0;
    float mostMinimum = 0;
    for (int i = 0; i < scales.length; i++) {
      if (layout.hasMinimums() && i % layout.scales() >= layout.groups()) {
        mostMinimum = Math.max(mostMinimum, Math.abs(scales[i]));
      } else {
        mostScale = Math.max(mostScale, Math.abs(scales[i]));
      }
    }
    // 128 times a scale below 2^8, or 448 times one below 2^7, can be written
    int room = layout.kind() == CodeLayout.Kind.E4M3 ? 6 : 7;
    int exponent = Math.max(Math.getExponent(mostScale) - room, Math.getExponent(mostMinimum) - 13);
    return Math.max(mostScale, mostMinimum) == 0 ? 1 : Math.scalb(1f, exponent);
  }

  /// The number of scales on the GPU.
  int count() {
    return scales.length;
  }

  /// Bytes of a scale.
  int scaleBytes() {
    return layout.kind() == CodeLayout.Kind.E4M3 ? Float.BYTES : Short.BYTES;
  }

  /// Writes a scale, divided by the factor, to `to`, at its byte `at`.
  void packScale(int index, float factor, MemorySegment to, long at) {
    float scale = scales[index] / factor;
    if (layout.kind() == CodeLayout.Kind.E4M3) {
      to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, scale);
    } else {
      to.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(scale));
    }
  }
}
