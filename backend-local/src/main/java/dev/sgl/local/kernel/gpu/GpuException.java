package dev.sgl.local.kernel.gpu;

/// A failure of a GPU, or of a library for it. The device cannot be used any more.
public class GpuException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public GpuException(String message) {
    super(message);
  }

  public GpuException(String message, Throwable cause) {
    super(message, cause);
  }
}
