package dev.sgl.backend;

/// A model or an endpoint that could not answer a request; the message is for the user.
public sealed class BackendException extends RuntimeException
    permits UnavailableException, TooLongException, FaultException {
  private static final long serialVersionUID = 1;

  /// A failure whose message is for the user.
  public BackendException(String message) {
    super(message);
  }

  /// A failure by `cause`; `message` is for the user.
  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
