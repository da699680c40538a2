package dev.sgl.backend;

/// A prompt, or a text, that has more tokens than the model's context.
public final class TooLongException extends BackendException {
  private static final long serialVersionUID = 1;

  /// @param what the subject of the message, such as `the prompt`
  public TooLongException(String what, int tokens, int context) {
    super(what + " has " + tokens + " tokens, but the model's context is " + context);
  }
}
