package dev.sgl.compiler;

import dev.sgl.grammar.SglLexer;
import org.antlr.v4.runtime.Token;

/// Which tokens open and close brackets.
public final class Brackets {
  private Brackets() {}

  /// Whether a token opens a bracket of any kind.
  public static boolean isOpening(Token token) {
    return switch (token.getType()) {
      case SglLexer.LBRACE, SglLexer.LPAREN, SglLexer.CALLING -> true;
      case SglLexer.LBRACKET, SglLexer.SUBSCRIPT -> true;
      default -> false;
    };
  }

  /// Whether a token closes a bracket of any kind.
  public static boolean isClosing(Token token) {
    return switch (token.getType()) {
      case SglLexer.RBRACE, SglLexer.RPAREN, SglLexer.RBRACKET -> true;
      default -> false;
    };
  }
}
