package dev.sgl.local.kernel.gpu;

/// What goes wrong on a GPU, or in a library for it. The device can do nothing more.
public class GpuException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public GpuException(String message) {
    super(message);
  }

  public GpuException(String message, Throwable cause) {
    super(message, cause);
  }
}
