package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.Token;

/// Refuses brackets that are nested too deeply for anyone to read. Closes blocks that were left
/// open where the next definition begins, and drops closing braces that close nothing: so a brace
/// that is missing spoils one definition, not all behind it.
final class Braces {
  /// Brackets of all kinds that may be open at a place, and signs in a row.
  private static final int MAX_DEPTH = 200;

  private Braces() {}

  /// The first bracket that is nested too deeply, or the first sign or `not` of a row that is too
  /// long, if there is one.
  static Optional<Token> tooDeep(List<? extends Token> tokens) {
    int depth = 0;
    int signs = 0; // in a row, each of which nests the next
    for (Token token : tokens) {
      if (token.getChannel() != Token.DEFAULT_CHANNEL) {
        continue;
      }
      depth += Brackets.isOpening(token) ? 1 : Brackets.isClosing(token) ? -1 : 0;
      signs = isSign(token) ? signs + 1 : 0;
      if (depth > MAX_DEPTH || signs > MAX_DEPTH) {
        return Optional.of(token);
      }
      depth = Math.max(0, depth);
    }
    return Optional.empty();
  }

  private static boolean isSign(Token token) {
    return token.getType() == SglLexer.SIGN || token.getType() == SglLexer.NOT;
  }

  /// The tokens with as many braces as they need; none if they are nested too deeply.
  static List<Token> balanced(List<? extends Token> tokens, String file, List<Diagnostic> out) {
    Optional<Token> deep = tooDeep(tokens);
    if (deep.isPresent()) {
      out.add(
          Diagnostic.syntax(
              "The program is nested too deeply.",
              span(deep.get(), file),
              "one %s more than %d".formatted(isSign(deep.get()) ? "sign" : "bracket", MAX_DEPTH)));
      return List.of();
    }
    List<Token> balanced = new ArrayList<>();
    int depth = 0;
    boolean first = true; // of its line
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (depth > 0 && first && isDefinition(tokens, i)) {
        out.add(missing(token, file));
        for (; depth > 0; depth--) {
          balanced.add(closing(token));
        }
      }
      if (token.getType() == SglLexer.RBRACE && depth == 0) {
        out.add(Diagnostic.syntax("This `}` closes nothing.", span(token, file), "one too many"));
        continue;
      }
      depth += token.getType() == SglLexer.LBRACE ? 1 : token.getType() == SglLexer.RBRACE ? -1 : 0;
      balanced.add(token);
      first = false;
      if (token.getChannel() != Token.DEFAULT_CHANNEL) {
        first = token.getText().indexOf('\n') >= 0;
      }
    }
    return balanced;
  }

  /// Whether a definition begins at the left edge: its word and a name, or a text.
  private static boolean isDefinition(List<? extends Token> tokens, int at) {
    Token token = tokens.get(at);
    if (!Recovery.DEFINITIONS.contains(token.getType()) || token.getCharPositionInLine() > 0) {
      return false;
    }
    for (Token next : tokens.subList(at + 1, tokens.size())) {
      if (next.getChannel() == Token.DEFAULT_CHANNEL) {
        return next.getType() == SglLexer.NAME || next.getType() == SglLexer.TEXT_OPEN;
      }
    }
    return false;
  }

  private static Diagnostic missing(Token before, String file) {
    return Diagnostic.syntax(
        "`}` is missing before `" + before.getText() + "`.", span(before, file), "`}` is missing");
  }

  private static Token closing(Token before) {
    CommonToken token = new CommonToken(before);
    token.setType(SglLexer.RBRACE);
    token.setText("}");
    token.setStopIndex(before.getStartIndex() - 1);
    return token;
  }

  private static Span span(Token token, String file) {
    return new Span(
        file,
        token.getStartIndex(),
        token.getStopIndex() + 1,
        token.getLine(),
        token.getCharPositionInLine() + 1);
  }
}
