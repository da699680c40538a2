package dev.sgl.format;

import dev.sgl.compiler.Parsed;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;

/// What the tokens of a text are there for: which of them begin something, and between which there
/// is a blank.
final class Places {
  private final Map<Integer, ParserRuleContext> parents = new HashMap<>(); // by token
  private final Map<Integer, Integer> textEnds = new HashMap<>(); // by the token that opens a text
  private final Set<Integer> items = new HashSet<>(); // tokens that begin one
  private final Map<Integer, Object> columns = new HashMap<>(); // tokens that line up

  Places(Sgl.FileContext file) {
    Parsed.preorder(file, this::visit);
  }

  private void visit(ParseTree tree) {
    switch (tree) {
      case TerminalNode leaf when leaf.getParent() instanceof ParserRuleContext parent ->
          parents.put(leaf.getSymbol().getTokenIndex(), parent);
      case Sgl.TextContext text ->
          textEnds.put(text.getStart().getTokenIndex(), text.getStop().getStopIndex() + 1);
      default -> {}
    }
    if (tree instanceof ParserRuleContext context && context.getChildCount() > 0) {
      if (isItem(context)) {
        items.add(context.getStart().getTokenIndex());
      }
      column(context);
    }
    if (tree instanceof Sgl.ListContext list && list.each() == null) {
      list.expression().forEach(item -> items.add(item.getStart().getTokenIndex()));
    }
  }

  /// Whether something has a line of its own when lines are broken.
  private static boolean isItem(ParserRuleContext context) {
    return switch (context) {
      case Sgl.StatementContext statement ->
          statement.getParent() instanceof Sgl.BlockContext
              || statement.getParent() instanceof Sgl.TestBlockContext;
      case Sgl.DefinitionContext _, Sgl.BranchContext _, Sgl.ArmContext _ -> true;
      case Sgl.FieldContext _, Sgl.ParameterContext _, Sgl.ArgumentContext _ -> true;
      case Sgl.OptionContext _, Sgl.EntryContext _, Sgl.GivenContext _ -> true;
      case Sgl.AnswerContext answer -> answer.getParent() instanceof Sgl.AnswersContext;
      default -> false;
    };
  }

  /// Types of fields line up, and so do the arrows of arms, if each has a line of its own.
  private void column(ParserRuleContext context) {
    switch (context) {
      case Sgl.FieldContext field ->
          columns.put(field.type().getStart().getTokenIndex(), field.getParent());
      case Sgl.ArmContext arm ->
          columns.put(arm.ARROW().getSymbol().getTokenIndex(), arm.getParent());
      default -> {}
    }
  }

  int endOfText(Token open) {
    return textEnds.getOrDefault(open.getTokenIndex(), open.getStopIndex() + 1);
  }

  boolean isItem(Token token) {
    return items.contains(token.getTokenIndex());
  }

  Optional<Object> column(Token token) {
    return Optional.ofNullable(columns.get(token.getTokenIndex()));
  }

  private ParserRuleContext parent(Token token) {
    return parents.getOrDefault(token.getTokenIndex(), new ParserRuleContext());
  }

  /// Whether a definition begins here, or the comment that documents one.
  boolean isDefinition(Token token) {
    return token.getType() != Token.EOF
        && parent(token) instanceof Sgl.DefinitionContext definition
        && definition.getStart() == token;
  }

  boolean isRoutine(Token token) {
    return parent(token) instanceof Sgl.RoutineContext || parent(token) instanceof Sgl.TestContext;
  }

  /// Whether a bracket opens a block of statements, branches or arms.
  boolean isBlock(Token open) {
    return switch (parent(open)) {
      case Sgl.BlockContext _, Sgl.TestBlockContext _, Sgl.ForkBranchesContext _ -> true;
      case Sgl.MatchContext _ -> true;
      default -> false;
    };
  }

  /// Whether two tokens stay on one line: a block begins on the line of its head, and `else`
  /// follows the block before it.
  boolean isJoined(Token before, Token token) {
    return token.getType() == SglLexer.LBRACE && isBlock(token) && !isStatement(token)
        || token.getType() == SglLexer.ELSE && before.getType() == SglLexer.RBRACE;
  }

  private boolean isStatement(Token token) {
    return items.contains(token.getTokenIndex());
  }

  /// Whether there is a blank between two tokens on a line.
  boolean isSpaced(Token before, Token token) {
    return !isTightAfter(before, token) && !isTightBefore(token, before);
  }

  private boolean isTightAfter(Token token, Token next) {
    ParserRuleContext parent = parent(token);
    return switch (token.getType()) {
      case SglLexer.LPAREN, SglLexer.CALLING, SglLexer.LBRACKET, SglLexer.SUBSCRIPT -> true;
      case SglLexer.SIGN, SglLexer.DOT, SglLexer.RANGE -> true;
      case SglLexer.LBRACE ->
          parent instanceof Sgl.RecordValueContext || next.getType() == SglLexer.RBRACE;
      case SglLexer.LT -> isType(parent);
      default -> false;
    };
  }

  private boolean isTightBefore(Token token, Token before) {
    ParserRuleContext parent = parent(token);
    return switch (token.getType()) {
      case SglLexer.COMMA, SglLexer.RPAREN, SglLexer.RBRACKET, SglLexer.DOT -> true;
      case SglLexer.COLON, SglLexer.QUESTION, SglLexer.RANGE -> true;
      case SglLexer.RBRACE -> parent instanceof Sgl.RecordValueContext;
      case SglLexer.CALLING ->
          parent instanceof Sgl.ArgumentsContext
              || parent instanceof Sgl.ParametersContext
              || parent instanceof Sgl.CallPatternContext
              || parent instanceof Sgl.GivenToolContext;
      case SglLexer.LBRACKET -> parent instanceof Sgl.ArrayContext;
      case SglLexer.SUBSCRIPT -> !(parent instanceof Sgl.AnswersContext);
      case SglLexer.LT, SglLexer.GT -> isType(parent);
      default -> isTightAfter(before, token);
    };
  }

  private static boolean isType(ParserRuleContext parent) {
    return parent instanceof Sgl.NamedTypeContext
        || parent instanceof Sgl.CallTypeContext
        || parent instanceof Sgl.MapContext;
  }
}
