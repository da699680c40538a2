package dev.sgl.local.kernel.cuda;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.weights.ModelException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A GPU whose memory others hold: whatever does not fit, one message says how much is free, and
/// what can be done.
class CudaMemoryTest {
  private static final Path DEMO = Path.of(System.getProperty("sgl.demo", "../samples/model/demo"));

  @BeforeAll
  static void requireGpu() {
    Gpus.assume();
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 40, 60, 90, 120})
  void whatDoesNotFitIsSaid(int mebibytes) {
    try (Gpu gpu = CudaDriver.open(0)) {
      fill(gpu, (long) mebibytes << 20);
      LocalOptions options = LocalOptions.DEFAULT.withDevice(DeviceOption.cuda(0));
      ModelException error =
          assertThrows(
              ModelException.class,
              () -> LocalBackend.open(DEMO, options, Progress.SILENT).close());
      String message = String.valueOf(error.getMessage());
      System.out.println(mebibytes + " MiB free: " + message);
      assertTrue(message.contains("MiB"), message);
    }
  }

  /// Takes all memory but some.
  private static void fill(Gpu gpu, long left) {
    for (long size : List.of(1L << 30, 64L << 20, 2L << 20)) {
      while (gpu.free() > left + size) {
        gpu.allocate(size);
      }
    }
  }
}
