package dev.sgl.diagnostic;

import dev.sgl.program.Span;
import java.util.List;
import java.util.Map;

/// Shows diagnostics as people read them: the sentence, the line, carets under the place, the help.
public final class Report {
  private Report() {}

  /// All of `diagnostics`, which are of the texts of these files.
  public static String show(List<Diagnostic> diagnostics, Map<String, String> texts) {
    StringBuilder out = new StringBuilder();
    for (Diagnostic diagnostic : diagnostics) {
      if (!out.isEmpty()) {
        out.append('\n');
      }
      show(diagnostic, texts.getOrDefault(diagnostic.span().file(), ""), out);
    }
    return out.toString();
  }

  private static void show(Diagnostic diagnostic, String source, StringBuilder out) {
    Span span = diagnostic.span();
    String line = source.lines().skip(span.line() - 1).findFirst().orElse("");
    String number = "" + span.line();
    String margin = " ".repeat(number.length());
    int columns = Math.min(span.column() - 1, line.codePointCount(0, line.length()));
    String before = line.substring(0, line.offsetByCodePoints(0, columns));
    int width =
        Math.max(
            1,
            Math.min(
                span.end() - span.start(), line.codePointCount(before.length(), line.length())));
    out.append(diagnostic.isWarning() ? "warning[" : "error[")
        .append(diagnostic.code())
        .append("]: ")
        .append(diagnostic.message())
        .append('\n');
    out.append(margin).append("--> ").append(span).append('\n');
    out.append(margin).append(" |\n");
    out.append(number).append(" | ").append(line).append('\n');
    out.append(margin)
        .append(" | ")
        .append(before.replaceAll("[^\\t]", " "))
        .append("^".repeat(width));
    out.append(' ').append(diagnostic.label()).append('\n');
    diagnostic
        .help()
        .ifPresent(help -> out.append(margin).append(" = help: ").append(help).append('\n'));
  }
}
