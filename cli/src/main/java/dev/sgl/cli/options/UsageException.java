package dev.sgl.cli.options;

/// A wrong use of the command line; the message says what to type.
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// A wrong use, with a message that says how to correct it.
  ///
  /// @param message without the leading `error: `
  public UsageException(String message) {
    super(message);
  }

  /// Checks the value of an option that counts something.
  ///
  /// @throws UsageException if it is less than 1
  public static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new UsageException(option + " must be at least 1");
    }
  }
}
