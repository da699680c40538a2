package dev.sgl.interpreter;

import dev.sgl.backend.Ahead;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.UnavailableException;
import dev.sgl.conversation.Speech;
import dev.sgl.program.Expr;
import dev.sgl.program.Operators;
import dev.sgl.program.Pattern;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.Supplier;

/// Runs the steps of one routine, or of one branch of a fork: the effects of all steps are here.
final class Execution {
  private final Run run;
  private final Activation activation;
  private final Speech speech;
  private final Forks forks;
  private final Order order;

  /// One call of a routine, with all branches and copies of the conversation that it starts.
  ///
  /// @param depth of calls around it
  /// @param retries whether there is a `retry` in it, or a `check … fails`, which may handle errors
  ///     of values that it reads
  record Activation(Routine routine, int depth, boolean retries) {
    Activation(Routine routine, int depth) {
      this(routine, depth, retries(routine.body()));
    }

    private static boolean retries(List<Step> steps) {
      return steps.stream()
          .anyMatch(
              step ->
                  step instanceof Step.Retry
                      || step instanceof Step.Fails
                      || step.blocks().stream().anyMatch(Activation::retries));
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  Execution(Run run, Routine routine, Speech speech, int depth, Order order) {
    this(run, new Activation(routine, depth), speech, order);
  }

  private Execution(Run run, Activation activation, Speech speech, Order order) {
    this.run = run;
    this.activation = activation;
    this.speech = speech;
    this.forks = new Forks(this);
    this.order = order;
  }

  /// The same routine in another conversation, or with other options.
  Execution in(Speech other) {
    return new Execution(run, activation, other, order);
  }

  /// The same routine in a branch.
  Execution branch(Speech copy, Order own) {
    return new Execution(run, activation, copy, own);
  }

  /// The same in a line of its own.
  Execution in(Order own) {
    return branch(speech, own);
  }

  Order order() {
    return order;
  }

  /// Whether an error of a value that is read may be handled where it is.
  boolean handlesErrors() {
    return activation.retries();
  }

  Run run() {
    return run;
  }

  Speech speech() {
    return speech;
  }

  int depth() {
    return activation.depth();
  }

  Evaluator values(Environment environment) {
    return new Evaluator(environment, this);
  }

  /// The branch name of a program called from here.
  String childBranch(String name) {
    return speech.conversation().child(name + "()");
  }

  /// Starts a call of a tool; its value is pending. The call begins when the calls before it have
  /// ended, and not at all if one of those calls failed with an error that is not handled.
  ///
  /// @param isRead whether an error can be raised where the value is read
  Pending tool(
      Span span, Environment environment, boolean isRead, Function<ToolCalls, Object> call) {
    Environment known = environment.copy();
    ToolCalls calls = new ToolCalls(run, speech.branch());
    List<Pending> before = order.before();
    Pending value =
        speech
            .tasks()
            .start(
                isRead,
                speech.branch(),
                () -> {
                  before.forEach(Pending::requireHandled);
                  return located(span, known, () -> call.apply(calls));
                })
            .value();
    order.began(value);
    return value;
  }

  /// How a block ended.
  sealed interface Outcome {
    record Done() implements Outcome {}

    record Broken() implements Outcome {}

    record Continued() implements Outcome {}

    record Returned(Object value) implements Outcome {}
  }

  private static final Outcome DONE = new Outcome.Done();

  /// Runs the routine's body with its parameters bound.
  Object call(Environment parameters) {
    return switch (block(activation.routine().body(), parameters.inner())) {
      case Outcome.Returned(Object value) -> returned(value);
      case Outcome.Done _, Outcome.Broken _, Outcome.Continued _ -> returned(Values.NONE);
    };
  }

  private Object returned(Object value) {
    Routine routine = activation.routine();
    if (routine.returns().isEmpty() || routine.returns().get() instanceof Type.Any) {
      return value;
    }
    Object known = Pending.deep(value);
    Type wanted = routine.returns().get();
    Optional<String> wrong = Types.mismatch(wanted, known);
    if (wrong.isPresent()) {
      String why =
          known == Values.NONE
              ? "there is none, but it must be `" + wanted.show() + "`"
              : wrong.get();
      throw new RunException(
          new TypeException("the value that `" + routine.name() + "` returns: " + why),
          routine.span(),
          speech.branch(),
          List.of());
    }
    return known;
  }

  /// Runs a block; forks started in it have ended when it ends.
  Outcome block(List<Step> steps, Environment environment) {
    List<TaskGroup> groups = new ArrayList<>();
    try {
      Outcome outcome = steps(steps, environment, groups);
      groups.forEach(TaskGroup::join);
      return outcome;
    } catch (CancellationException e) {
      // a branch was read that its sibling's error cancelled
      groups.forEach(TaskGroup::raiseFailure);
      throw e;
    } finally {
      groups.forEach(TaskGroup::close);
    }
  }

  /// Runs steps that are no block of their own.
  private Outcome steps(List<Step> steps, Environment environment, List<TaskGroup> groups) {
    Outcome outcome = DONE;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      run.effort().spend();
      run.options().listener().reached(speech.branch(), step.span());
      List<Step> rest = steps.subList(i + 1, steps.size());
      outcome = located(step.span(), environment, () -> step(step, rest, environment, groups));
      if (!(outcome instanceof Outcome.Done)) {
        break;
      }
    }
    return outcome;
  }

  private <T> T located(Span span, Environment environment, Supplier<T> work) {
    return located(span, speech.branch(), environment, work);
  }

  /// Does `work`, and gives an error of it the place where it happened.
  static <T> T located(Span span, String branch, Environment environment, Supplier<T> work) {
    try {
      return work.get();
    } catch (TypeException e) {
      throw new RunException(e, e.span().orElse(span), branch, environment.known());
    } catch (BackendException | FailException | UnboundToolException e) {
      throw new RunException(e, span, branch, environment.known());
    }
  }

  /// Binds a value that the model will generate.
  private void bind(
      String name,
      String type,
      List<Step.Option> options,
      List<Ahead> ahead,
      Span span,
      Environment environment,
      Function<Speech.Wanted, Speech.Said> saying) {
    Environment known = environment.copy();
    Map<String, Object> given = values(environment).options(options);
    Speech.Said said =
        saying.apply(
            new Speech.Wanted(
                name,
                type,
                given,
                ahead,
                error -> new RunException(error, span, speech.branch(), known.known())));
    environment.define(name, new Environment.Variable(said.value(), said.meta(), Optional.empty()));
  }

  /// @param rest the steps of the block that follow
  private Outcome step(
      Step step, List<Step> rest, Environment environment, List<TaskGroup> groups) {
    Evaluator values = values(environment);
    return switch (step) {
      case Step.Say(var text, _) -> say(values.text(text));
      case Step.Message message -> message(message, environment, groups);
      case Step.Gen gen -> gen(gen, rest, environment);
      case Step.Select select -> select(select, environment, values);
      case Step.Think think -> think(think, environment);
      case Step.Image(var source, _) -> image(values.text(source));
      case Step.ForkEach fork -> fork(fork, rest, environment, groups);
      case Step.ForkBranches fork -> fork(fork, rest, environment, groups);
      case Step.Join join -> join(join, environment);
      case Step.Scratch(var body, _) -> scratch(body, environment, groups);
      case Step.Retry retry -> retry(retry, environment, values, groups);
      case Step.With with -> with(with, environment, values, groups);
      case Step.Let let -> let(let, environment, values);
      case Step.Assign assign -> assign(assign, environment, values);
      case Step.If(var condition, var then, var otherwise, _) ->
          block(values.truth(condition) ? then : otherwise, environment.inner());
      case Step.For loop -> loop(loop, environment, values);
      case Step.While loop -> loop(loop, environment, values);
      case Step.Match(var subject, var arms, _) -> match(values.known(subject), arms, environment);
      case Step.Break _ -> new Outcome.Broken();
      case Step.Continue _ -> new Outcome.Continued();
      case Step.Return(var value, _) ->
          new Outcome.Returned(value.map(values::value).orElse(Values.NONE));
      case Step.Log(var value, _) -> log(values.text(value));
      case Step.Fail(var message, _) -> throw new FailException(values.text(message), activation);
      case Step.Check check -> check(check, values);
      case Step.Fails fails -> fails(fails, environment, values);
      case Step.Do(var call, _) -> perform(call, values);
    };
  }

  // --- acts

  private Outcome say(String text) {
    speech.say(text);
    return DONE;
  }

  /// The body is no block of its own: its variables belong to the block around the message.
  private Outcome message(Step.Message message, Environment environment, List<TaskGroup> groups) {
    speech.begin(message.role());
    Outcome outcome = steps(message.body(), environment, groups);
    speech.end();
    return outcome;
  }

  private Outcome gen(Step.Gen gen, List<Step> rest, Environment environment) {
    bind(
        gen.name(),
        gen.written(),
        gen.options(),
        Lookahead.of(gen.name(), rest, environment),
        gen.span(),
        environment,
        wanted -> speech.gen(wanted, gen.type(), _ -> {}));
    return DONE;
  }

  private Outcome select(Step.Select select, Environment environment, Evaluator values) {
    List<?> choices = (List<?>) Pending.deep(values.list(select.choices()));
    if (choices.stream().map(Values::text).anyMatch(String::isEmpty)) {
      throw new TypeException("a choice of `select` is empty text").at(select.choices().span());
    }
    bind(
        select.name(),
        "text",
        List.of(),
        List.of(),
        select.span(),
        environment,
        wanted -> speech.select(wanted, choices, select.method()));
    return DONE;
  }

  private Outcome think(Step.Think think, Environment environment) {
    bind(
        think.name(), "text", think.options(), List.of(), think.span(), environment, speech::think);
    return DONE;
  }

  private Outcome image(String source) {
    speech.image(source);
    return DONE;
  }

  private Outcome with(
      Step.With with, Environment environment, Evaluator values, List<TaskGroup> groups) {
    Speech more = speech.with(values.options(with.options()));
    return in(more).steps(with.body(), environment, groups);
  }

  // --- forks

  private Outcome fork(
      Step.ForkEach fork, List<Step> rest, Environment environment, List<TaskGroup> groups) {
    boolean mayFail = Forks.joinsFirst(fork.name(), rest);
    groups.add(forks.each(fork, environment, mayFail).group());
    return DONE;
  }

  private Outcome fork(
      Step.ForkBranches fork, List<Step> rest, Environment environment, List<TaskGroup> groups) {
    boolean mayFail = Forks.joinsFirst(fork.name(), rest);
    groups.add(forks.branches(fork, environment, mayFail).group());
    return DONE;
  }

  private Outcome join(Step.Join join, Environment environment) {
    forks.join(join, environment);
    return DONE;
  }

  // --- values

  private static Outcome let(Step.Let let, Environment environment, Evaluator values) {
    environment.define(let.name(), typed(let.name(), let.type(), values.value(let.value())));
    return DONE;
  }

  private static Outcome assign(Step.Assign assign, Environment environment, Evaluator values) {
    environment.assign(assign.name(), values.value(assign.value()));
    return DONE;
  }

  private Outcome log(String text) {
    run.options().listener().logged(speech.branch(), text);
    return DONE;
  }

  private static Outcome check(Step.Check check, Evaluator values) {
    Checks.require(check.condition(), check.message(), values);
    return DONE;
  }

  private static Outcome perform(Expr.Call call, Evaluator values) {
    values.perform(call);
    return DONE;
  }

  private static Object typed(String name, Type type, Object value) {
    if (type instanceof Type.Any) {
      return value;
    }
    Object known = Pending.deep(value);
    Optional<String> wrong = Types.mismatch(type, known);
    if (wrong.isPresent()) {
      throw new TypeException("`" + name + "`: " + wrong.get());
    }
    return known;
  }

  private Outcome loop(Step.For loop, Environment environment, Evaluator values) {
    for (Object element : values.list(loop.list())) {
      run.effort().spend();
      Environment inner = environment.inner();
      inner.define(loop.variable(), element);
      Outcome outcome = block(loop.body(), inner.inner());
      if (outcome instanceof Outcome.Broken) {
        break;
      }
      if (outcome instanceof Outcome.Returned) {
        return outcome;
      }
    }
    return DONE;
  }

  private Outcome loop(Step.While loop, Environment environment, Evaluator values) {
    while (values.truth(loop.condition())) {
      run.effort().spend();
      Outcome outcome = block(loop.body(), environment.inner());
      if (outcome instanceof Outcome.Broken) {
        break;
      }
      if (outcome instanceof Outcome.Returned) {
        return outcome;
      }
    }
    return DONE;
  }

  private Outcome match(Object value, List<Step.Arm> arms, Environment environment) {
    for (Step.Arm arm : arms) {
      for (Pattern pattern : arm.patterns()) {
        if (fits(pattern, value)) {
          Environment inner = environment.inner();
          if (pattern instanceof Pattern.CallOf call) {
            bind(call, (Map<?, ?>) value, inner);
          }
          return block(arm.body(), inner.inner());
        }
      }
    }
    return DONE;
  }

  static boolean fits(Pattern pattern, Object value) {
    return switch (pattern) {
      case Pattern.Anything() -> true;
      case Pattern.Value(Object constant) -> Operators.equal(constant, value);
      case Pattern.OfType(Type type) -> Types.mismatch(type, value).isEmpty();
      case Pattern.CallOf(var tool, _, _) ->
          value instanceof Map<?, ?> call
              && tool.equals(call.get("name"))
              && call.get("arguments") instanceof Map<?, ?>;
    };
  }

  private static void bind(Pattern.CallOf call, Map<?, ?> value, Environment environment) {
    Map<?, ?> arguments = (Map<?, ?>) Objects.requireNonNull(value.get("arguments"));
    for (int i = 0; i < call.names().size(); i++) {
      Object argument = arguments.get(call.parameters().get(i));
      environment.define(call.names().get(i), argument == null ? Values.NONE : argument);
    }
  }

  private Outcome retry(
      Step.Retry retry, Environment environment, Evaluator values, List<TaskGroup> groups) {
    long times = values.integer(retry.times());
    if (times < 1) {
      throw new TypeException("`retry` needs at least one attempt, not " + times);
    }
    for (long attempt = 1; attempt <= times; attempt++) {
      try {
        return attempt(retry.body(), environment);
      } catch (RunException e) {
        boolean isFail =
            e.getCause() instanceof FailException fail && fail.activation() == activation;
        boolean isGone =
            e.getCause() instanceof UnboundToolException
                || e.getCause() instanceof UnavailableException gone && !gone.isPassing();
        if (isFail || isGone) {
          throw e;
        }
        String why = String.valueOf(e.getMessage());
        run.options().listener().retried(speech.branch(), (int) attempt, why);
        if (attempt == times && retry.otherwise().isEmpty()) {
          throw e;
        }
      }
    }
    return steps(retry.otherwise().orElseThrow(), environment, groups);
  }

  /// Requires that computing the value fails. A model that cannot answer is no failure of the
  /// tested program.
  private Outcome fails(Step.Fails step, Environment environment, Evaluator values) {
    Optional<String> message = step.message().map(values::text);
    Object value;
    try {
      value =
          attempt(
              "fails",
              copy ->
                  copy.located(
                      step.span(),
                      environment,
                      () -> copy.values(environment).known(step.value())));
    } catch (RunException e) {
      if (e.getCause() instanceof BackendException) {
        throw e;
      }
      Checks.requireFailure(e, message);
      return DONE;
    }
    throw Checks.noFailure(value).at(step.value().span());
  }

  /// Runs the steps in a copy of the conversation, which takes its place if all goes well.
  private Outcome attempt(List<Step> body, Environment environment) {
    Environment own = environment.inner();
    Outcome outcome = attempt("retry", copy -> copy.block(body, own));
    environment.takeOver(own);
    return outcome;
  }

  private <T> T attempt(String name, Function<Execution, T> work) {
    return speech.attempt(name, copy -> work.apply(in(copy)));
  }

  private Outcome scratch(List<Step> body, Environment environment, List<TaskGroup> groups) {
    TaskGroup group = speech.tasks().inner();
    groups.add(group);
    Speech copy = speech.copy("scratch", group);
    try {
      return in(copy).steps(body, environment, groups);
    } finally {
      copy.conversation().whenSaid(() -> run.options().listener().ended(copy.branch()));
    }
  }
}
