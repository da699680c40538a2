package dev.sgl.local.engine;

import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.cuda.CudaDriver;
import dev.sgl.local.kernel.gpu.GpuDevice;
import dev.sgl.local.kernel.gpu.GpuException;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.ModelException;
import java.util.Optional;

/// Opens the device that a model is computed on.
final class Devices {
  private Devices() {}

  /// @throws ModelException if a GPU is asked for that cannot be used
  static Device open(LocalOptions options, Progress progress) {
    return switch (options.device().kind()) {
      case CPU -> host(options);
      case CUDA -> {
        try {
          yield gpu(options, progress);
        } catch (GpuException e) {
          throw new ModelException("no GPU can be used: " + e.getMessage(), e);
        }
      }
      case AUTO -> {
        try {
          yield gpu(options, progress);
        } catch (GpuException e) {
          progress.device("the CPU (" + e.getMessage() + ")");
          yield host(options);
        }
      }
    };
  }

  private static Device gpu(LocalOptions options, Progress progress) {
    Optional<DType> format =
        switch (options.device().format()) {
          case AUTO -> Optional.empty();
          case BF16 -> Optional.of(DType.BF16);
          case F16 -> Optional.of(DType.F16);
        };
    GpuDevice gpu =
        CudaDriver.device(
            new GpuDevice.Options(options.device().index(), options.memFraction(), format));
    progress.device(gpu.name());
    return gpu;
  }

  /// The Vector API is an incubating module, which the launcher must add; without it the plain
  /// operations do.
  private static Device host(LocalOptions options) {
    boolean vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return new HostDevice(vectors ? new VectorKernels(options.threads()) : new PlainKernels());
  }
}
