package dev.sgl.backend;

/// A mistake of the backend or of its model, whatever the request was.
public final class FaultException extends BackendException {
  private static final long serialVersionUID = 1;

  /// A fault whose message is for the user.
  public FaultException(String message) {
    super(message);
  }

  /// A fault by `cause`; `message` is for the user.
  public FaultException(String message, Throwable cause) {
    super(message, cause);
  }
}
