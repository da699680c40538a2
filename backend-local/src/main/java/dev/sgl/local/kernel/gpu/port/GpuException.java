package dev.sgl.local.kernel.gpu.port;

/// A failure of a GPU, or of a library for it. The device cannot be used any more.
public class GpuException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// A failure with a message for the user.
  public GpuException(String message) {
    super(message);
  }

  /// A failure with the error that caused it.
  public GpuException(String message, Throwable cause) {
    super(message, cause);
  }
}
