package dev.sgl.interpreter;

/// A `fail` statement was reached: no `retry` of the same routine catches it.
final class FailException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Object activation;

  /// @param activation the call of the routine in which it stands
  FailException(String message, Object activation) {
    super(message);
    this.activation = activation;
  }

  Object activation() {
    return activation;
  }
}
