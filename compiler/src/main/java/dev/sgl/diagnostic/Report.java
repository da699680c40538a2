package dev.sgl.diagnostic;

import dev.sgl.program.Span;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Shows diagnostics as people read them: the sentence, the line, carets under the place, the help.
public final class Report {
  /// Most diagnostics that are shown; how many there are beside them is said.
  private static final int MOST = 100;

  /// Most characters of a line that are shown, and those of them before the place.
  private static final int LINE = 160;

  private static final int BEFORE = 60;
  private static final String CUT = "…";

  private final Map<String, String> texts;
  private final Map<String, List<String>> lines = new HashMap<>(); // of the texts, once asked for
  private final StringBuilder out = new StringBuilder();

  private Report(Map<String, String> texts) {
    this.texts = texts;
  }

  /// All of `diagnostics`, which are of the texts of these files.
  public static String show(List<Diagnostic> diagnostics, Map<String, String> texts) {
    Report report = new Report(texts);
    for (Diagnostic diagnostic : diagnostics.subList(0, Math.min(MOST, diagnostics.size()))) {
      if (!report.out.isEmpty()) {
        report.out.append('\n');
      }
      report.show(diagnostic);
    }
    if (diagnostics.size() > MOST) {
      report.out.append("\n… and ").append(diagnostics.size() - MOST).append(" more\n");
    }
    return report.out.toString();
  }

  private void show(Diagnostic diagnostic) {
    Span span = diagnostic.span();
    String number = "" + span.line();
    String margin = " ".repeat(number.length());
    out.append(diagnostic.isWarning() ? "warning[" : "error[")
        .append(diagnostic.code())
        .append("]: ")
        .append(diagnostic.message())
        .append('\n');
    out.append(margin).append("--> ").append(span).append('\n');
    out.append(margin).append(" |\n");
    place(line(span), span, number, margin);
    out.append(' ').append(diagnostic.label()).append('\n');
    diagnostic
        .help()
        .ifPresent(help -> out.append(margin).append(" = help: ").append(help).append('\n'));
  }

  /// The line of a place, cut around the place if it is long, with carets below.
  private void place(String line, Span span, String number, String margin) {
    int[] characters = line.codePoints().toArray();
    int column = Math.min(span.column() - 1, characters.length);
    int from = characters.length <= LINE ? 0 : Math.max(0, column - BEFORE);
    int to = Math.min(characters.length, from + LINE);
    String cut = from > 0 ? CUT : "";
    String before = cut + new String(characters, from, column - from);
    int width = Math.max(1, Math.min(span.end() - span.start(), to - column));
    out.append(number).append(" | ").append(before);
    out.append(new String(characters, column, to - column));
    out.append(to < characters.length ? CUT : "").append('\n');
    out.append(margin)
        .append(" | ")
        .append(before.replaceAll("[^\\t]", " "))
        .append("^".repeat(width));
  }

  private String line(Span span) {
    List<String> all =
        lines.computeIfAbsent(span.file(), file -> texts.getOrDefault(file, "").lines().toList());
    return span.line() <= all.size() ? all.get(span.line() - 1) : "";
  }
}
