package dev.sgl.cli.options;

/// A wrong use of the command line; the message says what to type.
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public UsageException(String message) {
    super(message);
  }
}
