package dev.sgl.lsp;

import dev.sgl.analysis.Analysis;
import dev.sgl.analysis.Occurrence;
import dev.sgl.compiler.Deadline;
import dev.sgl.compiler.Sources;
import dev.sgl.program.Span;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.eclipse.lsp4j.Position;
import org.eclipse.lsp4j.Range;

/// An open text. The protocol counts lines from 0 and characters as UTF-16 has them; spans count
/// code points.
final class Document {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final String uri;
  private final Analysis analysis;

  private final int[] lines; // where they begin, in UTF-16
  private final int[] points; // the code points at which they begin

  private Document(String uri, Analysis analysis) {
    this.uri = uri;
    this.analysis = analysis;
    String text = analysis.text();
    this.lines =
        IntStream.concat(
                IntStream.of(0),
                IntStream.range(0, text.length())
                    .filter(i -> text.charAt(i) == '\n')
                    .map(i -> i + 1))
            .toArray();
    this.points = new int[lines.length];
    for (int line = 1; line < lines.length; line++) {
      points[line] = points[line - 1] + text.codePointCount(lines[line - 1], lines[line]);
    }
  }

  /// Looks at the text of an open document; modules are read from disk, below its folder.
  static Document of(String uri, String text) {
    Optional<Path> file = file(uri);
    Sources sources = file.map(Path::getParent).map(Sources::below).orElse(Sources.NONE);
    String name = file.map(Path::toString).orElse(uri);
    Analysis analysis =
        Deadline.within(PATIENCE, () -> Analysis.of(name, text, sources))
            .orElseGet(() -> Analysis.givenUp(name, text));
    return new Document(uri, analysis);
  }

  /// The reason not to write `name` at `places`: a new mistake, or a name that would then mean
  /// another definition.
  Optional<String> conflict(List<Span> places, String name) {
    StringBuilder changed = new StringBuilder();
    int at = 0;
    for (Span place : places.stream().sorted(Comparator.comparingInt(Span::start)).toList()) {
      changed.append(text(at, place.start())).append(name);
      at = place.end();
    }
    changed.append(text(at, Integer.MAX_VALUE));
    Analysis after = Document.of(uri, changed.toString()).analysis();
    if (after.diagnostics().size() > analysis.diagnostics().size()) {
      return Optional.of(after.diagnostics().getFirst().message());
    }
    return groups(after).equals(groups(analysis))
        ? Optional.empty()
        : Optional.of("the name stands for something else there");
  }

  private String text(int from, int to) {
    String text = text();
    int start = text.offsetByCodePoints(0, from);
    int end =
        to >= text.codePointCount(0, text.length())
            ? text.length()
            : text.offsetByCodePoints(start, to - from);
    return text.substring(start, end);
  }

  /// Which of the names of a text stand for the same: for each, in order, the number of the first.
  private static List<Integer> groups(Analysis analysis) {
    Map<Span, Integer> first = new HashMap<>();
    List<Integer> groups = new ArrayList<>();
    for (Occurrence occurrence : analysis.occurrences()) {
      groups.add(first.computeIfAbsent(occurrence.symbol().place(), _ -> groups.size()));
    }
    return groups;
  }

  private static Optional<Path> file(String uri) {
    try {
      URI parsed = URI.create(uri);
      return "file".equals(parsed.getScheme()) ? Optional.of(Path.of(parsed)) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a text that was never saved
    }
  }

  Analysis analysis() {
    return analysis;
  }

  String text() {
    return analysis.text();
  }

  String uri() {
    return uri;
  }

  /// The document that a span of this one, or of one of its modules, is in.
  String uri(Span span) {
    return span.file().equals(analysis.file()) ? uri : Path.of(span.file()).toUri().toString();
  }

  /// The place of a code point.
  Position position(int codePoint) {
    int found = Arrays.binarySearch(points, Math.max(0, codePoint));
    int line = found >= 0 ? found : -found - 2;
    String rest = text().substring(lines[line], end(line));
    int after = Math.clamp(codePoint - points[line], 0, rest.codePointCount(0, rest.length()));
    return new Position(line, rest.offsetByCodePoints(0, after));
  }

  /// Where the text of a line ends, without its line end.
  private int end(int line) {
    return line + 1 < lines.length ? lines[line + 1] - 1 : text().length();
  }

  Range range(Span span) {
    if (!span.file().equals(analysis.file())) { // of a module: its name is in one line
      Position start = new Position(span.line() - 1, span.column() - 1);
      int length = span.end() - span.start();
      return new Range(start, new Position(start.getLine(), start.getCharacter() + length));
    }
    return new Range(position(span.start()), position(span.end()));
  }

  Range whole() {
    return new Range(new Position(0, 0), position(text().codePointCount(0, text().length())));
  }

  /// The offset of a place in the text, in UTF-16.
  int offset(Position position) {
    if (position.getLine() >= lines.length) {
      return text().length();
    }
    int line = position.getLine();
    return Math.min(lines[line] + position.getCharacter(), end(line));
  }

  /// The code point at a place.
  int codePoint(Position position) {
    int offset = offset(position);
    int line = Math.min(position.getLine(), lines.length - 1);
    return points[line] + text().codePointCount(lines[line], offset);
  }
}
