package dev.sgl.local.kernel.gpu;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/// Copies weights from the files to the GPU, through pinned memory: while one piece is on its
/// way, the next is read.
final class Loader {
  private static final int PIECES = 2;
  private static final long PIECE_BYTES = 32L << 20;

  private final Gpu gpu;
  private final Deque<Gpu.Pinned> unused = new ArrayDeque<>();
  private final Deque<Copy> copies = new ArrayDeque<>(); // that may not be over

  private record Copy(Gpu.Pinned from, Gpu.Mark end) {}

  Loader(Gpu gpu) {
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
  Gpu.Memory load(float[] numbers) {
    Gpu.Memory memory = gpu.allocate(4L * numbers.length);
    Gpu.Pinned piece = piece();
    piece.buffer().asFloatBuffer().put(0, numbers);
    send(piece, memory, 0, 4L * numbers.length);
    return memory;
  }

  /// Copies a weight, in the format `to`, to a place in memory.
  ///
  /// @return bytes that it takes there
  long load(Weight weight, DType to, Gpu.Memory memory, long at) {
    Encoding.Plain from =
        switch (weight.encoding()) {
          case Encoding.Plain plain -> together(plain, weight.rows(), weight.columns());
          case Encoding.Blocks _, Encoding.Reordered _ -> widened(weight);
        };
    long numbers = weight.numbers();
    long done = 0;
    while (done < numbers) {
      Gpu.Pinned piece = piece();
      long count = Math.min(numbers - done, PIECE_BYTES / to.bytes());
      MemorySegment target = piece.segment();
      if (from.type() == to) {
        MemorySegment.copy(from.data(), done * to.bytes(), target, 0, count * to.bytes());
      } else {
        convert(from, done, count, to, target);
      }
      send(piece, memory, at + done * to.bytes(), count * to.bytes());
      done += count;
    }
    return numbers * to.bytes();
  }

  /// The numbers row by row, with nothing between: those of some columns are copied for it.
  private static Encoding.Plain together(Encoding.Plain plain, int rows, int columns) {
    if (plain.stride() == columns) {
      return plain;
    }
    long width = (long) columns * plain.type().bytes();
    MemorySegment all = Arena.ofAuto().allocate(rows * width);
    for (int row = 0; row < rows; row++) {
      long source = row * plain.stride() * plain.type().bytes();
      MemorySegment.copy(plain.data(), source, all, row * width, width);
    }
    return new Encoding.Plain(plain.type(), all, columns);
  }

  /// The numbers in single precision.
  private static Encoding.Plain widened(Weight weight) {
    MemorySegment all = Arena.ofAuto().allocate(weight.numbers() * Float.BYTES);
    float[] row = new float[weight.columns()];
    for (int r = 0; r < weight.rows(); r++) {
      weight.encoding().read(r, row.length, row, 0);
      MemorySegment.copy(
          row,
          0,
          all,
          ValueLayout.JAVA_FLOAT_UNALIGNED,
          (long) r * row.length * Float.BYTES,
          row.length);
    }
    return new Encoding.Plain(DType.F32, all, row.length);
  }

  private void send(Gpu.Pinned piece, Gpu.Memory memory, long at, long bytes) {
    gpu.upload(piece, memory, at, bytes);
    copies.add(new Copy(piece, gpu.mark()));
  }

  private static void convert(
      Encoding.Plain from, long first, long count, DType to, MemorySegment target) {
    for (long i = 0; i < count; i++) {
      float number = from.get(first + i);
      switch (to) {
        case F32 -> target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4, number);
        case F16 ->
            target.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2, Float.floatToFloat16(number));
        case BF16 -> target.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2, DType.bf16(number));
      }
    }
  }
}
