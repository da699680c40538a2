package dev.sgl.backend;

/// A model that cannot be asked at all at the moment, whatever the request: its device failed, it
/// was closed, or the endpoint does not answer or lets nobody in.
public final class UnavailableException extends BackendException {
  private static final long serialVersionUID = 1;

  public UnavailableException(String message) {
    super(message);
  }

  public UnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
