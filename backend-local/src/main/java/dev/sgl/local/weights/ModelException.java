package dev.sgl.local.weights;

/// A model that cannot be loaded; the message says which file and what is wrong with it.
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
