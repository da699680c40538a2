package dev.sgl.local.kernel.gpu.port;

/// The device has less memory left than is needed.
public final class OutOfDeviceMemory extends GpuException {
  private static final long serialVersionUID = 1;
  private static final long MIB = 1 << 20;

  /// @param what the subject and the verb of the message, such as "the weights need"
  public OutOfDeviceMemory(String what, long needed, long free) {
    super(
        "the GPU has %,d MiB free, but %s %,d MiB"
            .formatted(free >> 20, what, needed + MIB - 1 >> 20));
  }
}
