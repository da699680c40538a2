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
/// known, and that every step is in a place where it can run. [ExprChecker] checks values.
public final class Checker {
  private final Program program;
  private final List<Diagnostic> diagnostics;
  private final Observer observer;
  private final ExprChecker values;
  private final Flow flow = new Flow();
  private final Set<String> assigned = new HashSet<>(); // names of variables, in any routine
  private boolean isPreparing; // a block that may run several times

  /// @param diagnostics takes the mistakes
  /// @param observer called for each variable that is bound or read
  public Checker(Program program, List<Diagnostic> diagnostics, Observer observer) {
    this.program = program;
    this.diagnostics = diagnostics;
    this.observer = observer;
    this.values = new ExprChecker(program, diagnostics, observer);
  }

  /// Adds a diagnostic for each mistake to the list that the checker was made with.
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

  /// The routine, the message, the loop and the branch that a step is in.
  ///
  /// @param speaksInMessages whether the routine has messages, outside of which nothing is said
  private record Surroundings(
      Routine routine,
      Optional<Role> role,
      boolean inLoop,
      boolean inBranch,
      boolean speaksInMessages) {
    Surroundings in(Role speaker) {
      return new Surroundings(routine, Optional.of(speaker), inLoop, inBranch, speaksInMessages);
    }

    Surroundings loop() {
      return new Surroundings(routine, role, true, inBranch, speaksInMessages);
    }

    Surroundings branch() {
      return new Surroundings(routine, role, false, true, speaksInMessages);
    }
  }

  private void routine(Routine routine) {
    Scope scope = new Scope();
    for (Routine.Parameter parameter : routine.parameters()) {
      define(parameter.name(), parameter.type(), Kind.VALUE, parameter.span(), scope);
      parameter.standard().ifPresent(e -> fits(e, parameter.type(), new Scope()));
    }
    boolean chat = routine.kind() == Routine.Kind.PROGRAM && hasMessages(routine.body());
    block(
        routine.body(),
        scope.inner(),
        new Surroundings(routine, Optional.empty(), false, false, chat));
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
    block(test.body(), new Scope(), new Surroundings(block, Optional.empty(), false, false, false));
  }

  private static boolean hasMessages(List<Step> steps) {
    return steps.stream().anyMatch(s -> s instanceof Step.Message || hasMessages(Flow.inside(s)));
  }

  /// Checks a block whose variables are its own.
  private void block(List<Step> steps, Scope scope, Surroundings around) {
    open(steps, scope, around);
    scope.own().forEach(this::warnIfUnread);
  }

  /// Checks a block whose variables are those of the block around it.
  private void open(List<Step> steps, Scope scope, Surroundings around) {
    boolean reached = true;
    for (int i = 0; i < steps.size(); i++) {
      step(steps.get(i), scope, around);
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

  private void inner(List<Step> steps, Scope scope, Surroundings around) {
    Scope inner = scope.inner();
    block(steps, inner, around);
    scope.lose(inner);
  }

  /// Checks a block that is entered if a condition holds, or if it does not.
  ///
  /// @return the scope at its end
  private Scope knowing(
      Expr condition, boolean holds, List<Step> steps, Scope scope, Surroundings around) {
    Scope known = scope.inner();
    values.know(condition, holds, known);
    block(steps, known, around);
    scope.lose(known);
    return known;
  }

  private void warnIfUnread(String name, Scope.Variable variable) {
    boolean binds =
        switch (variable.type()) {
          case Type.Array(Type.Rec(var fields), _, _) -> !fields.isEmpty();
          case Type.Rec(var branches) ->
              branches.stream().anyMatch(b -> b.type() instanceof Type.Rec(var f) && !f.isEmpty());
          case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
          case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Array _, Type.MapOf _ -> false;
          case Type.Call _, Type.Schema _, Type.Grammar _, Type.Recursive _ -> false;
          case Type.Ref _, Type.Any _ -> false;
        };
    if (variable.kind() == Kind.FORK && binds && !variable.isRead()) {
      diagnostics.add(Diagnostic.unreadFork(name, variable.span()));
    }
  }

  private void step(Step step, Scope scope, Surroundings around) {
    switch (step) {
      case Step.Say say -> say(say, scope, around);
      case Step.Message message -> message(message, scope, around);
      case Step.Gen gen -> gen(gen, scope, around);
      case Step.Select select -> select(select, scope, around);
      case Step.ForkEach fork -> forkEach(fork, scope, around);
      case Step.ForkBranches fork -> forkBranches(fork, scope, around);
      case Step.Think think -> think(think, scope, around);
      case Step.Join join -> join(join, scope, around);
      case Step.Scratch scratch -> scratch(scratch, scope, around);
      case Step.Retry retry -> retry(retry, scope, around);
      case Step.With with -> with(with, scope, around);
      case Step.Image image -> image(image, scope, around);
      case Step.Let let -> let(let, scope);
      case Step.Assign assign -> assign(assign, scope);
      case Step.If condition -> condition(condition, scope, around);
      case Step.For loop -> loop(loop, scope, around);
      case Step.While loop -> loop(loop, scope, around);
      case Step.Match match -> match(match, scope, around);
      case Step.Break(var span) -> inLoop("break", span, around);
      case Step.Continue(var span) -> inLoop("continue", span, around);
      case Step.Return result -> returned(result, scope, around);
      case Step.Log(var value, _) -> values.type(value, scope);
      case Step.Fail(var message, _) -> values.type(message, scope);
      case Step.Check check -> check(check, scope);
      case Step.Fails fails -> fails(fails, scope);
      case Step.Do action -> action(action, scope, around);
    }
  }

  private void say(Step.Say say, Scope scope, Surroundings around) {
    speaks("add text", "Text", say.span(), around);
    values.type(say.text(), scope);
    LiteralBraces.variable(say.text(), scope)
        .ifPresent(name -> diagnostics.add(Diagnostic.literalBraces(name, say.span())));
  }

  private void join(Step.Join join, Scope scope, Surroundings around) {
    join(join.name(), join.span(), scope);
    join.first().ifPresent(count -> fits(count, Type.INT, scope));
    if (join.append()) {
      hasConversation("add what branches said", join.span(), around);
    }
  }

  private void scratch(Step.Scratch scratch, Scope scope, Surroundings around) {
    hasConversation("have a copy of one", scratch.span(), around);
    open(scratch.body(), scope, around);
  }

  private void with(Step.With with, Scope scope, Surroundings around) {
    Options.ofWith(with.options(), values, scope, diagnostics);
    open(with.body(), scope, around);
  }

  private void image(Step.Image image, Scope scope, Surroundings around) {
    hasConversation("show a picture", image.span(), around);
    if (!around.role().equals(Optional.of(Role.USER))) {
      diagnostics.add(Diagnostic.notAUser("a picture", image.span()));
    }
    fits(image.source(), Type.TEXT, scope);
  }

  private void let(Step.Let let, Scope scope) {
    Type found = fits(let.value(), let.type(), scope);
    if (let.type() instanceof Type.Any) {
      Type widened = isWrittenOut(let.value()) ? Widening.loosen(found) : found;
      infer(let.name(), widened, found, Kind.VALUE, let.span(), scope);
    } else {
      define(let.name(), let.type(), Kind.VALUE, let.span(), scope);
    }
  }

  private void assign(Step.Assign assign, Scope scope) {
    assigned(assign.name(), assign.span(), scope);
    Type type = values.type(assign.value(), scope);
    Type widened = isWrittenOut(assign.value()) ? Widening.loosen(type) : Widening.widen(type);
    Type known = scope.find(assign.name()).map(Scope.Variable::type).orElse(Type.ANY);
    boolean isNone = type.equals(new Type.Literal(Values.NONE)) && !(known instanceof Type.Any);
    boolean isOne = !TypeFit.fits(widened, known) && TypeFit.fits(type, known);
    Type found = isNone || isOne ? type : widened;
    Type all = TypeFit.fits(found, known) ? known : TypeFit.union(List.of(known, found));
    scope.assigned(assign.name(), all);
    scope.narrow(assign.name(), found);
  }

  /// Checks that a variable that is assigned was bound. A name like no other was probably meant to
  /// be bound here, and is known from here on.
  private void assigned(String name, Span span, Scope scope) {
    if (scope.find(name).isEmpty() && Nearest.among(name, scope.names()).isEmpty()) {
      diagnostics.add(
          Diagnostic.unknownName(name, span, "to bind it, write `let " + name + " = …`"));
      scope.define(name, Type.ANY, Kind.VALUE, span);
    } else {
      values.read(name, span, scope);
    }
  }

  private void condition(Step.If step, Scope scope, Surroundings around) {
    Expr condition = step.condition();
    fits(condition, Type.BOOL, scope);
    Scope yes = knowing(condition, true, step.then(), scope, around);
    Scope no = knowing(condition, false, step.otherwise(), scope, around);
    scope.narrowAsIn(yes, no);
    if (flow.leaves(step.then())) {
      values.know(condition, false, scope);
    }
    if (flow.leaves(step.otherwise())) {
      values.know(condition, true, scope);
    }
  }

  private void loop(Step.For loop, Scope scope, Surroundings around) {
    Scope inner = scope.inner();
    Type element = values.item(loop.list(), scope);
    infer(loop.variable(), element, element, Kind.VALUE, loop.span(), inner);
    again(loop.body(), scope, () -> inner(loop.body(), inner.inner(), around.loop()));
    inner(loop.body(), inner, around.loop());
    scope.lose(inner);
  }

  private void loop(Step.While loop, Scope scope, Surroundings around) {
    Expr condition = loop.condition();
    fits(condition, Type.BOOL, scope);
    again(
        loop.body(),
        scope,
        () -> knowing(condition, true, loop.body(), scope.inner(), around.loop()));
    knowing(condition, true, loop.body(), scope, around.loop());
  }

  private void returned(Step.Return result, Scope scope, Surroundings around) {
    if (around.inBranch()) {
      diagnostics.add(Diagnostic.returnInBranch(result.span()));
    }
    Type wanted = around.routine().returns().orElse(Type.ANY);
    result.value().ifPresent(value -> fits(value, wanted, scope));
  }

  private void check(Step.Check check, Scope scope) {
    fits(check.condition(), Type.BOOL, scope);
    check.message().ifPresent(message -> values.type(message, scope));
    values.know(check.condition(), true, scope);
  }

  private void fails(Step.Fails fails, Scope scope) {
    values.type(fails.value(), scope);
    fails.message().ifPresent(message -> values.type(message, scope));
  }

  private void action(Step.Do action, Scope scope, Surroundings around) {
    values.type(action.call(), scope);
    Routine called = program.routines().get(action.call().name());
    if (called != null && called.kind() == Routine.Kind.FRAGMENT) {
      hasConversation("use a fragment", action.span(), around);
    }
  }

  private void message(Step.Message message, Scope scope, Surroundings around) {
    hasConversation("write a message", message.span(), around);
    if (around.role().isPresent()) {
      diagnostics.add(Diagnostic.nestedMessage(message.span()));
    }
    open(message.body(), scope, around.in(message.role()));
  }

  /// What a `retry` binds is bound after it, if its `else` binds it too or does not go on.
  private void retry(Step.Retry retry, Scope scope, Surroundings around) {
    fits(retry.times(), Type.INT, scope);
    again(retry.body(), scope, () -> open(retry.body(), scope.inner(), around));
    Scope body = scope.inner();
    open(retry.body(), body, around);
    if (retry.otherwise().isEmpty() || flow.leaves(retry.otherwise().get())) {
      retry.otherwise().ifPresent(steps -> inner(steps, scope, around));
      scope.keep(body);
      return;
    }
    Scope otherwise = scope.inner();
    open(retry.otherwise().get(), otherwise, around);
    scope.keep(body, otherwise);
  }

  private void match(Step.Match match, Scope scope, Surroundings around) {
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
      block(arm.body(), inner, around);
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

  /// Binds the names of a pattern, and returns the type of the values that fit the pattern,
  /// if it is known.
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

  private void gen(Step.Gen gen, Scope scope, Surroundings around) {
    speaks("`gen`", "`gen`", gen.span(), around);
    assistant("gen", gen.span(), around);
    Options.ofGen(gen, values, scope, diagnostics);
    boolean several = gen.options().stream().anyMatch(o -> o.name().equals("n"));
    Type type = several ? Type.array(gen.type()) : gen.type();
    define(gen.name(), type, Kind.GENERATED, gen.span(), scope);
  }

  private void think(Step.Think think, Scope scope, Surroundings around) {
    speaks("`think`", "`think`", think.span(), around);
    assistant("think", think.span(), around);
    Options.ofThink(think.options(), values, scope, diagnostics);
    define(think.name(), Type.TEXT, Kind.GENERATED, think.span(), scope);
  }

  private void select(Step.Select select, Scope scope, Surroundings around) {
    speaks("`select`", "`select`", select.span(), around);
    assistant("select", select.span(), around);
    if (select.choices() instanceof Expr.ListOf(var items, var span) && items.isEmpty()) {
      diagnostics.add(Diagnostic.emptySelect(span));
    }
    Type choice = values.item(select.choices(), scope);
    infer(select.name(), choice, choice, Kind.GENERATED, select.span(), scope);
  }

  private void forkEach(Step.ForkEach fork, Scope scope, Surroundings around) {
    hasConversation("fork", fork.span(), around);
    Scope outer = scope.inner();
    Type element = values.item(fork.list(), scope);
    infer(fork.variable(), element, element, Kind.VALUE, fork.span(), outer);
    Scope branch = outer.branch();
    block(fork.body(), branch, around.branch());
    define(fork.name(), Type.array(branch.record()), Kind.FORK, fork.span(), scope);
  }

  private void forkBranches(Step.ForkBranches fork, Scope scope, Surroundings around) {
    hasConversation("fork", fork.span(), around);
    Set<String> names = new HashSet<>();
    List<Type.Field> fields =
        fork.branches().stream()
            .map(
                branch -> {
                  if (!names.add(branch.name())) {
                    diagnostics.add(Diagnostic.duplicateName(branch.name(), branch.span()));
                  }
                  Scope inner = scope.branch();
                  block(branch.body(), inner, around.branch());
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

  /// Checks that a value is of type `wanted`, and returns its type as far as it is known.
  private Type fits(Expr expr, Type wanted, Scope scope) {
    return values.require(expr, wanted, scope);
  }

  private void hasConversation(String what, Span span, Surroundings around) {
    if (around.routine().kind() == Routine.Kind.FN) {
      diagnostics.add(Diagnostic.noConversation(what, span));
    }
  }

  private void speaks(String what, String subject, Span span, Surroundings around) {
    hasConversation(what, span, around);
    if (around.speaksInMessages() && around.role().isEmpty()) {
      diagnostics.add(Diagnostic.outsideMessage(subject, span));
    }
  }

  private void assistant(String what, Span span, Surroundings around) {
    around
        .role()
        .filter(role -> role != Role.ASSISTANT)
        .ifPresent(_ -> diagnostics.add(Diagnostic.notAssistant(what, span)));
  }

  private void inLoop(String word, Span span, Surroundings around) {
    if (!around.inLoop()) {
      diagnostics.add(Diagnostic.outsideLoop(word, span));
    }
  }
}
