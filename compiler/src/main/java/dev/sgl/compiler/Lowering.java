package dev.sgl.compiler;

import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Expr;
import dev.sgl.program.Program;
import dev.sgl.program.Role;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/// One walk from the parse tree to the program model. What parses but does not run yet is refused
/// here; names and types of values are the [Checker]'s.
final class Lowering {
  private final String file;
  private final CommonTokenStream tokens;
  private final List<Diagnostic> diagnostics;
  private final Map<String, Sgl.RoutineContext> routines = new LinkedHashMap<>();
  private final TypeLowering types;

  Lowering(String file, CommonTokenStream tokens, List<Diagnostic> diagnostics) {
    this.file = file;
    this.tokens = tokens;
    this.diagnostics = diagnostics;
    this.types = new TypeLowering(this, diagnostics);
  }

  Program program(Sgl.FileContext tree) {
    for (Sgl.DefinitionContext definition : tree.definition()) {
      declare(definition);
    }
    types.resolveAll();
    Map<String, Routine> lowered = new LinkedHashMap<>();
    routines.forEach((name, routine) -> lowered.put(name, routine(routine)));
    return new Program(file, lowered);
  }

  private void declare(Sgl.DefinitionContext definition) {
    switch (definition) {
      case Sgl.RoutineContext routine -> {
        if (routines.putIfAbsent(routine.name().getText(), routine) != null) {
          diagnostics.add(Diagnostic.duplicateName(routine.name().getText(), span(routine.name())));
        }
      }
      case Sgl.TypeAliasContext alias -> types.declare(alias);
      case Sgl.UseContext use -> diagnostics.add(Diagnostic.notYet("`use`", span(use)));
      case Sgl.ToolContext tool -> diagnostics.add(Diagnostic.notYet("`tool`", span(tool)));
      case Sgl.TestContext test ->
          diagnostics.add(Diagnostic.notYet("`test`", span(test.TEST().getSymbol())));
      default -> throw new AssertionError(definition.getClass());
    }
  }

  private Routine routine(Sgl.RoutineContext routine) {
    List<Routine.Parameter> parameters =
        routine.parameters().parameter().stream()
            .map(
                p ->
                    new Routine.Parameter(
                        p.name().getText(),
                        p.type() == null ? Type.ANY : types.lower(p.type()),
                        optional(p.expression()),
                        span(p)))
            .toList();
    return new Routine(
        Routine.Kind.valueOf(routine.kind.getText().toUpperCase(Locale.ROOT)),
        routine.name().getText(),
        parameters,
        Optional.ofNullable(routine.type()).map(types::lower),
        block(routine.block()),
        documentation(routine),
        span(routine.name()));
  }

  /// The `///` lines right before a definition.
  private String documentation(ParserRuleContext context) {
    List<Token> before = tokens.getHiddenTokensToLeft(context.getStart().getTokenIndex());
    return before == null
        ? ""
        : before.stream()
            .filter(t -> t.getType() == SglLexer.DOC)
            .map(t -> t.getText().substring(3).strip())
            .collect(Collectors.joining("\n"));
  }

  // --- steps

  private List<Step> block(Sgl.BlockContext block) {
    return steps(block.statement());
  }

  private List<Step> steps(List<Sgl.StatementContext> statements) {
    List<Step> steps = new ArrayList<>();
    statements.forEach(s -> step(s).ifPresent(steps::add));
    return steps;
  }

  private List<Step> body(Sgl.@Nullable BlockContext block, Sgl.@Nullable StatementContext single) {
    if (block != null) {
      return block(block);
    }
    return single == null ? List.of() : steps(List.of(single));
  }

  private Optional<Step> step(Sgl.StatementContext statement) {
    Span span = span(statement);
    return switch (statement) {
      case Sgl.SayContext say -> Optional.of(new Step.Say(text(say.text()), span));
      case Sgl.MessageContext message -> Optional.of(message(message));
      case Sgl.GenContext gen ->
          Optional.of(
              new Step.Gen(
                  gen.name().getText(),
                  gen.type() == null ? Type.TEXT : types.generated(gen.type()),
                  options(gen.options_()),
                  span));
      case Sgl.SelectContext select -> Optional.of(select(select));
      case Sgl.ForkEachContext fork ->
          Optional.of(
              new Step.ForkEach(
                  fork.name(0).getText(),
                  expr(fork.expression()),
                  fork.name(1).getText(),
                  block(fork.block()),
                  span));
      case Sgl.ForkBranchesContext fork ->
          Optional.of(
              new Step.ForkBranches(
                  fork.name().getText(),
                  fork.branch().stream()
                      .map(
                          b ->
                              new Step.Branch(b.name().getText(), block(b.block()), span(b.name())))
                      .toList(),
                  span));
      case Sgl.JoinContext join -> join(join);
      case Sgl.LetContext let ->
          Optional.of(
              new Step.Let(
                  let.name().getText(),
                  let.type() == null ? Type.ANY : types.lower(let.type()),
                  expr(let.expression()),
                  span));
      case Sgl.AssignContext assign -> assign(assign);
      case Sgl.IfContext condition ->
          Optional.of(
              new Step.If(
                  expr(condition.expression()),
                  block(condition.block(0)),
                  body(condition.block(1), condition.elseIf),
                  span));
      case Sgl.ForContext loop ->
          Optional.of(
              new Step.For(
                  loop.name().getText(), expr(loop.expression()), block(loop.block()), span));
      case Sgl.WhileContext loop ->
          Optional.of(new Step.While(expr(loop.expression()), block(loop.block()), span));
      case Sgl.MatchContext match ->
          Optional.of(
              new Step.Match(
                  expr(match.expression()), match.arm().stream().map(this::arm).toList(), span));
      case Sgl.BreakContext _ -> Optional.of(new Step.Break(span));
      case Sgl.ContinueContext _ -> Optional.of(new Step.Continue(span));
      case Sgl.ReturnContext result ->
          Optional.of(new Step.Return(optional(result.expression()), span));
      case Sgl.LogContext log -> Optional.of(new Step.Log(expr(log.expression()), span));
      case Sgl.FailContext fail -> Optional.of(new Step.Fail(expr(fail.expression()), span));
      case Sgl.CheckContext check ->
          Optional.of(
              new Step.Check(expr(check.expression(0)), optional(check.expression(1)), span));
      case Sgl.DoContext action -> action(action);
      case Sgl.ScratchContext scratch -> notYet("`scratch`", scratch.SCRATCH().getSymbol());
      case Sgl.RetryContext retry -> notYet("`retry`", retry.RETRY().getSymbol());
      case Sgl.ImageContext image -> notYet("`image`", image.IMAGE().getSymbol());
      case Sgl.ThinkContext think -> notYet("`think`", think.THINK().getSymbol());
      case Sgl.WithContext with -> notYet("`with`", with.WITH().getSymbol());
      default -> throw new AssertionError(statement.getClass());
    };
  }

  private Optional<Step> notYet(String what, Token token) {
    diagnostics.add(Diagnostic.notYet(what, span(token)));
    return Optional.empty();
  }

  private Step message(Sgl.MessageContext message) {
    Role role = Role.valueOf(message.role.getText().toUpperCase(Locale.ROOT));
    // a value alone is what the message says
    List<Step> body =
        message.statement() instanceof Sgl.DoContext action && !isStep(action.expression())
            ? List.of(
                new Step.Say(
                    new Expr.Text(List.of(expr(action.expression())), span(action)), span(action)))
            : body(message.block(), message.statement());
    return new Step.Message(role, body, span(message));
  }

  /// Whether an expression is called for what it does: a routine of this file.
  private boolean isStep(Sgl.ExpressionContext expression) {
    return expression instanceof Sgl.ReferenceContext call
        && call.arguments() != null
        && routines.containsKey(call.name().getText())
        && routines.get(call.name().getText()).kind.getType() == SglLexer.FRAGMENT;
  }

  private Step select(Sgl.SelectContext select) {
    Step.Method method = Step.Method.LIKELIHOOD;
    if (select.BY() != null) {
      String word = select.name(1).getText();
      try {
        method = Step.Method.valueOf(word.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        diagnostics.add(Diagnostic.unknownMethod(word, span(select.name(1))));
      }
    }
    return new Step.Select(
        select.name(0).getText(), expr(select.expression()), method, span(select));
  }

  private Optional<Step> join(Sgl.JoinContext join) {
    if (join.APPEND() != null) {
      return notYet("`join … append`", join.APPEND().getSymbol());
    }
    Optional<Expr> first = Optional.ofNullable(join.expression()).map(this::expr);
    return Optional.of(new Step.Join(join.name().getText(), first, span(join)));
  }

  private Optional<Step> assign(Sgl.AssignContext assign) {
    if (assign.target instanceof Sgl.ReferenceContext name && name.arguments() == null) {
      return Optional.of(new Step.Assign(name.getText(), expr(assign.value), span(assign)));
    }
    diagnostics.add(
        Diagnostic.syntax(
            "Only a variable can be assigned.", span(assign.target), "not a variable"));
    return Optional.empty();
  }

  private Optional<Step> action(Sgl.DoContext action) {
    Expr value = expr(action.expression());
    if (value instanceof Expr.Call call) {
      return Optional.of(new Step.Do(call, span(action)));
    }
    Optional<String> near =
        value instanceof Expr.Name(var name, _)
            ? Nearest.to(name, Keywords.STATEMENTS)
            : Optional.empty();
    diagnostics.add(Diagnostic.unusedValue(span(action), near));
    return Optional.empty();
  }

  private Step.Arm arm(Sgl.ArmContext arm) {
    List<Object> values = new ArrayList<>();
    for (Sgl.PatternContext pattern : arm.pattern()) {
      switch (pattern) {
        case Sgl.LiteralPatternContext literal ->
            constant(literal.literal()).ifPresent(values::add);
        case Sgl.AnythingContext _ -> {}
        case Sgl.CallPatternContext call ->
            diagnostics.add(Diagnostic.notYet("A tool call as a pattern", span(call)));
        case Sgl.TypePatternContext type ->
            diagnostics.add(Diagnostic.notYet("A type as a pattern", span(type)));
        default -> throw new AssertionError(pattern.getClass());
      }
    }
    boolean anything = arm.pattern().stream().anyMatch(Sgl.AnythingContext.class::isInstance);
    return new Step.Arm(
        anything ? List.of() : values, body(arm.block(), arm.statement()), span(arm));
  }

  private Optional<Object> constant(Sgl.LiteralContext literal) {
    if (expr(literal) instanceof Expr.Constant(Object value, _)) {
      return Optional.of(value);
    }
    diagnostics.add(
        Diagnostic.syntax(
            "A pattern is a fixed text, without values in it.", span(literal), "not fixed"));
    return Optional.empty();
  }

  private List<Step.Option> options(Sgl.@Nullable Options_Context options) {
    return options == null
        ? List.of()
        : options.option().stream()
            .map(o -> new Step.Option(o.word().getText(), expr(o.expression()), span(o)))
            .toList();
  }

  // --- expressions

  private Optional<Expr> optional(Sgl.@Nullable ExpressionContext expression) {
    return Optional.ofNullable(expression).map(this::expr);
  }

  private Expr expr(Sgl.ExpressionContext expression) {
    Span span = span(expression);
    return switch (expression) {
      case Sgl.ConstantContext constant -> expr(constant.literal());
      case Sgl.ReferenceContext name when name.arguments() == null ->
          new Expr.Name(name.name().getText(), span);
      case Sgl.ReferenceContext call ->
          new Expr.Call(call.name().getText(), arguments(call.arguments()), span(call.name()));
      case Sgl.JoinCallContext call ->
          new Expr.Call("join", arguments(call.arguments()), span(call.JOIN().getSymbol()));
      case Sgl.MemberContext member when member.arguments() == null ->
          new Expr.Member(expr(member.expression()), member.word().getText(), span(member.word()));
      case Sgl.MemberContext method -> {
        List<Expr.Argument> arguments = new ArrayList<>();
        arguments.add(new Expr.Argument(Optional.empty(), expr(method.expression())));
        arguments.addAll(arguments(method.arguments()));
        yield new Expr.Call(method.word().getText(), arguments, span(method.word()));
      }
      case Sgl.IndexContext index ->
          new Expr.Index(expr(index.expression(0)), expr(index.expression(1)), span);
      case Sgl.UnaryContext unary -> unary(unary);
      case Sgl.BinaryContext binary ->
          new Expr.Binary(
              Expr.Operator.binary(binary.op.getText()),
              expr(binary.expression(0)),
              expr(binary.expression(1)),
              span);
      case Sgl.RangeContext range ->
          new Expr.Range(expr(range.expression(0)), expr(range.expression(1)), span);
      case Sgl.ListContext list ->
          new Expr.ListOf(list.expression().stream().map(this::expr).toList(), span);
      case Sgl.RecordValueContext record ->
          new Expr.RecOf(
              record.entry().stream()
                  .map(
                      e ->
                          new Expr.Entry(
                              e.word() == null ? fixed(e.text()) : e.word().getText(),
                              expr(e.expression())))
                  .toList(),
              span);
      case Sgl.ComprehensionContext each ->
          new Expr.Each(
              expr(each.expression(0)),
              each.name().getText(),
              expr(each.expression(1)),
              optional(each.expression(2)),
              span);
      case Sgl.ParenthesizedContext inner -> expr(inner.expression());
      default -> throw new AssertionError(expression.getClass());
    };
  }

  private Expr unary(Sgl.UnaryContext unary) {
    Expr of = expr(unary.expression());
    boolean negative = unary.MINUS() != null;
    return switch (of) {
      case Expr.Constant(Long n, _) when negative -> new Expr.Constant(-n, span(unary));
      case Expr.Constant(Double n, _) when negative -> new Expr.Constant(-n, span(unary));
      default -> new Expr.Unary(negative ? Expr.Operator.NEG : Expr.Operator.NOT, of, span(unary));
    };
  }

  private List<Expr.Argument> arguments(Sgl.ArgumentsContext arguments) {
    return arguments.argument().stream()
        .map(
            a ->
                new Expr.Argument(
                    Optional.ofNullable(a.word()).map(ParserRuleContext::getText),
                    expr(a.expression())))
        .toList();
  }

  private Expr expr(Sgl.LiteralContext literal) {
    if (literal.text() != null) {
      return text(literal.text());
    }
    if (literal.PATTERN() != null) {
      diagnostics.add(Diagnostic.notYet("A regular expression as a value", span(literal)));
    }
    return new Expr.Constant(Literals.value(literal, this::overflow), span(literal));
  }

  void overflow(Sgl.LiteralContext literal) {
    diagnostics.add(
        Diagnostic.syntax("This integer is too large.", span(literal), "more than 64 bits"));
  }

  private Expr text(Sgl.TextContext text) {
    List<Expr> parts = new ArrayList<>();
    List<Sgl.InterpolationContext> values =
        text.part().stream()
            .filter(Sgl.InterpolationContext.class::isInstance)
            .map(Sgl.InterpolationContext.class::cast)
            .toList();
    List<String> pieces = Literals.pieces(text);
    for (int i = 0; i < pieces.size(); i++) {
      if (!pieces.get(i).isEmpty()) {
        parts.add(new Expr.Constant(pieces.get(i), span(text)));
      }
      if (i < values.size()) {
        parts.add(expr(values.get(i).expression()));
      }
    }
    if (values.isEmpty()) {
      return new Expr.Constant(pieces.getFirst(), span(text));
    }
    return new Expr.Text(parts, span(text));
  }

  /// A text without values in it, where one is needed.
  String fixed(Sgl.TextContext text) {
    List<String> pieces = Literals.pieces(text);
    if (pieces.size() > 1) {
      diagnostics.add(
          Diagnostic.syntax(
              "This text must be fixed, without values in it.", span(text), "not fixed"));
    }
    return pieces.getFirst();
  }

  // --- places

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

  Span span(Token token) {
    return new Span(
        file,
        token.getStartIndex(),
        token.getStopIndex() + 1,
        token.getLine(),
        token.getCharPositionInLine() + 1);
  }
}
