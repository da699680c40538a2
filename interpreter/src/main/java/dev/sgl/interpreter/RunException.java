package dev.sgl.interpreter;

import dev.sgl.backend.BackendException;
import dev.sgl.program.Span;
import dev.sgl.program.TypeException;
import java.util.List;
import java.util.function.Supplier;

/// A program that failed while it ran: what happened, at which statement, in which branch, and the
/// variables known by then.
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Span span;
  private final String branch;
  private final transient List<String> variables;

  RunException(String message, Span span, String branch, List<String> variables, Throwable cause) {
    super(message, cause);
    this.span = span;
    this.branch = branch;
    this.variables = List.copyOf(variables);
  }

  /// Does `work`, and gives an error of it the place where it happened.
  static <T> T located(Span span, String branch, Environment environment, Supplier<T> work) {
    try {
      return work.get();
    } catch (TypeException | BackendException | FailException e) {
      String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new RunException(message, span, branch, environment.known(), e);
    }
  }

  /// The statement that failed.
  public Span span() {
    return span;
  }

  /// The conversation that failed, such as `main` or `main/drafts[2]`.
  public String branch() {
    return branch;
  }

  /// `name = value` of each variable known there, shortened.
  public List<String> variables() {
    return variables;
  }
}
