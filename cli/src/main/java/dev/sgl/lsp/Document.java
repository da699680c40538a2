package dev.sgl.lsp;

import dev.sgl.analysis.Analysis;
import dev.sgl.compiler.Sources;
import dev.sgl.program.Span;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.eclipse.lsp4j.Position;
import org.eclipse.lsp4j.Range;

/// An open text. The protocol counts lines from 0 and characters as UTF-16 has them; spans count
/// code points.
final class Document {
  private final String uri;
  private final Analysis analysis;

  private final int[] lines; // where they begin, in UTF-16
  private final boolean isPlain; // code points and UTF-16 are the same

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
    this.isPlain = text.codePointCount(0, text.length()) == text.length();
  }

  /// Looks at the text of an open document; modules are read from disk, below its folder.
  static Document of(String uri, String text) {
    Optional<Path> file = file(uri);
    Sources sources = file.map(Path::getParent).map(Sources::below).orElse(Sources.NONE);
    return new Document(uri, Analysis.of(file.map(Path::toString).orElse(uri), text, sources));
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
    String text = text();
    int offset =
        isPlain
            ? Math.clamp(codePoint, 0, text.length())
            : text.offsetByCodePoints(
                0, Math.clamp(codePoint, 0, text.codePointCount(0, text.length())));
    int found = Arrays.binarySearch(lines, offset);
    int line = found >= 0 ? found : -found - 2;
    return new Position(line, offset - lines[line]);
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
    int end = line + 1 < lines.length ? lines[line + 1] - 1 : text().length();
    return Math.min(lines[line] + position.getCharacter(), end);
  }

  /// The code point at a place.
  int codePoint(Position position) {
    return text().codePointCount(0, offset(position));
  }
}
