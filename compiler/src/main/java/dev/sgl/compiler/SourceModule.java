package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.program.Span;
import java.util.LinkedHashMap;
import java.util.Map;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.Interval;

/// A parsed file, and the modules that it uses by the names it gives them.
///
/// @param prefix of its routines in the whole program: empty for the file itself, `m.` for a module
///     that it uses as `m`
record SourceModule(
    String file,
    String prefix,
    CommonTokenStream tokens,
    Sgl.FileContext tree,
    Map<String, SourceModule> uses) {
  SourceModule(String file, String prefix, CommonTokenStream tokens, Sgl.FileContext tree) {
    this(file, prefix, tokens, tree, new LinkedHashMap<>());
  }

  Span span(ParserRuleContext context) {
    Token start = context.getStart();
    Token stop = context.getStop() == null ? start : context.getStop();
    return new Span(
        file,
        start.getStartIndex(),
        stop.getStopIndex() + 1,
        start.getLine(),
        start.getCharPositionInLine() + 1);
  }

  /// The text of a part of the source, on one line.
  String text(ParserRuleContext context) {
    Token start = context.getStart();
    Token stop = context.getStop() == null ? start : context.getStop();
    return start
        .getInputStream()
        .getText(Interval.of(start.getStartIndex(), stop.getStopIndex()))
        .replaceAll("\\s+", " ");
  }

  /// The documentation before a definition or a field.
  String documentation(ParserRuleContext context) {
    return String.join(" ", Parsed.documentation(tokens.getTokens(), context));
  }

  Span span(Token token) {
    return new Span(
        file,
        token.getStartIndex(),
        token.getStopIndex() + 1,
        token.getLine(),
        token.getCharPositionInLine() + 1);
  }
}
