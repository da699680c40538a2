package dev.sgl.compiler;

import dev.sgl.program.Expr;
import dev.sgl.program.Program;
import dev.sgl.program.Role;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Checks a lowered program step by step: names, fields, arguments, types as far as they are
/// known, and that every step stands where it can run. Values are [ExprChecker]'s.
final class Checker {
  private final Program program;
  private final List<Diagnostic> diagnostics;
  private final ExprChecker values;

  Checker(Program program, List<Diagnostic> diagnostics) {
    this.program = program;
    this.diagnostics = diagnostics;
    this.values = new ExprChecker(program, diagnostics);
  }

  void check() {
    program.routines().values().forEach(this::routine);
    if (program.entry().isEmpty() && diagnostics.isEmpty()) {
      diagnostics.add(Diagnostic.noProgram(new Span(program.file(), 0, 1, 1, 1)));
    }
  }

  /// Where a step stands: in which routine, in whose message, in a loop or not.
  private record Place(
      Routine routine,
      Optional<Role> role,
      boolean inLoop,
      boolean inBranch,
      boolean speaksInMessages) {
    Place in(Role speaker) {
      return new Place(routine, Optional.of(speaker), inLoop, inBranch, speaksInMessages);
    }

    Place loop() {
      return new Place(routine, role, true, inBranch, speaksInMessages);
    }

    Place branch() {
      return new Place(routine, role, false, true, speaksInMessages);
    }
  }

  private void routine(Routine routine) {
    Scope scope = new Scope();
    for (Routine.Parameter parameter : routine.parameters()) {
      if (!scope.define(parameter.name(), parameter.type())) {
        diagnostics.add(Diagnostic.duplicateName(parameter.name(), parameter.span()));
      }
      parameter.standard().ifPresent(e -> fits(e, parameter.type(), new Scope()));
    }
    boolean chat = routine.kind() == Routine.Kind.PROGRAM && hasMessages(routine.body());
    block(routine.body(), scope.inner(), new Place(routine, Optional.empty(), false, false, chat));
  }

  private static boolean hasMessages(List<Step> steps) {
    return steps.stream()
        .anyMatch(
            step ->
                switch (step) {
                  case Step.Message _ -> true;
                  case Step.If(_, var then, var otherwise, _) ->
                      hasMessages(then) || hasMessages(otherwise);
                  case Step.For loop -> hasMessages(loop.body());
                  case Step.While loop -> hasMessages(loop.body());
                  case Step.ForkEach fork -> hasMessages(fork.body());
                  case Step.ForkBranches fork ->
                      fork.branches().stream().anyMatch(b -> hasMessages(b.body()));
                  case Step.Match match ->
                      match.arms().stream().anyMatch(a -> hasMessages(a.body()));
                  default -> false;
                });
  }

  private void block(List<Step> steps, Scope scope, Place place) {
    steps.forEach(step -> step(step, scope, place));
  }

  private void step(Step step, Scope scope, Place place) {
    switch (step) {
      case Step.Say(var text, var span) -> {
        speaks("add text", "Text", span, place);
        values.type(text, scope);
      }
      case Step.Message message -> message(message, scope, place);
      case Step.Gen gen -> gen(gen, scope, place);
      case Step.Select select -> select(select, scope, place);
      case Step.ForkEach fork -> forkEach(fork, scope, place);
      case Step.ForkBranches fork -> forkBranches(fork, scope, place);
      case Step.Join(var name, var first, var span) -> {
        join(name, span, scope);
        first.ifPresent(count -> fits(count, Type.INT, scope));
      }
      case Step.Let(var name, var type, var value, var span) -> {
        Type found = fits(value, type, scope);
        define(name, type instanceof Type.Any ? widen(found) : type, span, scope);
      }
      case Step.Assign(var name, var value, var span) -> {
        if (scope.type(name).isEmpty()) {
          diagnostics.add(Diagnostic.unknownName(name, span, Nearest.to(name, scope.names())));
        }
        Type found = widen(values.type(value, scope));
        if (!scope.type(name).equals(Optional.of(found))) {
          scope.forget(name);
        }
      }
      case Step.If(var condition, var then, var otherwise, _) -> {
        fits(condition, Type.BOOL, scope);
        block(then, scope.inner(), place);
        block(otherwise, scope.inner(), place);
      }
      case Step.For(var variable, var list, var body, _) -> {
        Scope inner = scope.inner();
        inner.define(variable, values.item(list, scope));
        block(body, inner.inner(), place.loop());
      }
      case Step.While(var condition, var body, _) -> {
        fits(condition, Type.BOOL, scope);
        block(body, scope.inner(), place.loop());
      }
      case Step.Match(var subject, var arms, _) -> {
        values.type(subject, scope);
        arms.forEach(arm -> block(arm.body(), scope.inner(), place));
      }
      case Step.Break(var span) -> inLoop("break", span, place);
      case Step.Continue(var span) -> inLoop("continue", span, place);
      case Step.Return(var value, var span) -> {
        if (place.inBranch()) {
          diagnostics.add(Diagnostic.returnInBranch(span));
        }
        value.ifPresent(e -> fits(e, place.routine().returns().orElse(Type.ANY), scope));
      }
      case Step.Log(var value, _) -> values.type(value, scope);
      case Step.Fail(var message, _) -> values.type(message, scope);
      case Step.Check(var condition, var message, _) -> {
        fits(condition, Type.BOOL, scope);
        message.ifPresent(m -> values.type(m, scope));
      }
      case Step.Do(var call, var span) -> {
        values.type(call, scope);
        Routine called = program.routines().get(call.name());
        if (called != null && called.kind() == Routine.Kind.FRAGMENT) {
          hasConversation("use a fragment", span, place);
        }
      }
    }
  }

  private void message(Step.Message message, Scope scope, Place place) {
    hasConversation("write a message", message.span(), place);
    if (place.role().isPresent()) {
      diagnostics.add(Diagnostic.nestedMessage(message.span()));
    }
    block(message.body(), scope, place.in(message.role()));
  }

  private void gen(Step.Gen gen, Scope scope, Place place) {
    speaks("`gen`", "`gen`", gen.span(), place);
    assistant("gen", gen.span(), place);
    Options.check(gen, values, scope, diagnostics);
    boolean several = gen.options().stream().anyMatch(o -> o.name().equals("n"));
    define(gen.name(), several ? Type.array(gen.type()) : gen.type(), gen.span(), scope);
  }

  private void select(Step.Select select, Scope scope, Place place) {
    speaks("`select`", "`select`", select.span(), place);
    assistant("select", select.span(), place);
    if (select.choices() instanceof Expr.ListOf(var items, var span) && items.isEmpty()) {
      diagnostics.add(Diagnostic.emptySelect(span));
    }
    define(select.name(), widen(values.item(select.choices(), scope)), select.span(), scope);
  }

  private void forkEach(Step.ForkEach fork, Scope scope, Place place) {
    hasConversation("fork", fork.span(), place);
    Scope outer = scope.inner();
    outer.define(fork.variable(), values.item(fork.list(), scope));
    Scope branch = outer.inner();
    block(fork.body(), branch, place.branch());
    define(fork.name(), Type.array(branch.record()), fork.span(), scope);
    scope.defineFork(fork.name());
  }

  private void forkBranches(Step.ForkBranches fork, Scope scope, Place place) {
    hasConversation("fork", fork.span(), place);
    Set<String> names = new HashSet<>();
    List<Type.Field> fields =
        fork.branches().stream()
            .map(
                branch -> {
                  if (!names.add(branch.name())) {
                    diagnostics.add(Diagnostic.duplicateName(branch.name(), branch.span()));
                  }
                  Scope inner = scope.inner();
                  block(branch.body(), inner, place.branch());
                  return new Type.Field(branch.name(), inner.record(), false);
                })
            .toList();
    define(fork.name(), new Type.Rec(fields), fork.span(), scope);
    scope.defineFork(fork.name());
  }

  private void join(String name, Span span, Scope scope) {
    if (scope.type(name).isEmpty()) {
      diagnostics.add(Diagnostic.unknownName(name, span, Nearest.to(name, scope.names())));
    } else if (!scope.isFork(name)) {
      diagnostics.add(Diagnostic.notAFork(name, span));
    }
  }

  // --- what a step needs

  private void define(String name, Type type, Span span, Scope scope) {
    if (!scope.define(name, type)) {
      diagnostics.add(Diagnostic.duplicateName(name, span));
    }
  }

  /// Checks that a value can be of type `wanted`, and returns what is known of its type.
  private Type fits(Expr expr, Type wanted, Scope scope) {
    Type found = values.type(expr, scope);
    if (!ExprChecker.fits(found, wanted)) {
      diagnostics.add(Diagnostic.wrongType("`" + wanted.show() + "`", found, expr.span()));
    }
    return found;
  }

  private void hasConversation(String what, Span span, Place place) {
    if (place.routine().kind() == Routine.Kind.FN) {
      diagnostics.add(Diagnostic.noConversation(what, span));
    }
  }

  private void speaks(String what, String subject, Span span, Place place) {
    hasConversation(what, span, place);
    if (place.speaksInMessages() && place.role().isEmpty()) {
      diagnostics.add(Diagnostic.outsideMessage(subject, span));
    }
  }

  private void assistant(String what, Span span, Place place) {
    place
        .role()
        .filter(role -> role != Role.ASSISTANT)
        .ifPresent(_ -> diagnostics.add(Diagnostic.notAssistant(what, span)));
  }

  private void inLoop(String word, Span span, Place place) {
    if (!place.inLoop()) {
      diagnostics.add(Diagnostic.outsideLoop(word, span));
    }
  }

  /// What a variable may hold that begins with a value of `type`.
  private static Type widen(Type type) {
    return switch (type) {
      case Type.Literal(String _) -> Type.TEXT;
      case Type.Literal(Long _) -> Type.INT;
      case Type.Literal(Boolean _) -> Type.BOOL;
      default -> type;
    };
  }
}
