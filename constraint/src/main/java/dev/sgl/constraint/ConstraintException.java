package dev.sgl.constraint;

/// A constraint that cannot be compiled within its limits.
public final class ConstraintException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean whole;

  /// An exception whose message does not yet say where: [#isWhole] is false.
  public ConstraintException(String message) {
    this(message, false);
  }

  private ConstraintException(String message, boolean whole) {
    super(message);
    this.whole = whole;
  }

  /// The constraint as a whole is too complex.
  public static ConstraintException tooComplex(String why) {
    return new ConstraintException("the constraint is too complex: " + why, true);
  }

  /// Something is wrong at a place of a schema.
  ///
  /// @param pointer to the place, a JSON pointer behind `#`
  public static ConstraintException at(String pointer, String message) {
    return new ConstraintException(message + ", at " + pointer, true);
  }

  /// Whether the message says all: where, or that the constraint is wrong as a whole.
  public boolean isWhole() {
    return whole;
  }
}
