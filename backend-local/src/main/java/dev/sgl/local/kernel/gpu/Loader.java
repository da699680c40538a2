package dev.sgl.local.kernel.gpu;

import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
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
    if (weight.encoding() instanceof Encoding.Plain plain
        && plain.type() == to
        && plain.stride() == weight.columns()) {
      copy(plain.data(), weight.numbers() * to.bytes(), memory, at);
    } else {
      convert(weight, to, memory, at);
    }
    return weight.numbers() * to.bytes();
  }

  private void copy(MemorySegment numbers, long all, Gpu.Memory memory, long at) {
    for (long done = 0; done < all; done += PIECE_BYTES) {
      long bytes = Math.min(all - done, PIECE_BYTES);
      Gpu.Pinned piece = piece();
      MemorySegment.copy(numbers, done, piece.segment(), 0, bytes);
      send(piece, memory, at + done, bytes);
    }
  }

  /// Converts the numbers row by row.
  private void convert(Weight weight, DType to, Gpu.Memory memory, long at) {
    float[] row = new float[weight.columns()];
    Gpu.Pinned piece = piece();
    long sent = 0; // bytes
    int filled = 0;
    for (int r = 0; r < weight.rows(); r++) {
      weight.encoding().read(r, row.length, row, 0);
      for (float number : row) {
        if (filled == PIECE_BYTES) {
          send(piece, memory, at + sent, filled);
          sent += filled;
          piece = piece();
          filled = 0;
        }
        put(number, to, piece.segment(), filled);
        filled += to.bytes();
      }
    }
    send(piece, memory, at + sent, filled);
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
