package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.IntStream;

/// Copies weights from the files to the GPU, through pinned memory: while one piece is on its
/// way, the next is read.
public final class Loader {
  private static final int PIECES = 2;
  private static final long PIECE_BYTES = 32L << 20;

  private final Gpu gpu;
  private final Deque<Gpu.Pinned> unused = new ArrayDeque<>();
  private final Deque<Copy> copies = new ArrayDeque<>(); // that may not be over

  private record Copy(Gpu.Pinned from, Gpu.Mark end) {}

  public Loader(Gpu gpu) {
    this.gpu = gpu;
  }

  private Gpu.Pinned piece() {
    if (unused.isEmpty() && copies.size() < PIECES) {
      return gpu.pin(PIECE_BYTES);
    }
    if (unused.isEmpty()) {
      Copy first = copies.remove();
      gpu.await(first.end());
      gpu.forget(first.end());
      return first.from();
    }
    return unused.remove();
  }

  /// Copies numbers in single precision.
  public Gpu.Memory load(float[] numbers) {
    Gpu.Memory memory = gpu.allocate(4L * numbers.length);
    Gpu.Pinned piece = piece();
    piece.buffer().asFloatBuffer().put(0, numbers);
    send(piece, memory, 0, 4L * numbers.length);
    return memory;
  }

  /// Copies a weight, in the format `to`, to a place in memory.
  ///
  /// @return bytes that it takes there
  public long load(Weight weight, DType to, Gpu.Memory memory, long at) {
    long rowBytes = (long) weight.columns() * to.bytes();
    if (weight.encoding() instanceof Encoding.Plain plain
        && plain.type() == to
        && plain.stride() == weight.columns()) {
      copy(plain.data(), weight.rows() * rowBytes, memory, at);
    } else {
      load(
          weight.rows(),
          rowBytes,
          (row, out, from) -> write(weight, row, to, out, from),
          memory,
          at);
    }
    return weight.rows() * rowBytes;
  }

  private void copy(MemorySegment numbers, long all, Gpu.Memory memory, long at) {
    for (long done = 0; done < all; done += PIECE_BYTES) {
      long bytes = Math.min(all - done, PIECE_BYTES);
      Gpu.Pinned piece = piece();
      MemorySegment.copy(numbers, done, piece.segment(), 0, bytes);
      send(piece, memory, at + done, bytes);
    }
  }

  /// Writes one of several units of the same size to `to`, at its byte `at`.
  @FunctionalInterface
  interface Writer {
    void write(int unit, MemorySegment to, long at);
  }

  /// Loads units of the same size, one after the other; several are written at the same time.
  void load(int units, long bytes, Writer writer, Gpu.Memory memory, long at) {
    int most = Math.toIntExact(Math.max(1, PIECE_BYTES / bytes)); // of a piece
    for (int first = 0; first < units; first += most) {
      int begin = first;
      int count = Math.min(units - first, most);
      Gpu.Pinned piece = piece();
      IntStream.range(0, count)
          .parallel()
          .forEach(unit -> writer.write(begin + unit, piece.segment(), unit * bytes));
      send(piece, memory, at + first * bytes, count * bytes);
    }
  }

  /// Writes a row of a weight.
  private static void write(Weight weight, int row, DType type, MemorySegment to, long at) {
    float[] numbers = new float[weight.columns()];
    weight.encoding().read(row, numbers.length, numbers, 0);
    for (int c = 0; c < numbers.length; c++) {
      put(numbers[c], type, to, at + (long) c * type.bytes());
    }
  }

  private void send(Gpu.Pinned piece, Gpu.Memory memory, long at, long bytes) {
    gpu.upload(piece, memory, at, bytes);
    copies.add(new Copy(piece, gpu.mark()));
  }

  private static void put(float number, DType to, MemorySegment target, long at) {
    switch (to) {
      case F32 -> target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, number);
      case F16 -> target.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(number));
      case BF16 -> target.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, DType.bf16(number));
    }
  }
}
