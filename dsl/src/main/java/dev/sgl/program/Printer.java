package dev.sgl.program;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A program as source text in one canonical form: names of types written out, `x.f(y)` as
/// `f(x, y)`. What it prints compiles to the same program.
public final class Printer {
  private final StringBuilder out = new StringBuilder();
  private int depth;

  private Printer() {}

  /// The whole program.
  public static String print(Program program) {
    Printer printer = new Printer();
    for (Routine routine : program.routines().values()) {
      if (!printer.out.isEmpty()) {
        printer.out.append('\n');
      }
      printer.routine(routine);
    }
    return printer.out.toString();
  }

  private void routine(Routine routine) {
    routine.documentation().lines().forEach(line -> line(("/// " + line).stripTrailing()));
    String parameters =
        routine.parameters().stream()
            .map(
                p -> p.name() + typed(p.type()) + p.standard().map(e -> " = " + show(e)).orElse(""))
            .collect(Collectors.joining(", ", "(", ")"));
    String returns = routine.returns().map(t -> " -> " + t.show()).orElse("");
    String kind = routine.kind().name().toLowerCase(Locale.ROOT);
    block(kind + " " + routine.name() + parameters + returns, routine.body());
    line("}");
  }

  private static String typed(Type type) {
    return type instanceof Type.Any ? "" : ": " + type.show();
  }

  private void block(String head, List<Step> body) {
    line(head + " {");
    depth++;
    body.forEach(this::step);
    depth--;
  }

  private void step(Step step) {
    switch (step) {
      case Step.Say(var text, _) -> line(show(text));
      case Step.Message(var role, var body, _) -> {
        block(role.word(), body);
        line("}");
      }
      case Step.Gen(var name, var type, var options, _) ->
          line(
              "gen "
                  + name
                  + (type instanceof Type.Text ? "" : ": " + type.show())
                  + show(options));
      case Step.Select(var name, var choices, var method, _) ->
          line(
              "select "
                  + name
                  + " from "
                  + show(choices)
                  + " by "
                  + method.name().toLowerCase(Locale.ROOT));
      case Step.ForkEach(var variable, var list, var name, var body, _) -> {
        block("fork " + variable + " in " + show(list) + " as " + name, body);
        line("}");
      }
      case Step.ForkBranches(var name, var branches, _) -> {
        line("fork as " + name + " {");
        depth++;
        for (Step.Branch branch : branches) {
          block("branch " + branch.name(), branch.body());
          line("}");
        }
        depth--;
        line("}");
      }
      case Step.Join(var name, var first, _) ->
          line("join " + name + first.map(count -> " first " + show(count)).orElse(""));
      case Step.Let(var name, var type, var value, _) ->
          line("let " + name + typed(type) + " = " + show(value));
      case Step.Assign(var name, var value, _) -> line(name + " = " + show(value));
      case Step.If(var condition, var then, var otherwise, _) -> {
        block("if " + show(condition), then);
        if (!otherwise.isEmpty()) {
          block("} else", otherwise);
        }
        line("}");
      }
      case Step.For(var variable, var list, var body, _) -> {
        block("for " + variable + " in " + show(list), body);
        line("}");
      }
      case Step.While(var condition, var body, _) -> {
        block("while " + show(condition), body);
        line("}");
      }
      case Step.Match(var subject, var arms, _) -> match(subject, arms);
      case Step.Break(_) -> line("break");
      case Step.Continue(_) -> line("continue");
      case Step.Return(var value, _) -> line("return" + value.map(e -> " " + show(e)).orElse(""));
      case Step.Log(var value, _) -> line("log " + show(value));
      case Step.Fail(var message, _) -> line("fail " + show(message));
      case Step.Check(var condition, var message, _) ->
          line("check " + show(condition) + message.map(m -> ", " + show(m)).orElse(""));
      case Step.Do(var call, _) -> line(show(call));
    }
  }

  private void match(Expr subject, List<Step.Arm> arms) {
    line("match " + show(subject) + " {");
    depth++;
    for (Step.Arm arm : arms) {
      String pattern =
          arm.values().stream().map(Printer::constant).collect(Collectors.joining(" | "));
      block((pattern.isEmpty() ? "_" : pattern) + " ->", arm.body());
      line("}");
    }
    depth--;
    line("}");
  }

  private static String show(List<Step.Option> options) {
    return options.isEmpty()
        ? ""
        : options.stream()
            .map(o -> o.name() + ": " + show(o.value()))
            .collect(Collectors.joining(", ", " (", ")"));
  }

  /// The expression as source.
  public static String show(Expr expr) {
    return switch (expr) {
      case Expr.Constant(var value, _) -> constant(value);
      case Expr.Text(var parts, _) ->
          parts.stream().map(Printer::part).collect(Collectors.joining("", "\"", "\""));
      case Expr.Name(var name, _) -> name;
      case Expr.Member(var of, var name, _) -> operand(of, 8) + "." + name;
      case Expr.Index(var of, var at, _) -> operand(of, 8) + "[" + show(at) + "]";
      case Expr.Call(var name, var arguments, _) ->
          arguments.stream()
              .map(a -> a.name().map(n -> n + ": ").orElse("") + show(a.value()))
              .collect(Collectors.joining(", ", name + "(", ")"));
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
          items.stream().map(Printer::show).collect(Collectors.joining(", ", "[", "]"));
      case Expr.RecOf(var entries, _) ->
          entries.stream()
              .map(e -> key(e.name()) + ": " + show(e.value()))
              .collect(Collectors.joining(", ", "{", "}"));
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

  private static String operand(Expr expr, int binding) {
    int own =
        switch (expr) {
          case Expr.Unary(var operator, _, _) -> operator.binding();
          case Expr.Binary(var operator, _, _, _) -> operator.binding();
          case Expr.Range _ -> 4;
          case Expr.Constant(Long n, _) when n < 0 -> 7;
          case Expr.Constant(Double n, _) when n < 0 -> 7;
          default -> 9;
        };
    return own < binding ? "(" + show(expr) + ")" : show(expr);
  }

  private static String part(Expr part) {
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
