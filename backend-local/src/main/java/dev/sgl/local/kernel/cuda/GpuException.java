package dev.sgl.local.kernel.cuda;

/// What goes wrong on a GPU, or in a library for it. The device can do nothing more.
public class GpuException extends RuntimeException {
  private static final long serialVersionUID = 1;

  GpuException(String message) {
    super(message);
  }

  GpuException(String message, Throwable cause) {
    super(message, cause);
  }
}
