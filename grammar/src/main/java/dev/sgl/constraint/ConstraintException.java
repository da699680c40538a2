package dev.sgl.constraint;

/// A constraint that cannot be compiled within its limits.
public final class ConstraintException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ConstraintException(String message) {
    super(message);
  }
}
