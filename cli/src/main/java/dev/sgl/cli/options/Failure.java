package dev.sgl.cli.options;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Report;
import dev.sgl.run.RunException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A program that failed while it ran, as people read it.
public final class Failure {
  private Failure() {}

  /// The error as it is shown, with its place in one of `texts`.
  public static String show(RunException error, Map<String, String> texts) {
    Diagnostic failed =
        new Diagnostic(
            "failed",
            sentence(error),
            error.span(),
            "failed in " + error.shownBranch(),
            Optional.empty());
    StringBuilder text = new StringBuilder(Report.show(List.of(failed), texts));
    if (!error.variables().isEmpty()) {
      text.append("  = known here: ").append(String.join(", ", error.variables())).append('\n');
    }
    return text.toString().stripTrailing();
  }

  private static String sentence(RunException error) {
    String message = Terminal.plain(String.valueOf(error.getMessage()));
    return message.endsWith(".") ? message : message + ".";
  }
}
