package dev.sgl.compiler;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.grammar.Sgl;
import dev.sgl.grammar.SglLexer;
import dev.sgl.program.Expr;
import dev.sgl.program.Pattern;
import dev.sgl.program.Program;
import dev.sgl.program.Role;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.TestCase;
import dev.sgl.program.TestCase.GivenTool;
import dev.sgl.program.Tool;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/// One walk from the parse tree of a module to the program model. Names and types of values are
/// checked later, by [dev.sgl.check.Checker].
final class Lowering {
  private final SourceModule module;
  private final Declarations declarations;
  private final List<Diagnostic> diagnostics;
  private final TypeLowering types;
  private final ExprLowering values;

  Lowering(SourceModule module, Declarations declarations, List<Diagnostic> diagnostics) {
    this.module = module;
    this.declarations = declarations;
    this.diagnostics = diagnostics;
    this.types = declarations.types(module);
    this.values = new ExprLowering(module, declarations, diagnostics);
  }

  /// The program of a file, with the routines of the modules that it uses.
  static Program program(SourceModule file, Sources sources, List<Diagnostic> diagnostics) {
    Declarations declarations = new Declarations(sources, diagnostics);
    declarations.declare(file);
    Map<String, Routine> routines = new LinkedHashMap<>();
    declarations
        .modules()
        .forEach(m -> new Lowering(m, declarations, diagnostics).routines(routines));
    return new Program(
        file.file(),
        routines,
        declarations.tools(),
        new Lowering(file, declarations, diagnostics).tests());
  }

  private void routines(Map<String, Routine> all) {
    for (Sgl.DefinitionContext definition : module.tree().definition()) {
      if (definition instanceof Sgl.RoutineContext routine) {
        Routine lowered = routine(routine);
        all.putIfAbsent(lowered.name(), lowered);
      }
    }
  }

  private Routine routine(Sgl.RoutineContext routine) {
    return new Routine(
        Routine.Kind.valueOf(routine.kind.getText().toUpperCase(Locale.ROOT)),
        module.prefix() + routine.name().getText(),
        values.parameters(routine.parameters()),
        Optional.ofNullable(routine.type()).map(types::lower),
        block(routine.block()),
        documentation(routine, module),
        span(routine.name()));
  }

  private List<TestCase> tests() {
    List<TestCase> tests = new ArrayList<>();
    for (Sgl.DefinitionContext definition : module.tree().definition()) {
      if (definition instanceof Sgl.TestContext test) {
        tests.add(test(test));
      }
    }
    return tests;
  }

  private TestCase test(Sgl.TestContext test) {
    List<Expr> replies = new ArrayList<>();
    List<GivenTool> tools = new ArrayList<>();
    for (Sgl.GivenContext given : test.testBlock().given()) {
      switch (given) {
        case Sgl.GivenModelContext model -> replies.add(values.expr(model.expression()));
        case Sgl.GivenToolContext tool -> given(tool).ifPresent(tools::add);
        default -> throw new AssertionError(given.getClass());
      }
    }
    return new TestCase(
        values.fixed(test.text()),
        replies,
        tools,
        steps(test.testBlock().statement()),
        span(test.text()));
  }

  /// A test's stand-in for a tool: its answers are functions of the names that it binds.
  private Optional<GivenTool> given(Sgl.GivenToolContext given) {
    List<Sgl.NameContext> names = given.name();
    return called(given.toolName(), names, span(given.toolName()))
        .map(
            tool -> {
              List<Routine.Parameter> bound = new ArrayList<>();
              for (int i = 0; i < names.size(); i++) {
                Routine.Parameter parameter = tool.parameters().get(i);
                bound.add(
                    new Routine.Parameter(
                        name(names.get(i)),
                        parameter.type(),
                        parameter.standard(),
                        span(names.get(i))));
              }
              return new GivenTool(
                  tool.name(),
                  tool.parameters().stream()
                      .limit(names.size())
                      .map(Routine.Parameter::name)
                      .toList(),
                  answers(given).stream().map(body -> answer(tool, bound, body, given)).toList(),
                  given.answers() == null,
                  span(given.toolName()));
            });
  }

  private Routine answer(
      Tool tool, List<Routine.Parameter> bound, List<Step> body, Sgl.GivenToolContext given) {
    return new Routine(
        Routine.Kind.FN, tool.name(), bound, tool.returns(), body, "", span(given.toolName()));
  }

  private List<List<Step>> answers(Sgl.GivenToolContext given) {
    if (given.block() != null) {
      return List.of(block(given.block()));
    }
    List<Sgl.AnswerContext> written =
        given.answer() != null ? List.of(given.answer()) : given.answers().answer();
    return written.stream().map(answer -> List.of(answer(answer))).toList();
  }

  private Step answer(Sgl.AnswerContext answer) {
    Expr value = values.expr(answer.expression());
    return answer.FAIL() != null
        ? new Step.Fail(value, span(answer))
        : new Step.Return(Optional.of(value), span(answer));
  }

  /// The tool that a definition declares.
  static Tool tool(
      Sgl.ToolContext tool, SourceModule module, Declarations declarations, List<Diagnostic> out) {
    ExprLowering values = new ExprLowering(module, declarations, out);
    return new Tool(
        tool.name().getText(),
        values.parameters(tool.parameters()),
        Optional.ofNullable(tool.type()).map(declarations.types(module)::lower),
        documentation(tool, module),
        module.span(tool.name()));
  }

  /// The `///` lines right before a definition.
  static String documentation(ParserRuleContext context, SourceModule module) {
    List<Token> before = module.tokens().getHiddenTokensToLeft(context.getStart().getTokenIndex());
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

  /// The step of a statement; none if the statement is a mistake, which has a diagnostic.
  private Optional<Step> step(Sgl.StatementContext statement) {
    return switch (statement) {
      case Sgl.DoContext action when action.value != null -> assign(action);
      case Sgl.DoContext action -> action(action);
      default -> Optional.of(whole(statement, span(statement)));
    };
  }

  /// The step of a statement that always is one.
  private Step whole(Sgl.StatementContext statement, Span span) {
    return switch (statement) {
      case Sgl.MessageContext message -> message(message);
      case Sgl.GenContext gen -> gen(gen, span);
      case Sgl.SelectContext select -> select(select);
      case Sgl.ThinkContext think ->
          new Step.Think(name(think.name()), options(think.options_()), span);
      case Sgl.ForkEachContext fork -> forkEach(fork, span);
      case Sgl.ForkBranchesContext fork -> forkBranches(fork, span);
      case Sgl.JoinContext join -> join(join, span);
      case Sgl.ScratchContext scratch -> new Step.Scratch(block(scratch.block()), span);
      case Sgl.RetryContext retry -> retry(retry, span);
      case Sgl.WithContext with ->
          new Step.With(options(with.options_()), block(with.block()), span);
      case Sgl.ImageContext image -> new Step.Image(values.expr(image.expression()), span);
      case Sgl.LetContext let -> let(let, span);
      case Sgl.IfContext condition -> condition(condition, span);
      case Sgl.ForContext loop -> loop(loop, span);
      case Sgl.WhileContext loop ->
          new Step.While(values.expr(loop.expression()), block(loop.block()), span);
      case Sgl.MatchContext match -> match(match, span);
      case Sgl.BreakContext _ -> new Step.Break(span);
      case Sgl.ContinueContext _ -> new Step.Continue(span);
      case Sgl.ReturnContext result -> new Step.Return(values.optional(result.expression()), span);
      case Sgl.LogContext log -> new Step.Log(values.expr(log.expression()), span);
      case Sgl.FailContext fail -> new Step.Fail(values.expr(fail.expression()), span);
      case Sgl.CheckContext check when check.FAILS() != null -> fails(check);
      case Sgl.CheckContext check -> check(check, span);
      default -> throw new AssertionError(statement.getClass());
    };
  }

  private Step message(Sgl.MessageContext message) {
    Role role = Role.valueOf(message.role.getText().toUpperCase(Locale.ROOT));
    List<Step> body =
        message.statement() instanceof Sgl.DoContext alone && alone.value == null
            ? List.of(alone(alone))
            : body(message.block(), message.statement());
    return new Step.Message(role, body, span(message));
  }

  /// A value alone is what the message says, unless it is a fragment's call.
  private Step alone(Sgl.DoContext alone) {
    Sgl.ExpressionContext expression = alone.expression(0);
    Expr value = values.expr(expression);
    if (value instanceof Expr.Call call && declarations.isFragment(call.name())) {
      return new Step.Do(call, span(alone));
    }
    return new Step.Say(
        isText(expression) ? value : new Expr.Text(List.of(value), span(alone)), span(alone));
  }

  private Step join(Sgl.JoinContext join, Span span) {
    boolean append = join.APPEND() != null;
    return new Step.Join(name(join.name()), values.optional(join.expression()), append, span);
  }

  private Step retry(Sgl.RetryContext retry, Span span) {
    Expr times = values.expr(retry.expression());
    List<Step> body = block(retry.block(0));
    return new Step.Retry(times, body, Optional.ofNullable(retry.block(1)).map(this::block), span);
  }

  private Step condition(Sgl.IfContext condition, Span span) {
    return new Step.If(
        values.expr(condition.expression()),
        block(condition.block(0)),
        body(condition.block(1), condition.elseIf),
        span);
  }

  private Step loop(Sgl.ForContext loop, Span span) {
    Expr list = values.expr(loop.expression());
    return new Step.For(name(loop.name()), list, block(loop.block()), span);
  }

  private Step match(Sgl.MatchContext match, Span span) {
    Expr subject = values.expr(match.expression());
    return new Step.Match(subject, match.arm().stream().map(this::arm).toList(), span);
  }

  private Step check(Sgl.CheckContext check, Span span) {
    Expr condition = values.expr(check.expression(0));
    return new Step.Check(condition, values.optional(check.expression(1)), span);
  }

  private Step fails(Sgl.CheckContext check) {
    if (!isInTest(check)) {
      diagnostics.add(Diagnostic.outsideTest("`check … fails`", span(check)));
    }
    return new Step.Fails(
        values.expr(check.expression(0)),
        Optional.ofNullable(check.text()).map(values::text),
        span(check));
  }

  private static boolean isInTest(ParserRuleContext place) {
    return place instanceof Sgl.TestContext
        || place.getParent() != null && isInTest(place.getParent());
  }

  private Step gen(Sgl.GenContext gen, Span span) {
    if (gen.type() == null) {
      return new Step.Gen(name(gen.name()), Type.TEXT, options(gen.options_()), span);
    }
    Type type = types.generated(gen.type());
    String written = module.text(gen.type());
    return new Step.Gen(name(gen.name()), type, written, options(gen.options_()), span);
  }

  private Step select(Sgl.SelectContext select) {
    Step.Method method = Step.Method.LIKELIHOOD;
    if (select.BY() != null) {
      String word = name(select.name(1));
      try {
        method = Step.Method.valueOf(word.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        diagnostics.add(Diagnostic.unknownMethod(word, span(select.name(1))));
      }
    }
    return new Step.Select(
        name(select.name(0)), values.expr(select.expression()), method, span(select));
  }

  private Step forkEach(Sgl.ForkEachContext fork, Span span) {
    return new Step.ForkEach(
        name(fork.name(0)),
        values.expr(fork.expression()),
        name(fork.name(1)),
        block(fork.block()),
        span);
  }

  private Step forkBranches(Sgl.ForkBranchesContext fork, Span span) {
    List<Step.Branch> branches =
        fork.branch().stream()
            .map(b -> new Step.Branch(name(b.name()), block(b.block()), span(b.name())))
            .toList();
    return new Step.ForkBranches(name(fork.name()), branches, span);
  }

  private Step let(Sgl.LetContext let, Span span) {
    Type type = let.type() == null ? Type.ANY : types.lower(let.type());
    return new Step.Let(name(let.name()), type, values.expr(let.expression()), span);
  }

  private Optional<Step> assign(Sgl.DoContext assign) {
    Sgl.ExpressionContext target = assign.expression(0);
    if (target instanceof Sgl.ReferenceContext name && name.arguments() == null) {
      return Optional.of(new Step.Assign(name.getText(), values.expr(assign.value), span(assign)));
    }
    Optional<String> help =
        switch (target) {
          case Sgl.IndexContext _ ->
              Optional.of("values do not change; make a new list: `x = [value] + x.slice(1)`");
          case Sgl.MemberContext _ ->
              Optional.of("values do not change; make a new record: `r = {a: r.a, b: 2}`");
          default -> Optional.empty();
        };
    diagnostics.add(
        Diagnostic.syntax(
            "Only a variable can be assigned.", span(target), "not a variable", help));
    return Optional.empty();
  }

  private static boolean isText(Sgl.ExpressionContext expression) {
    return expression instanceof Sgl.ConstantContext constant && constant.literal().text() != null;
  }

  private Optional<Step> action(Sgl.DoContext action) {
    Sgl.ExpressionContext expression = action.expression(0);
    if (isText(expression)) {
      return Optional.of(new Step.Say(values.expr(expression), span(action)));
    }
    Expr value = values.expr(expression);
    if (value instanceof Expr.Call call) {
      return Optional.of(new Step.Do(call, span(action)));
    }
    Span span = span(action);
    boolean again = // one mistake often looks like several: of those in a line the first counts
        !diagnostics.isEmpty()
            && diagnostics.getLast().code().equals("unused-value")
            && diagnostics.getLast().span().line() == span.line();
    if (!again) {
      diagnostics.add(
          value instanceof Expr.Name(var name, _)
              ? Diagnostic.unusedValue(name, span, Nearest.to(name, Keywords.STATEMENTS))
              : Diagnostic.unusedValue(span, Optional.empty()));
    }
    return Optional.empty();
  }

  // --- arms

  private Step.Arm arm(Sgl.ArmContext arm) {
    List<Pattern> patterns = new ArrayList<>();
    arm.pattern().forEach(pattern -> pattern(pattern).ifPresent(patterns::add));
    return new Step.Arm(patterns, body(arm.block(), arm.statement()), span(arm));
  }

  private Optional<Pattern> pattern(Sgl.PatternContext pattern) {
    return switch (pattern) {
      case Sgl.AnythingContext _ -> Optional.of(new Pattern.Anything());
      case Sgl.LiteralPatternContext literal when literal.literal().PATTERN() != null ->
          Optional.of(new Pattern.OfType(types.pattern(literal.literal().PATTERN())));
      case Sgl.LiteralPatternContext literal -> constant(literal.literal());
      case Sgl.TypePatternContext type ->
          Optional.of(new Pattern.OfType(types.variant(type.variant())));
      case Sgl.CallPatternContext call -> call(call);
      default -> throw new AssertionError(pattern.getClass());
    };
  }

  private Optional<Pattern> constant(Sgl.LiteralContext literal) {
    if (values.literal(literal) instanceof Expr.Constant(Object value, _)) {
      return Optional.of(new Pattern.Value(value));
    }
    diagnostics.add(
        Diagnostic.syntax(
            "A pattern is a fixed text, without values in it.", span(literal), "not fixed"));
    return Optional.empty();
  }

  private Optional<Pattern> call(Sgl.CallPatternContext call) {
    List<Sgl.NameContext> names = call.name().subList(1, call.name().size());
    return called(call.name(0), names, span(call))
        .map(
            tool ->
                new Pattern.CallOf(
                    tool.name(),
                    tool.parameters().stream()
                        .limit(names.size())
                        .map(Routine.Parameter::name)
                        .toList(),
                    names.stream().map(Lowering::name).toList()));
  }

  /// The tool of a name, if there is one and it has as many parameters as are `bound`.
  private Optional<Tool> called(ParserRuleContext called, List<Sgl.NameContext> bound, Span whole) {
    String name = name(called);
    Tool tool = declarations.tools().get(name);
    if (tool == null) {
      diagnostics.add(
          Diagnostic.unknownTool(
              name, span(called), Nearest.to(name, declarations.tools().keySet())));
      return Optional.empty();
    }
    if (bound.size() > tool.parameters().size()) {
      diagnostics.add(
          Diagnostic.wrongArguments(
              "`" + name + "` takes at most " + tool.parameters().size() + " arguments.", whole));
      return Optional.empty();
    }
    return Optional.of(tool);
  }

  private List<Step.Option> options(Sgl.@Nullable Options_Context options) {
    return options == null ? List.of() : options.option().stream().map(this::option).toList();
  }

  private Step.Option option(Sgl.OptionContext option) {
    String name = option.word().getText();
    boolean tokens = option.unit != null && option.unit.getText().equals("tokens");
    if (option.unit != null && !(tokens && name.equals("budget"))) {
      diagnostics.add(
          Diagnostic.syntax(
              "Only a `budget` has a unit, `tokens`.", module.span(option.unit), "no unit"));
    }
    return new Step.Option(name, values.expr(option.expression()), span(option));
  }

  // --- places

  private static String name(ParserRuleContext context) {
    return context.getText();
  }

  private Span span(ParserRuleContext context) {
    return module.span(context);
  }
}
