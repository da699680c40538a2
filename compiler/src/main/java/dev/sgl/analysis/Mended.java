package dev.sgl.analysis;

import dev.sgl.compiler.Parsed;
import dev.sgl.diagnostic.Diagnostic;
import java.util.Set;
import java.util.stream.Collectors;

/// A text that is being typed, made whole: what is left of it keeps its place, so that its
/// variables are known although a line of it is not finished.
final class Mended {
  private Mended() {}

  /// The text with the ends of lines that are not finished, or else these lines, blank; and with
  /// the braces closed that are open at its end.
  static String of(Parsed parsed) {
    Set<Integer> lines =
        parsed.diagnostics().stream().map(d -> d.span().line()).collect(Collectors.toSet());
    String source = parsed.source();
    int last = (int) source.stripTrailing().lines().count();
    lines.add(last); // what is missing at the end is told of the end
    String ends = closed(changed(source, lines, "[^\\p{L}\\p{N}_)\\]}\"]+$"));
    return parses(ends) ? ends : closed(changed(source, lines, "^.*$"));
  }

  private static boolean parses(String text) {
    return Parsed.of("", text).diagnostics().stream().allMatch(Diagnostic::isWarning);
  }

  /// The text with what matches in some lines blank.
  private static String changed(String text, Set<Integer> lines, String regex) {
    String[] all = text.split("\n", -1);
    for (int line : lines) {
      if (line >= 1 && line <= all.length) {
        String kept = all[line - 1].replaceFirst(regex, "");
        all[line - 1] = kept + " ".repeat(all[line - 1].length() - kept.length());
      }
    }
    return String.join("\n", all);
  }

  private static String closed(String text) {
    int depth = 0;
    for (char c : text.toCharArray()) {
      depth = Math.max(0, depth + (c == '{' ? 1 : c == '}' ? -1 : 0));
    }
    return text + "}".repeat(depth);
  }
}
