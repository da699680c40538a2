package dev.sgl.run;

import dev.sgl.program.Span;
import java.util.List;

/// A program that failed while it ran: what happened, at which statement, in which branch, and the
/// variables known by then.
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Span span;
  private final String branch;
  private final transient List<String> variables;

  /// @param cause what happened, whose message this one's is
  /// @param variables `name = value` of each variable known there, shortened
  public RunException(RuntimeException cause, Span span, String branch, List<String> variables) {
    super(
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage(), cause);
    this.span = span;
    this.branch = branch;
    this.variables = List.copyOf(variables);
  }

  /// The message with the place, such as `RunException: a check failed (tips.sgl:3:5, in main)`.
  @Override
  public String toString() {
    String place = span.line() == 0 ? "" : span.file() + ":" + span.line() + ", ";
    return getClass().getName() + ": " + getMessage() + " (" + place + "in " + branch + ")";
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
