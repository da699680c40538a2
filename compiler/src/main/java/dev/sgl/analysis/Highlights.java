package dev.sgl.analysis;

import dev.sgl.compiler.Parsed;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;

/// The colours of a text: each word is coloured by its role in its place.
final class Highlights {
  private final String file;
  private final Map<Integer, Highlight.Kind> names = new HashMap<>(); // by where they begin
  private final Map<Integer, ParserRuleContext> parents = new HashMap<>(); // by token

  private Highlights(String file) {
    this.file = file;
  }

  static List<Highlight> of(String file, Parsed parsed, List<Occurrence> occurrences) {
    Highlights highlights = new Highlights(file);
    occurrences.forEach(o -> highlights.names.put(o.place().start(), kind(o.symbol().kind())));
    Parsed.preorder(parsed.tree(), highlights::visit);
    List<Highlight> all = new ArrayList<>();
    parsed.tokens().forEach(token -> highlights.add(token, all));
    return all;
  }

  private static Highlight.Kind kind(Symbol.Kind kind) {
    return switch (kind) {
      case PROGRAM, FRAGMENT, FN, TOOL -> Highlight.Kind.FUNCTION;
      case TYPE -> Highlight.Kind.TYPE;
      case MODULE, MODEL -> Highlight.Kind.MODULE;
      case TEST -> Highlight.Kind.STRING;
      case PARAMETER -> Highlight.Kind.PARAMETER;
      case VARIABLE -> Highlight.Kind.VARIABLE;
    };
  }

  private void visit(ParseTree tree) {
    if (tree instanceof TerminalNode leaf && leaf.getParent() instanceof ParserRuleContext parent) {
      parents.put(leaf.getSymbol().getTokenIndex(), parent);
    }
  }

  private void add(Token token, List<Highlight> all) {
    if (token.getType() != Token.EOF) {
      kind(token).ifPresent(kind -> lines(token, kind, all));
    }
  }

  private Optional<Highlight.Kind> kind(Token token) {
    Highlight.Kind known = names.get(token.getStartIndex());
    if (known != null && token.getType() != SglLexer.TEXT_OPEN) {
      return Optional.of(known);
    }
    return Optional.ofNullable(
        switch (token.getType()) {
          case SglLexer.COMMENT, SglLexer.DOC -> Highlight.Kind.COMMENT;
          case SglLexer.INT, SglLexer.FLOAT -> Highlight.Kind.NUMBER;
          case SglLexer.PATTERN -> Highlight.Kind.PATTERN;
          case SglLexer.TEXT_OPEN, SglLexer.TEXT_CLOSE, SglLexer.BLOCK_OPEN ->
              Highlight.Kind.STRING;
          case SglLexer.BLOCK_CLOSE, SglLexer.TEXT_CHARS -> Highlight.Kind.STRING;
          case SglLexer.TEXT_ESCAPE, SglLexer.TEXT_BRACES -> Highlight.Kind.STRING;
          case SglLexer.ARROW, SglLexer.RANGE, SglLexer.EQ, SglLexer.NE, SglLexer.LE ->
              Highlight.Kind.OPERATOR;
          case SglLexer.GE, SglLexer.ASSIGN, SglLexer.PLUS, SglLexer.MINUS, SglLexer.STAR ->
              Highlight.Kind.OPERATOR;
          case SglLexer.SIGN, SglLexer.SLASH, SglLexer.PERCENT, SglLexer.PIPE ->
              Highlight.Kind.OPERATOR;
          default -> word(token);
        });
  }

  /// A word: a name by its place, or else one of the language's.
  private Highlight.@Nullable Kind word(Token token) {
    if (token.getChannel() != Token.DEFAULT_CHANNEL || !token.getText().matches("[\\p{L}_].*")) {
      return null;
    }
    ParserRuleContext parent = parents.get(token.getTokenIndex());
    while (parent instanceof Sgl.NameContext || parent instanceof Sgl.WordContext) {
      ParserRuleContext around = parent.getParent();
      if (around instanceof Sgl.NamedTypeContext) {
        return Highlight.Kind.TYPE;
      }
      if (around instanceof Sgl.MemberContext member) {
        return member.arguments() == null ? Highlight.Kind.PROPERTY : Highlight.Kind.FUNCTION;
      }
      if (around instanceof Sgl.FieldContext
          || around instanceof Sgl.EntryContext
          || around instanceof Sgl.OptionContext
          || around instanceof Sgl.ArgumentContext) {
        return Highlight.Kind.PROPERTY;
      }
      if (around instanceof Sgl.ReferenceContext call && call.arguments() != null) {
        return Highlight.Kind.FUNCTION;
      }
      parent = around;
    }
    return token.getType() == SglLexer.NAME ? null : Highlight.Kind.KEYWORD;
  }

  /// A token line by line.
  private void lines(Token token, Highlight.Kind kind, List<Highlight> all) {
    int start = token.getStartIndex();
    int line = token.getLine();
    int column = token.getCharPositionInLine() + 1;
    for (String piece : token.getText().split("\n", -1)) {
      int length = piece.codePointCount(0, piece.length());
      if (length > 0) {
        all.add(new Highlight(new Span(file, start, start + length, line, column), kind));
      }
      start += length + 1;
      line++;
      column = 1;
    }
  }
}
