package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.util.Set;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.InputMismatchException;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.RuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.TokenStream;
import org.antlr.v4.runtime.misc.IntervalSet;
import org.jspecify.annotations.Nullable;

/// Continues after a syntax error with the next line that begins a statement, field or arm of
/// the same block, or with the next definition. So one mistake is reported once, and later
/// mistakes are reported too.
final class Recovery extends DefaultErrorStrategy {
  static final Set<Integer> DEFINITIONS =
      Set.of(
          SglLexer.USE,
          SglLexer.TYPE,
          SglLexer.TOOL,
          SglLexer.MODEL,
          SglLexer.PROGRAM,
          SglLexer.FRAGMENT,
          SglLexer.FN,
          SglLexer.TEST);

  @Override
  public void recover(Parser parser, RecognitionException error) {
    int at = parser.getInputStream().index();
    if (lastErrorIndex == at
        && lastErrorStates != null
        && lastErrorStates.contains(parser.getState())) {
      parser.consume(); // it was here before: nothing else would get on
    }
    lastErrorIndex = parser.getInputStream().index();
    if (lastErrorStates == null) {
      lastErrorStates = new IntervalSet();
    }
    lastErrorStates.add(parser.getState());
    skip(parser);
  }

  /// Other text between two statements, or two definitions, is reported once and skipped.
  @Override
  public void sync(Parser parser) {
    boolean between =
        parser.getContext() instanceof Sgl.BlockContext
            || parser.getContext() instanceof Sgl.TestBlockContext
            || parser.getContext() instanceof Sgl.FileContext;
    if (!between || fits(parser)) {
      super.sync(parser);
      return;
    }
    if (!inErrorRecoveryMode(parser)) {
      reportError(parser, new InputMismatchException(parser));
    }
    while (!fits(parser)) {
      parser.consume();
      skip(parser);
    }
  }

  private static boolean fits(Parser parser) {
    int next = parser.getInputStream().LA(1);
    return next == Token.EOF
        || parser.getATN().nextTokens(parser.getATN().states.get(parser.getState())).contains(next);
  }

  /// Whether the parser is inside of braces.
  private static boolean isInside(RuleContext context) {
    return switch (context) {
      case Sgl.BlockContext _, Sgl.TestBlockContext _, Sgl.RecordContext _ -> true;
      case Sgl.MatchContext _, Sgl.ForkBranchesContext _ -> true;
      case RuleContext around -> around.parent != null && isInside(around.parent);
    };
  }

  /// Skips tokens up to one that begins a line or ends the block, or to the next definition;
  /// brackets are skipped with all that they hold. A mistake before a block does not hide the
  /// mistakes in the block.
  private static void skip(Parser parser) {
    TokenStream tokens = parser.getInputStream();
    boolean isInside = isInside(parser.getContext());
    int depth = 0;
    for (Token token = tokens.LT(1); token.getType() != Token.EOF; token = tokens.LT(1)) {
      boolean begins =
          switch (token.getType()) {
            case SglLexer.RBRACE -> isInside;
            case SglLexer.LBRACE -> !(parser.getContext() instanceof Sgl.FileContext);
            default -> beginsLine(tokens) && (isInside || DEFINITIONS.contains(token.getType()));
          };
      if (depth == 0 && begins) {
        return;
      }
      depth += Brackets.isOpening(token) ? 1 : Brackets.isClosing(token) && depth > 0 ? -1 : 0;
      parser.consume();
    }
  }

  private static boolean beginsLine(TokenStream tokens) {
    Token before = tokens.LT(-1);
    Token token = tokens.LT(1);
    return (before == null || before.getLine() < token.getLine())
        && token.getType() != SglLexer.RPAREN
        && token.getType() != SglLexer.RBRACKET;
  }

  /// No token is taken for one too many: what follows it on its line would be read as something
  /// that it is not.
  @Override
  protected @Nullable Token singleTokenDeletion(Parser parser) {
    return null;
  }
}
