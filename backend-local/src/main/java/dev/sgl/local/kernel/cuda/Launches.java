package dev.sgl.local.kernel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.GpuException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Launches of kernels by `cuLaunchKernelEx`, which alone knows clusters and early beginnings.
///
/// Reference: NVIDIA, "CUDA Driver API", Execution Control; the CUDA Programming Guide on
/// programmatic dependent launch.
final class Launches {
  // CUlaunchConfig
  private static final long CONFIG_BYTES = 56;
  private static final long STREAM = 32;
  private static final long ATTRIBUTES = 40;
  private static final long ATTRIBUTE_COUNT = 48;

  // CUlaunchAttribute
  private static final long ATTRIBUTE_BYTES = 72;
  private static final long VALUE = 8;
  private static final int CLUSTER_DIMENSION = 4;
  private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;
  private static final int MOST_ATTRIBUTES = 2;

  private final Parameters parameters;
  private final NativeLibrary.Function launch;

  /// @throws GpuException if the driver is older than CUDA 11.8
  Launches(Parameters parameters) {
    this.parameters = parameters;
    launch =
        NativeLibrary.driver()
            .flatMap(
                driver -> driver.find("cuLaunchKernelEx", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS))
            .orElseThrow(() -> new GpuException("the NVIDIA driver is too old"));
  }

  /// Launches a kernel.
  ///
  /// @param function its handle
  void launch(long function, Grid grid, long stream, Record arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment config = arena.allocate(CONFIG_BYTES, Long.BYTES);
      int[] sizes = {grid.blocks(), grid.blocksY(), 1, grid.threads(), 1, 1, grid.shared()};
      MemorySegment.copy(sizes, 0, config, JAVA_INT, 0, sizes.length);
      config.set(JAVA_LONG, STREAM, stream);
      MemorySegment attributes = arena.allocate(MOST_ATTRIBUTES * ATTRIBUTE_BYTES, Long.BYTES);
      int count = 0;
      if (grid.isEarly()) {
        set(attributes, count++, PROGRAMMATIC_STREAM_SERIALIZATION, 1);
      }
      if (grid.isClustered()) {
        set(attributes, count++, CLUSTER_DIMENSION, 1, grid.blocksY(), 1);
      }
      config.set(ADDRESS, ATTRIBUTES, attributes);
      config.set(JAVA_INT, ATTRIBUTE_COUNT, count);
      launch.call(config, function, parameters.of(arguments, arena), MemorySegment.NULL);
    }
  }

  private static void set(MemorySegment attributes, int index, int id, int... values) {
    long at = index * ATTRIBUTE_BYTES;
    attributes.set(JAVA_INT, at, id);
    MemorySegment.copy(values, 0, attributes, JAVA_INT, at + VALUE, values.length);
  }
}
