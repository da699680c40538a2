package dev.sgl.run;

import dev.sgl.program.Span;
import java.util.Arrays;
import java.util.List;

/// A program that failed while it ran: what happened, at which statement, in which branch, and the
/// variables known by then.
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// Parts of a long path that are shown at either end.
  private static final int SHOWN = 5;

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
    return getClass().getName() + ": " + getMessage() + " (" + place + "in " + shownBranch() + ")";
  }

  /// The statement that failed.
  public Span span() {
    return span;
  }

  /// The conversation that failed, such as `main` or `main/drafts[2]`.
  public String branch() {
    return branch;
  }

  /// The conversation that failed, as it is shown.
  public String shownBranch() {
    return shown(branch);
  }

  /// The name of a conversation; of many that call each other only the first and the last.
  public static String shown(String branch) {
    String[] parts = branch.split("/", -1);
    int left = parts.length - 2 * SHOWN;
    return left <= 1
        ? branch
        : String.join("/", Arrays.copyOf(parts, SHOWN))
            + "/… "
            + left
            + " more …/"
            + String.join("/", Arrays.copyOfRange(parts, parts.length - SHOWN, parts.length));
  }

  /// `name = value` of each variable known there, shortened.
  public List<String> variables() {
    return variables;
  }
}
