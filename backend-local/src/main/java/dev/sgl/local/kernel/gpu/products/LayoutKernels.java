package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.gpu.products.GpuMatrix.Coded;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/// Kernels that are compiled for each layout of codes, once.
///
/// @param <K> the kernels of a layout
final class LayoutKernels<K> {
  private final Map<CodeLayout, K> compiled = new HashMap<>();
  private final Function<CodeLayout, K> compile;

  LayoutKernels(Function<CodeLayout, K> compile) {
    this.compile = compile;
  }

  /// The kernels of a layout, which are compiled if they are new.
  K of(CodeLayout layout) {
    return compiled.computeIfAbsent(layout, compile);
  }

  K of(Coded weight) {
    return of(weight.layout());
  }
}
