package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Span;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;
import org.jspecify.annotations.Nullable;

/// Turns errors of the parser into sentences about statements, types and values.
final class SyntaxErrors extends BaseErrorListener {
  /// The number of mistakes for which a replacement is searched.
  private static final int HINTS = 100;

  private final String file;
  private final List<Diagnostic> diagnostics;

  SyntaxErrors(String file, List<Diagnostic> diagnostics) {
    this.file = file;
    this.diagnostics = diagnostics;
  }

  @Override
  public void syntaxError(
      Recognizer<?, ?> recognizer,
      Object offending,
      int line,
      int column,
      String message,
      @Nullable RecognitionException error) {
    if (!(recognizer instanceof Parser parser) || !(offending instanceof Token token)) {
      Span span = new Span(file, 0, 1, line, column + 1);
      diagnostics.add(
          Diagnostic.syntax("This character cannot stand here.", span, "not understood"));
      return;
    }
    boolean atEnd = token.getType() == Token.EOF;
    int width = atEnd ? 1 : Math.max(1, token.getText().strip().length());
    Span span =
        new Span(file, token.getStartIndex(), token.getStartIndex() + width, line, column + 1);
    // one mistake often looks like several: of those in a line, or at the very end, the first
    // counts
    boolean again =
        !diagnostics.isEmpty() && (atEnd || diagnostics.getLast().span().line() == line);
    if (!again) {
      diagnostics.add(describe(parser, token, span, atEnd));
    }
  }

  private Diagnostic describe(Parser parser, Token token, Span span, boolean atEnd) {
    if (token.getType() == SglLexer.TEXT_END) {
      return Diagnostic.syntax(
          "The text is not closed.", span, "`\"` is missing before the end of the line");
    }
    Optional<Token> open = atEnd ? openBlock(parser) : Optional.empty();
    if (open.isPresent()) {
      return unclosedText(open.get());
    }
    String found = atEnd ? "the end of the file" : "`" + token.getText() + "`";
    OptionalInt wanted = missing(expected(parser), atEnd);
    if (wanted.isPresent()) {
      String missing = word(parser, wanted.getAsInt());
      return Diagnostic.syntax(
          missing + " is missing before " + found + ".",
          span,
          missing + " is missing",
          atEnd ? Hints.hiddenBrace(parser) : hint(parser, token));
    }
    return Diagnostic.syntax(
        "Here " + expectedPart(parser) + " was expected, not " + found + ".",
        span,
        "not expected here",
        hint(parser, token));
  }

  /// @param begun the opening of a text of several lines
  private Diagnostic unclosedText(Token begun) {
    Span span =
        new Span(
            file,
            begun.getStartIndex(),
            begun.getStartIndex() + 3,
            begun.getLine(),
            begun.getCharPositionInLine() + 1);
    return Diagnostic.syntax(
        "The text is not closed.", span, "it begins here, and `\"\"\"` is missing behind it");
  }

  /// The part of a program that the parser was reading.
  private static String expectedPart(Parser parser) {
    return switch (parser.getRuleContext().getRuleIndex()) {
      case Sgl.RULE_file, Sgl.RULE_definition ->
          "a definition (`program`, `fragment`, `fn`, `type`, `tool`, `model`, `test` or `use`)";
      case Sgl.RULE_type, Sgl.RULE_variant, Sgl.RULE_bounds, Sgl.RULE_bound -> "a type";
      case Sgl.RULE_field -> "a field (`name: type`)";
      case Sgl.RULE_parameters, Sgl.RULE_parameter -> "a parameter (`name: type`)";
      case Sgl.RULE_options_, Sgl.RULE_option -> "an option (`name: value`)";
      case Sgl.RULE_arguments, Sgl.RULE_argument -> "an argument";
      case Sgl.RULE_arm, Sgl.RULE_pattern -> "an arm (`pattern -> statement`)";
      case Sgl.RULE_block, Sgl.RULE_statement -> "a statement, or `}`";
      case Sgl.RULE_given -> "`given tool NAME -> VALUE`, or `given model [TEXT]`";
      case Sgl.RULE_branch -> "`branch NAME { … }`";
      case Sgl.RULE_name -> "a name";
      case Sgl.RULE_text -> "a text";
      default -> "a value";
    };
  }

  /// The text to type instead, for the first mistakes only: all tokens before are searched for it.
  private Optional<String> hint(Parser parser, Token token) {
    return diagnostics.size() < HINTS ? Hints.of(parser, token) : Optional.empty();
  }

  /// The opening of a text of several lines that is not closed.
  private static Optional<Token> openBlock(Parser parser) {
    Deque<Token> open = new ArrayDeque<>();
    for (int i = 0; i < parser.getTokenStream().size(); i++) {
      Token token = parser.getTokenStream().get(i);
      if (token.getType() == SglLexer.BLOCK_OPEN) {
        open.push(token);
      } else if (token.getType() == SglLexer.BLOCK_CLOSE) {
        open.poll();
      }
    }
    return Optional.ofNullable(open.peek());
  }

  /// The one token that must be meant: the only one, or a closing bracket among others.
  private static OptionalInt missing(IntervalSet expected, boolean atEnd) {
    for (int closing : new int[] {SglLexer.RPAREN, SglLexer.RBRACKET, SglLexer.GT}) {
      if (expected.contains(closing)) {
        return OptionalInt.of(closing);
      }
    }
    if (expected.contains(SglLexer.RBRACE) && (atEnd || expected.size() == 1)) {
      return OptionalInt.of(SglLexer.RBRACE);
    }
    return expected.size() == 1 && !atEnd
        ? OptionalInt.of(expected.getMinElement())
        : OptionalInt.empty();
  }

  private static IntervalSet expected(Parser parser) {
    return parser.getState() < 0 ? new IntervalSet() : parser.getExpectedTokens();
  }

  private static String word(Parser parser, int type) {
    String literal = parser.getVocabulary().getLiteralName(type);
    if (literal != null) {
      return "`" + literal.substring(1, literal.length() - 1) + "`";
    }
    return switch (type) {
      case SglLexer.LBRACE -> "`{`";
      case SglLexer.RBRACE -> "`}`";
      case Token.EOF -> "the end of the file";
      default -> "a " + parser.getVocabulary().getSymbolicName(type).toLowerCase(Locale.ROOT);
    };
  }
}
