package dev.sgl.local.kernel.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.sgl.local.kernel.gpu.port.Gpu.Boxes;
import dev.sgl.local.kernel.gpu.port.GpuException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Descriptions of matrices for Hopper's tensor memory accelerator (TMA), by
/// `cuTensorMapEncodeTiled`.
///
/// Reference: NVIDIA, "CUDA Driver API", Tensor Map Object Management.
final class TensorMaps {
  /// Bytes of a `CUtensorMap`.
  static final int BYTES = 128;

  private static final int ALIGNMENT = 64;
  private static final int DIMENSIONS = 2;

  // CUtensorMapDataType
  private static final int UINT8 = 0;
  private static final int UINT16 = 1;
  private static final int UINT32 = 2;
  private static final int UINT64 = 4;

  // the other enumerations, all of which begin with "none"
  private static final int NONE = 0;
  private static final int SWIZZLE_128B = 3;
  private static final int L2_PROMOTION_256B = 3;

  private final Optional<NativeLibrary.Function> encode =
      NativeLibrary.driver()
          .flatMap(
              driver ->
                  driver.find(
                      "cuTensorMapEncodeTiled",
                      ADDRESS,
                      JAVA_INT,
                      JAVA_INT,
                      JAVA_LONG,
                      ADDRESS,
                      ADDRESS,
                      ADDRESS,
                      ADDRESS,
                      JAVA_INT,
                      JAVA_INT,
                      JAVA_INT,
                      JAVA_INT));

  /// Describes a matrix.
  ///
  /// @throws GpuException if the driver is older than CUDA 12.0, or cannot describe it
  MemorySegment of(Boxes boxes, Arena arena) {
    NativeLibrary.Function function =
        encode.orElseThrow(() -> new GpuException("the NVIDIA driver is too old for Hopper"));
    MemorySegment map = arena.allocate(BYTES, ALIGNMENT);
    function.call(
        map,
        type(boxes.elementBytes()),
        DIMENSIONS,
        boxes.memory().address(),
        arena.allocateFrom(JAVA_LONG, boxes.columns(), boxes.rows()),
        arena.allocateFrom(JAVA_LONG, boxes.columns() * boxes.elementBytes()), // a row
        arena.allocateFrom(JAVA_INT, boxes.boxColumns(), boxes.boxRows()),
        arena.allocateFrom(JAVA_INT, 1, 1), // every element
        NONE,
        boxes.isSwizzled() ? SWIZZLE_128B : NONE,
        L2_PROMOTION_256B,
        NONE);
    return map;
  }

  private static int type(int elementBytes) {
    return switch (elementBytes) {
      case 1 -> UINT8;
      case 2 -> UINT16;
      case 4 -> UINT32;
      case 8 -> UINT64;
      default -> throw new IllegalArgumentException("no element has " + elementBytes + " bytes");
    };
  }
}
