package dev.sgl.bench;

import dev.sgl.local.kernel.gpu.GpuDevice;
import dev.sgl.local.kernel.gpu.port.Gpu;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/// The measured limits of a GPU, from which the least time of a computation follows.
///
/// @param bytesPerSecond that a large copy reads and writes
/// @param operationsPerSecond of a large matrix product in bf16, of random numbers
record Ceilings(double bytesPerSecond, double operationsPerSecond) {
  private static final long COPIED = 4L << 30;
  private static final int SIDE = 8192;
  private static final int ROUNDS = 9;
  private static final int RANDOM_BYTES = 32 << 20;

  /// Measures; takes under a second and some gigabytes of memory.
  static Ceilings measure(GpuDevice device) {
    Gpu gpu = device.gpu();
    gpu.enter();
    return new Ceilings(
        2.0 * COPIED / copySeconds(gpu), 2.0 * SIDE * SIDE * SIDE / productSeconds(gpu));
  }

  private static double copySeconds(Gpu gpu) {
    Gpu.Memory from = gpu.allocate(COPIED);
    Gpu.Memory to = gpu.allocate(COPIED);
    gpu.fill(from, 1);
    double seconds = median(gpu, () -> gpu.copy(from, to, COPIED));
    gpu.free(from);
    gpu.free(to);
    return seconds;
  }

  private static double productSeconds(Gpu gpu) {
    long bytes = 2L * SIDE * SIDE;
    Gpu.Memory x = random(gpu, bytes);
    Gpu.Memory weight = random(gpu, bytes);
    Gpu.Memory out = gpu.allocate(bytes);
    Gpu.ProductShape shape =
        new Gpu.ProductShape(SIDE, SIDE, SIDE, SIDE, true, Gpu.Operands.PLAIN, Gpu.Result.WRITTEN);
    double seconds =
        median(
            gpu,
            () -> gpu.multiply(Gpu.Operand.plain(x), Gpu.Operand.plain(weight), 1, out, shape));
    for (Gpu.Memory memory : new Gpu.Memory[] {x, weight, out}) {
      gpu.free(memory);
    }
    return seconds;
  }

  /// Numbers in bf16 between -2 and 2; zeros would be faster.
  private static Gpu.Memory random(Gpu gpu, long bytes) {
    Gpu.Pinned host = gpu.pin(RANDOM_BYTES);
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer numbers = host.buffer();
    while (numbers.hasRemaining()) {
      int bits = Float.floatToRawIntBits((float) random.nextDouble(-2, 2));
      numbers.putShort((short) (bits >>> 16));
    }
    Gpu.Memory memory = gpu.allocate(bytes);
    for (long at = 0; at < bytes; at += RANDOM_BYTES) {
      gpu.upload(host, memory, at, Math.min(RANDOM_BYTES, bytes - at));
    }
    gpu.await();
    gpu.unpin(host);
    return memory;
  }

  private static double median(Gpu gpu, Runnable work) {
    double[] seconds = new double[ROUNDS];
    work.run(); // the first is not counted
    for (int i = 0; i < ROUNDS; i++) {
      seconds[i] = gpu.nanos(work) / 1e9;
    }
    Arrays.sort(seconds);
    return seconds[ROUNDS / 2];
  }
}
