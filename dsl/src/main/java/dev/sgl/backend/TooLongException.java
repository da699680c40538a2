package dev.sgl.backend;

/// A prompt, or a text, that has more tokens than the model's context.
public final class TooLongException extends BackendException {
  private static final long serialVersionUID = 1;

  /// The message begins as that of OpenAI's API does, since clients know the error by its words.
  ///
  /// @param what the subject of the message, such as `the prompt`
  public TooLongException(String what, int tokens, int context) {
    this(what, "" + tokens, context);
  }

  private TooLongException(String what, String tokens, int context) {
    super(
        "This model's maximum context length is %d tokens. However, %s has %s tokens."
            .formatted(context, what, tokens));
  }

  /// The same where nobody has counted the tokens.
  ///
  /// @param least tokens that it has
  public static TooLongException atLeast(String what, int least, int context) {
    return new TooLongException(what, "at least " + least, context);
  }
}
