package dev.sgl.program;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.partitioningBy;
import static java.util.stream.Collectors.toSet;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A program as source text in one canonical form: names of types written out, `x.f(y)` as
/// `f(x, y)`. The printed text compiles to the same program.
public final class Printer {
  private final StringBuilder out = new StringBuilder();
  private int depth;

  private final Map<Type.Recursive, String> types = new LinkedHashMap<>();

  private final Set<String> ofModels; // names of functions

  private Printer(Set<String> ofModels) {
    this.ofModels = ofModels;
  }

  /// The whole program, the modules that it uses included: a routine `m.f` is called `m_f`.
  public static String print(Program program) {
    Map<Boolean, List<Tool>> tools =
        program.tools().values().stream().collect(partitioningBy(t -> t.model().isPresent()));
    List<Tool> ofModels = tools.getOrDefault(true, List.of());
    Printer printer = new Printer(ofModels.stream().map(Tool::name).collect(toSet()));
    tools.getOrDefault(false, List.of()).forEach(printer::tool);
    printer.models(ofModels);
    program.routines().values().forEach(printer::routine);
    program.tests().forEach(printer::test);
    return printer.recursiveTypes() + printer.out;
  }

  /// Definitions of the recursive types that were named; they may name more of them.
  private String recursiveTypes() {
    StringBuilder definitions = new StringBuilder();
    Set<Type.Recursive> written = new HashSet<>();
    while (!written.containsAll(types.keySet())) {
      for (Type.Recursive type : List.copyOf(types.keySet())) {
        if (written.add(type)) {
          definitions.append("type ").append(types.get(type)).append(" = ");
          definitions.append(show(type.unfolded())).append("\n\n");
        }
      }
    }
    return definitions.toString();
  }

  /// A type as source, in which a recursive one is a name of its own.
  private String show(Type type) {
    return named(type).show();
  }

  private Type named(Type type) {
    if (type instanceof Type.Recursive recursive) {
      String known = types.get(recursive);
      if (known == null) {
        known = identifier(recursive.name());
        for (int i = 2; types.containsValue(known); i++) {
          known = identifier(recursive.name()) + "_" + i;
        }
        types.put(recursive, known);
      }
      return new Type.Ref(known);
    }
    return type.map(this::named);
  }

  private String identifier(String name) {
    return ofModels.contains(name) ? name : name.replace('.', '_');
  }

  private void separate() {
    if (!out.isEmpty()) {
      out.append('\n');
    }
  }

  private void document(String documentation) {
    documentation.lines().forEach(line -> line(("/// " + line).stripTrailing()));
  }

  private void tool(Tool tool) {
    separate();
    document(tool.documentation());
    String returns = tool.returns().map(t -> " -> " + show(t)).orElse("");
    line("tool " + identifier(tool.name()) + parameters(tool.parameters()) + returns);
  }

  private void models(List<Tool> functions) {
    Set<String> written = new HashSet<>();
    for (Tool function : functions) {
      String model = function.model().orElseThrow();
      if (written.add(model)) {
        separate();
        document(function.documentation());
        line("model " + model);
      }
    }
  }

  private void test(TestCase test) {
    separate();
    line("test " + Values.quote(test.name()) + " {");
    depth++;
    test.replies().forEach(replies -> line("given model " + show(replies)));
    test.tools().forEach(this::given);
    test.body().forEach(this::step);
    depth--;
    line("}");
  }

  private void given(TestCase.GivenTool given) {
    String names =
        given.names().isEmpty() ? "" : given.names().stream().collect(joining(", ", "(", ")"));
    String head = "given tool " + identifier(given.tool()) + names;
    List<String> answers = given.answers().stream().flatMap(a -> answer(a).stream()).toList();
    if (!given.answersAll()) {
      line(answers.stream().collect(joining(", ", head + " [", "]")));
    } else if (!answers.isEmpty()) {
      line(head + " -> " + answers.getFirst());
    } else {
      braces(head, given.answers().getFirst().body());
    }
  }

  /// An answer that is a value, or a failure, and no block.
  private Optional<String> answer(Routine answer) {
    if (answer.body().size() == 1
        && answer.body().getFirst() instanceof Step.Return(var value, _)) {
      return value.map(this::show);
    }
    return answer.body().size() == 1 && answer.body().getFirst() instanceof Step.Fail(var why, _)
        ? Optional.of("fail " + show(why))
        : Optional.empty();
  }

  private String parameters(List<Routine.Parameter> parameters) {
    return parameters.stream()
        .map(p -> p.name() + typed(p.type()) + p.standard().map(e -> " = " + show(e)).orElse(""))
        .collect(joining(", ", "(", ")"));
  }

  private void routine(Routine routine) {
    separate();
    document(routine.documentation());
    String returns = routine.returns().map(t -> " -> " + show(t)).orElse("");
    String kind = routine.kind().name().toLowerCase(Locale.ROOT);
    String name = identifier(routine.name());
    braces(kind + " " + name + parameters(routine.parameters()) + returns, routine.body());
  }

  private String typed(Type type) {
    return type instanceof Type.Any ? "" : ": " + show(type);
  }

  private void block(String head, List<Step> body) {
    line(head + " {");
    depth++;
    body.forEach(this::step);
    depth--;
  }

  /// A block of its own, closed.
  private void braces(String head, List<Step> body) {
    block(head, body);
    line("}");
  }

  private void step(Step step) {
    switch (step) {
      case Step.Say(var text, _) -> line(show(text));
      case Step.Message(var role, var body, _) -> braces(role.word(), body);
      case Step.Gen gen -> gen(gen);
      case Step.Select select -> select(select);
      case Step.ForkEach(var variable, var list, var name, var body, _) ->
          braces("fork " + variable + " in " + show(list) + " as " + name, body);
      case Step.ForkBranches(var name, var branches, _) -> branches(name, branches);
      case Step.Think(var name, var options, _) -> line("think " + name + show(options));
      case Step.Join join -> join(join);
      case Step.Scratch(var body, _) -> braces("scratch", body);
      case Step.Retry retry -> retry(retry);
      case Step.With(var options, var body, _) -> braces("with" + show(options), body);
      case Step.Image(var source, _) -> line("image " + show(source));
      case Step.Let(var name, var type, var value, _) ->
          line("let " + name + typed(type) + " = " + show(value));
      case Step.Assign(var name, var value, _) -> line(name + " = " + show(value));
      case Step.If choice -> choice(choice);
      case Step.For(var variable, var list, var body, _) ->
          braces("for " + variable + " in " + show(list), body);
      case Step.While(var condition, var body, _) -> braces("while " + show(condition), body);
      case Step.Match(var subject, var arms, _) -> match(subject, arms);
      case Step.Break(_) -> line("break");
      case Step.Continue(_) -> line("continue");
      case Step.Return(var value, _) -> line("return" + after(" ", value));
      case Step.Log(var value, _) -> line("log " + show(value));
      case Step.Fail(var message, _) -> line("fail " + show(message));
      case Step.Check(var condition, var message, _) ->
          line("check " + show(condition) + after(", ", message));
      case Step.Fails(var value, var message, _) ->
          line("check " + show(value) + " fails" + after(" ", message));
      case Step.Do(var call, _) -> line(show(call));
    }
  }

  private String after(String separator, Optional<Expr> value) {
    return value.map(e -> separator + show(e)).orElse("");
  }

  private void gen(Step.Gen gen) {
    String type = gen.type() instanceof Type.Text ? "" : ": " + show(gen.type());
    line("gen " + gen.name() + type + show(gen.options()));
  }

  private void select(Step.Select select) {
    String method = select.method().name().toLowerCase(Locale.ROOT);
    line("select " + select.name() + " from " + show(select.choices()) + " by " + method);
  }

  private void branches(String name, List<Step.Branch> branches) {
    line("fork as " + name + " {");
    depth++;
    branches.forEach(branch -> braces("branch " + branch.name(), branch.body()));
    depth--;
    line("}");
  }

  private void join(Step.Join join) {
    line("join " + join.name() + after(" first ", join.first()) + (join.append() ? " append" : ""));
  }

  private void retry(Step.Retry retry) {
    block("retry " + show(retry.times()), retry.body());
    retry.otherwise().ifPresent(steps -> block("} else", steps));
    line("}");
  }

  private void choice(Step.If choice) {
    block("if " + show(choice.condition()), choice.then());
    if (!choice.otherwise().isEmpty()) {
      block("} else", choice.otherwise());
    }
    line("}");
  }

  private void match(Expr subject, List<Step.Arm> arms) {
    line("match " + show(subject) + " {");
    depth++;
    for (Step.Arm arm : arms) {
      String patterns = arm.patterns().stream().map(this::show).collect(joining(" | "));
      braces(patterns + " ->", arm.body());
    }
    depth--;
    line("}");
  }

  private String show(Pattern pattern) {
    return switch (pattern) {
      case Pattern.Anything() -> "_";
      case Pattern.Value(Object value) -> constant(value);
      case Pattern.OfType(Type type) ->
          type instanceof Type.OneOf ? "(" + show(type) + ")" : show(type);
      case Pattern.CallOf(var tool, _, var names) ->
          identifier(tool) + names.stream().collect(joining(", ", "(", ")"));
    };
  }

  private String show(List<Step.Option> options) {
    return options.isEmpty()
        ? ""
        : options.stream()
            .map(o -> o.name() + ": " + show(o.value()))
            .collect(joining(", ", " (", ")"));
  }

  /// The expression as source.
  ///
  /// @param ofModels the names of the functions of named models
  public static String expression(Expr expr, Set<String> ofModels) {
    return new Printer(ofModels).show(expr);
  }

  private String show(Expr expr) {
    return switch (expr) {
      case Expr.Constant(var value, _) -> constant(value);
      case Expr.Text(var parts, _) ->
          parts.stream().map(this::part).collect(joining("", "\"", "\""));
      case Expr.Name(var name, _) -> name;
      case Expr.Member(var of, var name, _) -> operand(of, 8) + "." + name;
      case Expr.Index(var of, var at, _) -> operand(of, 8) + "[" + show(at) + "]";
      case Expr.Call(var name, var arguments, _)
          when !arguments.isEmpty()
              && arguments.getFirst().value() instanceof Expr.Name(var model, _)
              && ofModels.contains(model + "." + name) ->
          call(model + "." + name, arguments.subList(1, arguments.size()));
      case Expr.Call(var name, var arguments, _) -> call(identifier(name), arguments);
      case Expr.Unary(var operator, var of, _) ->
          operator.symbol()
              + (operator == Expr.Operator.NOT ? " " : "")
              + operand(of, operator.binding());
      case Expr.Binary(var operator, var left, var right, _) ->
          operand(left, operator.binding())
              + " "
              + operator.symbol()
              + " "
              + operand(right, operator.binding() + 1);
      case Expr.Range(var first, var last, _) -> operand(first, 5) + ".." + operand(last, 5);
      case Expr.ListOf(var items, _) ->
          items.stream().map(this::show).collect(joining(", ", "[", "]"));
      case Expr.RecOf(var entries, _) ->
          entries.stream()
              .map(e -> key(e.name()) + ": " + show(e.value()))
              .collect(joining(", ", "{", "}"));
      case Expr.Each(var item, var name, var list, var condition, _) ->
          "["
              + show(item)
              + " for "
              + name
              + " in "
              + show(list)
              + condition.map(c -> " if " + show(c)).orElse("")
              + "]";
    };
  }

  private String call(String name, List<Expr.Argument> arguments) {
    return arguments.stream()
        .map(a -> a.name().map(n -> n + ": ").orElse("") + show(a.value()))
        .collect(joining(", ", name + "(", ")"));
  }

  private String operand(Expr expr, int binding) {
    int own =
        switch (expr) {
          case Expr.Unary(var operator, _, _) -> operator.binding();
          case Expr.Binary(var operator, _, _, _) -> operator.binding();
          case Expr.Range _ -> 4;
          case Expr.Constant(Long n, _) when n < 0 -> 7;
          case Expr.Constant(Double n, _) when n < 0 -> 7;
          case Expr.Constant _, Expr.Text _, Expr.Name _, Expr.Member _, Expr.Index _ -> 9;
          case Expr.Call _, Expr.ListOf _, Expr.RecOf _, Expr.Each _ -> 9;
        };
    return own < binding ? "(" + show(expr) + ")" : show(expr);
  }

  private String part(Expr part) {
    if (part instanceof Expr.Constant(String text, _)) {
      String quoted = Values.quote(text);
      return quoted.substring(1, quoted.length() - 1);
    }
    String shown = show(part);
    return (shown.startsWith("{") ? "{ " : "{") + shown + (shown.endsWith("}") ? " }" : "}");
  }

  static String key(String name) {
    return name.matches("[\\p{L}_][\\p{L}\\p{N}_]*") ? name : Values.quote(name);
  }

  private static String constant(Object value) {
    return value instanceof String text ? Values.quote(text) : value.toString();
  }

  private void line(String text) {
    out.append("  ".repeat(depth)).append(text).append('\n');
  }
}
