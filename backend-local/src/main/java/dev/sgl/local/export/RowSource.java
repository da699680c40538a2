package dev.sgl.local.export;

import dev.sgl.local.weights.CodeRounding;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Encoding.RoundedRows;
import dev.sgl.local.weights.GgmlType;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Weight;
import java.nio.ByteBuffer;
import java.util.List;

/// Makes the bytes of one or several tensors of a file, row by row, out of a weight. Several
/// threads may make rows at the same time.
sealed interface RowSource {

  /// The tensors, all of which have the same number of rows.
  List<StoredTensor> tensors();

  /// Appends the bytes of a row to the buffer of each tensor. The buffers are little-endian.
  void write(int row, List<ByteBuffer> out);

  /// Rows of each tensor.
  default int rows() {
    return tensors().getFirst().rows();
  }

  /// Bytes of all tensors.
  default long bytes() {
    return tensors().stream().mapToLong(StoredTensor::bytes).sum();
  }

  /// A row in single precision.
  private static float[] numbers(Weight weight, int row) {
    float[] numbers = new float[weight.columns()];
    weight.encoding().read(row, numbers.length, numbers, 0);
    return numbers;
  }

  /// Plain numbers of a type that has room for those of the weight.
  record Numbers(StoredTensor tensor, Weight weight, DType type) implements RowSource {
    static Numbers of(String name, List<Integer> shape, Weight weight, DType type) {
      long rowBytes = (long) weight.columns() * type.bytes();
      return new Numbers(
          new StoredTensor(name, type.name(), shape, weight.rows(), rowBytes), weight, type);
    }

    @Override
    public List<StoredTensor> tensors() {
      return List.of(tensor);
    }

    @Override
    public void write(int row, List<ByteBuffer> out) {
      ByteBuffer bytes = out.getFirst();
      float[] numbers = numbers(weight, row);
      switch (type) {
        case F32 -> {
          bytes.asFloatBuffer().put(numbers);
          bytes.position(bytes.position() + 4 * numbers.length);
        }
        case BF16 -> {
          for (float number : numbers) {
            bytes.putShort(DType.bf16(number));
          }
        }
        case F16 -> {
          for (float number : numbers) {
            bytes.putShort(Float.floatToFloat16(number));
          }
        }
      }
    }
  }

  /// Whole numbers of 64 bits that come from no weight.
  record Integers(StoredTensor tensor, List<Integer> numbers) implements RowSource {
    static Integers of(String name, List<Integer> numbers) {
      long bytes = 8L * numbers.size();
      return new Integers(
          new StoredTensor(name, "I64", List.of(numbers.size()), 1, bytes), numbers);
    }

    @Override
    public List<StoredTensor> tensors() {
      return List.of(tensor);
    }

    @Override
    public void write(int row, List<ByteBuffer> out) {
      numbers.forEach(number -> out.getFirst().putLong(number));
    }
  }

  /// Blocks of a GGUF file: Q8_0 or Q4_0.
  record Blocks(StoredTensor tensor, Encoding.Rounded codes, GgmlType type) implements RowSource {
    static Blocks of(String name, Weight weight, CodeRounding rounding) {
      GgmlType type =
          switch (rounding) {
            case Q8_0 -> GgmlType.Q8_0;
            case Q4_0 -> GgmlType.Q4_0;
            case INT4 -> throw new IllegalArgumentException("GGUF files have no blocks of INT4");
          };
      long rowBytes = (long) weight.columns() / type.numbers() * type.bytes();
      return new Blocks(
          new StoredTensor(name, type.name(), weight.shape(), weight.rows(), rowBytes),
          new Encoding.Rounded(weight.encoding(), rounding),
          type);
    }

    @Override
    public List<StoredTensor> tensors() {
      return List.of(tensor);
    }

    @Override
    public void write(int row, List<ByteBuffer> out) {
      int columns = tensor.shape().getLast();
      Quantization.Row codes = Quantization.Row.of(columns, type.numbers());
      this.codes.read(row, columns, codes);
      ByteBuffer bytes = out.getFirst();
      for (int from = 0; from < columns; from += type.numbers()) {
        bytes.putShort(Float.floatToFloat16(codes.scales()[from / type.numbers()]));
        if (type == GgmlType.Q8_0) {
          signed(codes.codes(), from, bytes);
        } else {
          halves(codes.codes(), from, bytes);
        }
      }
    }

    private void signed(byte[] codes, int from, ByteBuffer out) {
      for (int i = 0; i < type.numbers(); i++) {
        out.put((byte) (codes[from + i] - type.scheme().zero()));
      }
    }

    /// Byte `i` has code `i` in its low half, and in its high half the code half a block behind it.
    private void halves(byte[] codes, int from, ByteBuffer out) {
      int half = type.numbers() / 2;
      for (int i = 0; i < half; i++) {
        out.put((byte) (codes[from + i] | codes[from + half + i] << 4));
      }
    }
  }

  /// Codes packed into words of 32 bits along the columns, the first in the lowest bits, and the
  /// scales of their groups in half precision.
  record Packed(StoredTensor words, StoredTensor scales, Encoding.Rounded codes)
      implements RowSource {
    private static final int WORD = 32;

    static Packed of(String module, Weight weight, CodeRounding rounding) {
      int rows = weight.rows();
      int across = (weight.columns() * rounding.scheme().bits() + WORD - 1) / WORD;
      int groups = weight.columns() / rounding.scheme().group();
      return new Packed(
          new StoredTensor(
              module + ".weight_packed", "I32", List.of(rows, across), rows, 4L * across),
          new StoredTensor(
              module + ".weight_scale", "F16", List.of(rows, groups), rows, 2L * groups),
          new Encoding.Rounded(weight.encoding(), rounding));
    }

    @Override
    public List<StoredTensor> tensors() {
      return List.of(words, scales);
    }

    @Override
    public void write(int row, List<ByteBuffer> out) {
      Quantization scheme = codes.scheme();
      int columns = scales.shape().getLast() * scheme.group();
      Quantization.Row numbers = Quantization.Row.of(columns, scheme.group());
      codes.read(row, columns, numbers);
      int count = WORD / scheme.bits();
      for (int from = 0; from < columns; from += count) {
        int word = 0;
        for (int i = 0; i < Math.min(count, columns - from); i++) {
          word |= (numbers.codes()[from + i] & 0xff) << i * scheme.bits();
        }
        out.getFirst().putInt(word);
      }
      for (float scale : numbers.scales()) {
        out.getLast().putShort(Float.floatToFloat16(scale));
      }
    }
  }

  /// Floating-point numbers of 8 bits, and the scale of the row: its largest number becomes the
  /// largest of the format.
  record Floats(StoredTensor codes, StoredTensor scales, RoundedRows numbers) implements RowSource {
    static Floats of(String module, Weight weight) {
      int rows = weight.rows();
      int columns = weight.columns();
      return new Floats(
          new StoredTensor(module + ".weight", "F8_E4M3", List.of(rows, columns), rows, columns),
          new StoredTensor(module + ".weight_scale", "F32", List.of(rows, 1), rows, 4),
          new RoundedRows(weight.encoding(), 0, columns));
    }

    @Override
    public List<StoredTensor> tensors() {
      return List.of(codes, scales);
    }

    @Override
    public void write(int row, List<ByteBuffer> out) {
      byte[] bytes = new byte[numbers.allColumns()];
      float scale = numbers.readCodes(row, bytes.length, bytes);
      out.getFirst().put(bytes);
      out.getLast().putFloat(scale);
    }
  }
}
