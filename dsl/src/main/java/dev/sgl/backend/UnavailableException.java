package dev.sgl.backend;

/// A model that cannot be asked at all at the moment, whatever the request: its device failed, it
/// was closed, or the endpoint does not answer or lets nobody in.
public final class UnavailableException extends BackendException {
  private static final long serialVersionUID = 1;

  private final boolean isPassing;

  /// A model that stays unavailable: [#isPassing] is false.
  public UnavailableException(String message) {
    super(message);
    this.isPassing = false;
  }

  /// A model that stays unavailable by `cause`: [#isPassing] is false.
  public UnavailableException(String message, Throwable cause) {
    this(message, cause, false);
  }

  private UnavailableException(String message, Throwable cause, boolean isPassing) {
    super(message, cause);
    this.isPassing = isPassing;
  }

  /// One that may be over at the next attempt: a stream broke off, a batch failed, there was too
  /// much to do.
  public static UnavailableException passing(String message, Throwable cause) {
    return new UnavailableException(message, cause, true);
  }

  /// Whether the next attempt may succeed.
  public boolean isPassing() {
    return isPassing;
  }
}
