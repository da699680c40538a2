package dev.sgl.local.kernel.gpu;

import dev.sgl.local.weights.DType;
import java.util.HashMap;
import java.util.Map;

/// The format of numbers in 16 bits, for which kernels are compiled.
record Format(DType type) {
  /// Of a number.
  static final int BYTES = 2;

  boolean isBf16() {
    return type == DType.BF16;
  }

  /// A file of kernels for numbers of this format.
  ///
  /// @param more names that it defines beside the common ones
  Gpu.KernelFile file(String name, Map<String, String> more) {
    Map<String, String> defines = new HashMap<>(more);
    defines.put("BF16", isBf16() ? "1" : "0");
    defines.putAll(BatchPlan.DEFINES);
    return new Gpu.KernelFile(name, defines);
  }
}
