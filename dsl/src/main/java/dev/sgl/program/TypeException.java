package dev.sgl.program;

/// A text or a value that is not of its type; the message says where and why.
public final class TypeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public TypeException(String message) {
    super(message);
  }

  public TypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
