package dev.sgl.check;

import dev.sgl.check.Scope.Kind;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Nearest;
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
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Checks a lowered program step by step: names, fields, arguments, types as far as they are
/// known, and that every step stands where it can run. Values are [ExprChecker]'s.
public final class Checker {
  private final Program program;
  private final List<Diagnostic> diagnostics;
  private final Observer observer;
  private final ExprChecker values;
  private final Flow flow = new Flow();
  private final Set<String> assigned = new HashSet<>(); // names of variables, in any routine
  private boolean isPreparing; // a block that may run several times

  public Checker(Program program, List<Diagnostic> diagnostics, Observer observer) {
    this.program = program;
    this.diagnostics = diagnostics;
    this.observer = observer;
    this.values = new ExprChecker(program, diagnostics, observer);
  }

  public void check() {
    program.routines().values().forEach(routine -> assignments(routine.body(), assigned));
    program.tests().forEach(test -> assignments(test.body(), assigned));
    program.tests().stream()
        .flatMap(test -> test.tools().stream())
        .flatMap(given -> given.answers().stream())
        .forEach(answer -> assignments(answer.body(), assigned));
    program.routines().values().forEach(this::routine);
    program.tests().forEach(this::test);
    Set<String> tests = new HashSet<>();
    for (TestCase test : program.tests()) {
      if (!tests.add(test.name())) {
        diagnostics.add(Diagnostic.duplicateName(test.name(), test.span()));
      }
    }
  }

  private static void assignments(List<Step> steps, Set<String> names) {
    for (Step step : steps) {
      if (step instanceof Step.Assign(var name, _, _)) {
        names.add(name);
      }
      step.blocks().forEach(block -> assignments(block, names));
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
      define(parameter.name(), parameter.type(), Kind.VALUE, parameter.span(), scope);
      parameter.standard().ifPresent(e -> fits(e, parameter.type(), new Scope()));
    }
    boolean chat = routine.kind() == Routine.Kind.PROGRAM && hasMessages(routine.body());
    block(routine.body(), scope.inner(), new Place(routine, Optional.empty(), false, false, chat));
    boolean returns =
        routine.returns().isEmpty()
            || TypeFit.fits(new Type.Literal(Values.NONE), routine.returns().get());
    if (!returns && !flow.leaves(routine.body())) {
      diagnostics.add(Diagnostic.missingReturn(routine.name(), routine.span()));
    }
  }

  /// A test's block is like a function's: it calls programs, and has no conversation of its own.
  private void test(TestCase test) {
    Routine block = test.routine(List.of());
    test.replies().forEach(replies -> fits(replies, Type.array(Type.ANY), new Scope()));
    Set<String> given = new HashSet<>();
    for (GivenTool tool : test.tools()) {
      if (!given.add(tool.tool())) {
        diagnostics.add(Diagnostic.givenTwice(tool.tool(), tool.span()));
      }
      tool.answers().forEach(this::routine);
    }
    block(test.body(), new Scope(), new Place(block, Optional.empty(), false, false, false));
  }

  private static boolean hasMessages(List<Step> steps) {
    return steps.stream().anyMatch(s -> s instanceof Step.Message || hasMessages(Flow.inside(s)));
  }

  /// Checks a block whose variables are its own.
  private void block(List<Step> steps, Scope scope, Place place) {
    open(steps, scope, place);
    scope.own().forEach(this::warnIfUnread);
  }

  /// Checks a block whose variables are those of the block around it.
  private void open(List<Step> steps, Scope scope, Place place) {
    boolean reached = true;
    for (int i = 0; i < steps.size(); i++) {
      step(steps.get(i), scope, place);
      if (reached && i + 1 < steps.size() && flow.leaves(steps.get(i))) {
        diagnostics.add(Diagnostic.unreachable(steps.get(i + 1).span(), steps.get(i).span()));
        reached = false;
      }
    }
  }

  /// Prepares a block that may run several times: knowledge of the variables that it assigns
  /// holds for its first time only, and it may give them values of other types.
  ///
  /// @param once checks the block, if there are such variables
  private void again(List<Step> block, Scope scope, Runnable once) {
    Set<String> names = new HashSet<>();
    assignments(block, names);
    names.removeIf(name -> scope.find(name).isEmpty());
    names.forEach(scope::forget);
    if (!names.isEmpty() && !isPreparing) { // a block inside is prepared once by itself
      isPreparing = true;
      once.run();
      isPreparing = false;
      names.forEach(scope::forget);
    }
  }

  private void inner(List<Step> steps, Scope scope, Place place) {
    Scope inner = scope.inner();
    block(steps, inner, place);
    scope.lose(inner);
  }

  /// Checks a block that is entered if a condition holds, or if it does not.
  ///
  /// @return the scope at its end
  private Scope knowing(Expr condition, boolean holds, List<Step> steps, Scope scope, Place place) {
    Scope known = scope.inner();
    values.know(condition, holds, known);
    block(steps, known, place);
    scope.lose(known);
    return known;
  }

  private void warnIfUnread(String name, Scope.Variable variable) {
    boolean binds =
        switch (variable.type()) {
          case Type.Array(Type.Rec(var fields), _, _) -> !fields.isEmpty();
          case Type.Rec(var branches) ->
              branches.stream().anyMatch(b -> b.type() instanceof Type.Rec(var f) && !f.isEmpty());
          default -> false;
        };
    if (variable.kind() == Kind.FORK && binds && !variable.isRead()) {
      diagnostics.add(Diagnostic.unreadFork(name, variable.span()));
    }
  }

  private void step(Step step, Scope scope, Place place) {
    switch (step) {
      case Step.Say(var text, var span) -> {
        speaks("add text", "Text", span, place);
        values.type(text, scope);
        LiteralBraces.variable(text, scope)
            .ifPresent(name -> diagnostics.add(Diagnostic.literalBraces(name, span)));
      }
      case Step.Message message -> message(message, scope, place);
      case Step.Gen gen -> gen(gen, scope, place);
      case Step.Select select -> select(select, scope, place);
      case Step.ForkEach fork -> forkEach(fork, scope, place);
      case Step.ForkBranches fork -> forkBranches(fork, scope, place);
      case Step.Think think -> think(think, scope, place);
      case Step.Join(var name, var first, boolean append, var span) -> {
        join(name, span, scope);
        first.ifPresent(count -> fits(count, Type.INT, scope));
        if (append) {
          hasConversation("add what branches said", span, place);
        }
      }
      case Step.Scratch(var body, var span) -> {
        hasConversation("have a copy of one", span, place);
        open(body, scope, place);
      }
      case Step.Retry retry -> retry(retry, scope, place);
      case Step.With(var options, var body, _) -> {
        Options.ofWith(options, values, scope, diagnostics);
        open(body, scope, place);
      }
      case Step.Image(var source, var span) -> {
        hasConversation("show a picture", span, place);
        if (!place.role().equals(Optional.of(Role.USER))) {
          diagnostics.add(Diagnostic.notAUser("a picture", span));
        }
        fits(source, Type.TEXT, scope);
      }
      case Step.Let(var name, var type, var value, var span) -> {
        Type found = fits(value, type, scope);
        if (type instanceof Type.Any) {
          infer(
              name,
              isWrittenOut(value) ? Widening.loosen(found) : found,
              found,
              Kind.VALUE,
              span,
              scope);
        } else {
          define(name, type, Kind.VALUE, span, scope);
        }
      }
      case Step.Assign(var name, var value, var span) -> {
        if (scope.find(name).isEmpty() && Nearest.among(name, scope.names()).isEmpty()) {
          diagnostics.add(
              Diagnostic.unknownName(name, span, "to bind it, write `let " + name + " = …`"));
          scope.define(name, Type.ANY, Kind.VALUE, span);
        } else {
          values.read(name, span, scope);
        }
        Type type = values.type(value, scope);
        Type widened = isWrittenOut(value) ? Widening.loosen(type) : Widening.widen(type);
        Type known = scope.find(name).map(Scope.Variable::type).orElse(Type.ANY);
        boolean isNone = type.equals(new Type.Literal(Values.NONE)) && !(known instanceof Type.Any);
        boolean isOne = !TypeFit.fits(widened, known) && TypeFit.fits(type, known);
        Type found = isNone || isOne ? type : widened;
        scope.assigned(
            name, TypeFit.fits(found, known) ? known : TypeFit.union(List.of(known, found)));
        scope.narrow(name, found);
      }
      case Step.If(var condition, var then, var otherwise, _) -> {
        fits(condition, Type.BOOL, scope);
        Scope yes = knowing(condition, true, then, scope, place);
        Scope no = knowing(condition, false, otherwise, scope, place);
        scope.narrowAsIn(yes, no);
        if (flow.leaves(then)) {
          values.know(condition, false, scope);
        }
        if (flow.leaves(otherwise)) {
          values.know(condition, true, scope);
        }
      }
      case Step.For(var variable, var list, var body, var span) -> {
        Scope inner = scope.inner();
        Type element = values.item(list, scope);
        infer(variable, element, element, Kind.VALUE, span, inner);
        again(body, scope, () -> inner(body, inner.inner(), place.loop()));
        inner(body, inner, place.loop());
        scope.lose(inner);
      }
      case Step.While(var condition, var body, _) -> {
        fits(condition, Type.BOOL, scope);
        again(body, scope, () -> knowing(condition, true, body, scope.inner(), place.loop()));
        knowing(condition, true, body, scope, place.loop());
      }
      case Step.Match match -> match(match, scope, place);
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
        values.know(condition, true, scope);
      }
      case Step.Fails(var value, var message, _) -> {
        values.type(value, scope);
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
    open(message.body(), scope, place.in(message.role()));
  }

  /// What a `retry` binds is bound after it, if its `else` binds it too or does not go on.
  private void retry(Step.Retry retry, Scope scope, Place place) {
    fits(retry.times(), Type.INT, scope);
    again(retry.body(), scope, () -> open(retry.body(), scope.inner(), place));
    Scope body = scope.inner();
    open(retry.body(), body, place);
    if (retry.otherwise().isEmpty() || flow.leaves(retry.otherwise().get())) {
      retry.otherwise().ifPresent(steps -> inner(steps, scope, place));
      scope.keep(body);
      return;
    }
    Scope otherwise = scope.inner();
    open(retry.otherwise().get(), otherwise, place);
    scope.keep(body, otherwise);
  }

  private void match(Step.Match match, Scope scope, Place place) {
    Type subject = values.type(match.subject(), scope);
    Optional<String> path = ExprChecker.path(match.subject());
    for (Step.Arm arm : match.arms()) {
      Scope inner = scope.inner();
      for (Pattern pattern : arm.patterns()) {
        Optional<Type> fits = fits(pattern, subject, arm, inner);
        if (arm.patterns().size() == 1 && fits.isPresent() && path.isPresent()) {
          inner.narrow(path.get(), Narrowing.fitting(subject, fits.get()));
        }
      }
      block(arm.body(), inner, place);
      scope.lose(inner);
    }
    List<Pattern> patterns = match.arms().stream().flatMap(a -> a.patterns().stream()).toList();
    if (Coverage.covers(patterns, subject)) {
      flow.isExhaustive(match);
    }
    path.ifPresent(p -> knowAfter(match, p, subject, scope));
  }

  /// Narrows the subject of a `match` for the steps after it: values that only arms fit which leave
  /// do not come there.
  private void knowAfter(Step.Match match, String path, Type subject, Scope scope) {
    Set<String> changed = new HashSet<>();
    match.arms().forEach(arm -> assignments(arm.body(), changed));
    if (changed.contains(Scope.root(path))) {
      return;
    }
    List<Pattern> leaving = new ArrayList<>();
    List<Pattern> staying = new ArrayList<>();
    for (Step.Arm arm : match.arms()) {
      (flow.leaves(arm.body()) ? leaving : staying).addAll(arm.patterns());
    }
    Narrowing.left(subject, leaving, staying).ifPresent(left -> scope.narrow(path, left));
  }

  /// Binds what a pattern binds, and returns what is known of a value that it fits.
  private Optional<Type> fits(Pattern pattern, Type subject, Step.Arm arm, Scope scope) {
    return switch (pattern) {
      case Pattern.Anything() -> Optional.empty();
      case Pattern.Value(Object value) -> {
        require(ExprChecker.constant(value), subject, arm);
        yield Optional.empty();
      }
      case Pattern.OfType(Type type) -> {
        require(type, subject, arm);
        yield Optional.of(type);
      }
      case Pattern.CallOf(var tool, var parameters, var names) -> {
        Tool called = program.tools().get(tool);
        Type.Field call =
            called == null ? new Type.Field(tool, new Type.Rec(List.of()), false) : called.call();
        require(new Type.Call(List.of(call)), subject, arm);
        for (int i = 0; i < names.size(); i++) {
          define(names.get(i), parameter(call, parameters.get(i)), Kind.VALUE, arm.span(), scope);
        }
        yield Optional.of(new Type.Call(List.of(call)));
      }
    };
  }

  private static Type parameter(Type.Field call, String name) {
    return ((Type.Rec) call.type())
        .fields().stream()
            .filter(f -> f.name().equals(name))
            .findFirst()
            .map(f -> f.optional() ? Type.ANY : f.type())
            .orElse(Type.ANY);
  }

  private void require(Type pattern, Type subject, Step.Arm arm) {
    if (!TypeFit.overlaps(pattern, subject) && !TypeFit.overlaps(subject, pattern)) {
      diagnostics.add(Diagnostic.wrongType("`" + subject.show() + "`", pattern, arm.span()));
    }
  }

  private void gen(Step.Gen gen, Scope scope, Place place) {
    speaks("`gen`", "`gen`", gen.span(), place);
    assistant("gen", gen.span(), place);
    Options.ofGen(gen, values, scope, diagnostics);
    boolean several = gen.options().stream().anyMatch(o -> o.name().equals("n"));
    Type type = several ? Type.array(gen.type()) : gen.type();
    define(gen.name(), type, Kind.GENERATED, gen.span(), scope);
  }

  private void think(Step.Think think, Scope scope, Place place) {
    speaks("`think`", "`think`", think.span(), place);
    assistant("think", think.span(), place);
    Options.ofThink(think.options(), values, scope, diagnostics);
    define(think.name(), Type.TEXT, Kind.GENERATED, think.span(), scope);
  }

  private void select(Step.Select select, Scope scope, Place place) {
    speaks("`select`", "`select`", select.span(), place);
    assistant("select", select.span(), place);
    if (select.choices() instanceof Expr.ListOf(var items, var span) && items.isEmpty()) {
      diagnostics.add(Diagnostic.emptySelect(span));
    }
    Type choice = values.item(select.choices(), scope);
    infer(select.name(), choice, choice, Kind.GENERATED, select.span(), scope);
  }

  private void forkEach(Step.ForkEach fork, Scope scope, Place place) {
    hasConversation("fork", fork.span(), place);
    Scope outer = scope.inner();
    Type element = values.item(fork.list(), scope);
    infer(fork.variable(), element, element, Kind.VALUE, fork.span(), outer);
    Scope branch = outer.branch();
    block(fork.body(), branch, place.branch());
    define(fork.name(), Type.array(branch.record()), Kind.FORK, fork.span(), scope);
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
                  Scope inner = scope.branch();
                  block(branch.body(), inner, place.branch());
                  return new Type.Field(branch.name(), inner.record(), false);
                })
            .toList();
    define(fork.name(), new Type.Rec(fields), Kind.FORK, fork.span(), scope);
  }

  private void join(String name, Span span, Scope scope) {
    Optional<Scope.Variable> fork = values.read(name, span, scope);
    if (fork.isPresent() && fork.get().kind() != Kind.FORK) {
      diagnostics.add(Diagnostic.notAFork(name, span));
    } else if (fork.isPresent() && scope.isOutsideBranch(name)) {
      diagnostics.add(Diagnostic.foreignFork(name, span));
    }
  }

  // --- what a step needs

  private void define(String name, Type type, Kind kind, Span span, Scope scope) {
    define(name, type, Optional.empty(), kind, span, scope);
  }

  /// Binds a variable without a declared type.
  ///
  /// @param found of which its values are
  /// @param exact of which its first value is
  private void infer(String name, Type found, Type exact, Kind kind, Span span, Scope scope) {
    boolean isFixed = !assigned.contains(name);
    define(
        name,
        Widening.widen(found),
        isFixed ? Optional.of(exact) : Optional.empty(),
        kind,
        span,
        scope);
  }

  private static boolean isWrittenOut(Expr value) {
    return value instanceof Expr.ListOf || value instanceof Expr.RecOf;
  }

  private void define(
      String name, Type type, Optional<Type> exact, Kind kind, Span span, Scope scope) {
    observer.bound(name, type, span);
    if (!scope.define(name, type, exact, kind, span)) {
      diagnostics.add(Diagnostic.duplicateName(name, span));
    }
  }

  /// Checks that a value is of type `wanted`, and returns what is known of its type.
  private Type fits(Expr expr, Type wanted, Scope scope) {
    return values.require(expr, wanted, scope);
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
}
