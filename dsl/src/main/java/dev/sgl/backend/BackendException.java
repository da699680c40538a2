package dev.sgl.backend;

/// A model or an endpoint that could not do what was asked; the message is for the user.
public sealed class BackendException extends RuntimeException
    permits UnavailableException, TooLongException, FaultException {
  private static final long serialVersionUID = 1;

  public BackendException(String message) {
    super(message);
  }

  public BackendException(String message, Throwable cause) {
    super(message, cause);
  }
}
