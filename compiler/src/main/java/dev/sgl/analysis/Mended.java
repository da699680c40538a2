package dev.sgl.analysis;

import dev.sgl.compiler.Parsed;
import dev.sgl.diagnostic.Diagnostic;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A text that is being typed, without the unfinished line: all other text keeps its place,
/// so that its variables are known.
final class Mended {
  private Mended() {}

  /// The text with the ends of lines that are not finished, or else these lines, blank; and with
  /// the braces closed that are open at its end.
  static String of(Parsed parsed) {
    String source = parsed.source();
    List<String> all = source.lines().toList();
    Set<Integer> lines =
        parsed.diagnostics().stream()
            .map(d -> d.span().line())
            .flatMap(line -> Stream.of(line, unfinished(all, line)))
            .collect(Collectors.toSet());
    int last = (int) source.stripTrailing().lines().count();
    lines.add(last); // what is missing at the end is told of the end
    String ends = closed(changed(source, lines, Mended::finished));
    return parses(ends) ? ends : closed(changed(source, lines, _ -> ""));
  }

  /// The line before `line` if that is not finished, so that it is the one that is mistaken; else
  /// `line`.
  private static int unfinished(List<String> all, int line) {
    int before = Math.min(line - 1, all.size());
    while (before > 0 && all.get(before - 1).isBlank()) {
      before--;
    }
    if (before == 0) {
      return line;
    }
    String text = all.get(before - 1);
    return !finished(text).equals(text) && !text.endsWith("{") ? before : line;
  }

  /// A line without what no finished line ends with.
  private static String finished(String line) {
    return Completion.withoutLast(line, c -> !Completion.isOfWord(c) && ")]}\"".indexOf(c) < 0);
  }

  private static boolean parses(String text) {
    return Parsed.of("", text).diagnostics().stream().allMatch(Diagnostic::isWarning);
  }

  /// The text with the ends of some lines blank.
  private static String changed(String text, Set<Integer> lines, UnaryOperator<String> kept) {
    String[] all = text.split("\n", -1);
    for (int line : lines) {
      if (line >= 1 && line <= all.length) {
        String begin = kept.apply(all[line - 1]);
        all[line - 1] = begin + " ".repeat(all[line - 1].length() - begin.length());
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
