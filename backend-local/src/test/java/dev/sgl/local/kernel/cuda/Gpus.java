package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.gpu.port.GpuException;
import org.junit.jupiter.api.Assumptions;

/// Whether there is a GPU to test on.
public final class Gpus {
  private Gpus() {}

  /// Skips the test, with the reason, where there is none.
  public static void assume() {
    try {
      CudaDriver.open(0).close();
    } catch (GpuException e) {
      Assumptions.abort("no GPU: " + e.getMessage());
    }
  }
}
