package dev.sgl.local.template;

/// A template that cannot be read or rendered; or one that refuses, by `raise_exception`, what it
/// is given.
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public TemplateException(String message) {
    super(message);
  }
}
