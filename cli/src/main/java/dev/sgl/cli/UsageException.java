package dev.sgl.cli;

/// A wrong use of the command line; the message says what to type.
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UsageException(String message) {
    super(message);
  }
}
