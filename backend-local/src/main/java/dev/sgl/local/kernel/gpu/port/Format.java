package dev.sgl.local.kernel.gpu.port;

import dev.sgl.local.weights.DType;
import java.util.HashMap;
import java.util.Map;

/// The format of numbers in 16 bits, for which kernels are compiled.
public record Format(DType type) {
  /// Of a number.
  public static final int BYTES = 2;

  /// Whether it is bfloat16; otherwise it is half precision.
  public boolean isBf16() {
    return type == DType.BF16;
  }

  /// A file of kernels for numbers of this format.
  ///
  /// @param more names that it defines beside that of the format
  public Gpu.KernelFile file(String name, Map<String, String> more) {
    return new Gpu.KernelFile(name, defines(more), false);
  }

  /// The same for kernels that need instructions of this very chip.
  public Gpu.KernelFile fileOfOneChip(String name, Map<String, String> more) {
    return new Gpu.KernelFile(name, defines(more), true);
  }

  private Map<String, String> defines(Map<String, String> more) {
    Map<String, String> defines = new HashMap<>(more);
    defines.put("BF16", isBf16() ? "1" : "0");
    return defines;
  }
}
