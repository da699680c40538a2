package dev.sgl.local.weights;

/// A model that cannot be loaded; the message names the file and its fault.
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// A failure with a message for the user.
  public ModelException(String message) {
    super(message);
  }

  /// A failure with the error that caused it.
  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
