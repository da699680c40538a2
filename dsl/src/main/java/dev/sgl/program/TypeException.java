package dev.sgl.program;

import java.util.Optional;

/// A text or a value that is not of its type; the message says where and why.
public final class TypeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Optional<Span> span;

  /// An exception of no known expression; `message` says where and why.
  public TypeException(String message) {
    this(message, Optional.empty(), Optional.empty());
  }

  /// An exception of no known expression, by `cause`.
  public TypeException(String message, Throwable cause) {
    this(message, Optional.of(cause), Optional.empty());
  }

  private TypeException(String message, Optional<Throwable> cause, Optional<Span> span) {
    super(message, cause.orElse(null));
    this.span = span;
  }

  /// The same, of the expression at `span`, unless it is one of an inner expression.
  public TypeException at(Span expression) {
    return span.isPresent()
        ? this
        : new TypeException(
            String.valueOf(getMessage()), Optional.ofNullable(getCause()), Optional.of(expression));
  }

  /// The expression that has no value, if it is known.
  public Optional<Span> span() {
    return span;
  }
}
