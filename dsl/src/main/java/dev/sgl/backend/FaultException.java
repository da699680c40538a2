package dev.sgl.backend;

/// A mistake of the backend, or of its model: what was asked had nothing to do with it.
public final class FaultException extends BackendException {
  private static final long serialVersionUID = 1;

  public FaultException(String message) {
    super(message);
  }

  public FaultException(String message, Throwable cause) {
    super(message, cause);
  }
}
