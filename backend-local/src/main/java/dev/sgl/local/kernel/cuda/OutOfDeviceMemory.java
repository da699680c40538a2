package dev.sgl.local.kernel.cuda;

/// The device has less memory left than is needed.
final class OutOfDeviceMemory extends GpuException {
  private static final long serialVersionUID = 1;

  OutOfDeviceMemory(long needed, long free) {
    super(
        "the GPU has %,d MiB free, but %,d MiB more are needed"
            .formatted(free >> 20, needed >> 20));
  }
}
