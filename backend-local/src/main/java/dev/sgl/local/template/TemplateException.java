package dev.sgl.local.template;

/// A template that cannot be read or rendered; or one that refuses its variables by
/// `raise_exception`.
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean isWhole;

  /// A mistake, whose place [#at] adds.
  TemplateException(String message) {
    this(message, false);
  }

  private TemplateException(String message, boolean isWhole) {
    super(message);
    this.isWhole = isWhole;
  }

  /// A refusal in the template's own words.
  static TemplateException refusal(String message) {
    return new TemplateException(message, true);
  }

  /// The same with its place, unless it has one.
  TemplateException at(int line) {
    return isWhole
        ? this
        : new TemplateException("chat template, line " + line + ": " + getMessage(), true);
  }
}
