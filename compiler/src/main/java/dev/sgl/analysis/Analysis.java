package dev.sgl.analysis;

import dev.sgl.check.Observer;
import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Parsed;
import dev.sgl.compiler.Sources;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A source text as editors see it, with its mistakes.
///
/// @param symbols the definitions of the text, in order, and the definitions of its modules
/// @param occurrences every place where one of them is named, in order
public record Analysis(
    String file,
    String text,
    List<Diagnostic> diagnostics,
    List<Symbol> symbols,
    List<Occurrence> occurrences,
    List<Highlight> highlights) {

  /// Analyses `text`; its modules are read from `sources`.
  public static Analysis of(String file, String text, Sources sources) {
    Parsed parsed = Parsed.of(file, text);
    List<Mention> mentions = new ArrayList<>();
    Compiler.Result result = Compiler.compile(file, text, sources, observer(file, mentions));
    if (!parsed.diagnostics().isEmpty()) {
      Compiler.compile(file, Mended.of(parsed), sources, observer(file, mentions));
    }
    Names names = new Names(file, parsed, mentions, sources);
    return new Analysis(
        file,
        text,
        result.diagnostics().stream().filter(d -> d.span().file().equals(file)).toList(),
        names.symbols(),
        names.occurrences(),
        Highlights.of(file, parsed, names.occurrences()));
  }

  /// A text that takes too long to look at: nothing else is known of it.
  public static Analysis givenUp(String file, String text) {
    Diagnostic late = Compiler.ofAll(file, "The program takes too long to check.");
    return new Analysis(file, text, List.of(late), List.of(), List.of(), List.of());
  }

  /// A variable that is bound, or used, somewhere in `place`.
  ///
  /// @param definition where it is bound; `place` itself if it is bound there
  record Mention(String name, Type type, Span place, Span definition) {}

  private static Observer observer(String file, List<Mention> mentions) {
    return new Observer() {
      @Override
      public void bound(String name, Type type, Span span) {
        if (span.file().equals(file)) {
          mentions.add(new Mention(name, type, span, span));
        }
      }

      @Override
      public void read(String name, Type type, Span span, Span definition) {
        if (span.file().equals(file)) {
          mentions.add(new Mention(name, type, span, definition));
        }
      }
    };
  }

  /// The name at a place of the text, or right before it.
  public Optional<Occurrence> at(int offset) {
    return occurrences.stream()
        .filter(o -> o.place().start() <= offset && offset <= o.place().end())
        .min(Comparator.comparingInt(o -> o.place().end() - o.place().start()));
  }

  /// All places where `symbol` is named, its definition first if it is in this text.
  public List<Span> places(Symbol symbol) {
    return occurrences.stream()
        .filter(o -> o.symbol().place().equals(symbol.place()))
        .filter(o -> o.symbol().name().equals(symbol.name())) // a model's functions have its place
        .map(Occurrence::place)
        .distinct()
        .toList();
  }

  /// What could be typed at a place: symbols that are known there, words of the language, functions
  /// and properties after a dot.
  ///
  /// @param codePoint the place
  public List<Completion> complete(int codePoint) {
    return Completion.at(this, Math.clamp(codePoint, 0, text.codePointCount(0, text.length())));
  }
}
