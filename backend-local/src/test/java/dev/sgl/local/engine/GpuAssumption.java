package dev.sgl.local.engine;

import dev.sgl.local.kernel.cuda.CudaDevice;
import dev.sgl.local.kernel.cuda.GpuException;
import org.junit.jupiter.api.Assumptions;

/// Whether there is a GPU to test on.
final class GpuAssumption {
  private GpuAssumption() {}

  /// Skips the test, with the reason, where there is none.
  static void requireGpu() {
    try {
      CudaDevice.open(CudaDevice.Options.DEFAULT).close();
    } catch (GpuException e) {
      Assumptions.abort("no GPU: " + e.getMessage());
    }
  }
}
