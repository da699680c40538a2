package dev.sgl.interpreter;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Pin;
import dev.sgl.program.Operators;
import dev.sgl.program.Pattern;
import dev.sgl.program.Role;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.Supplier;

/// Runs the steps of one routine, or of one branch of a fork: the whole of what steps do.
final class Execution {
  private final Run run;
  private final Activation activation;
  private final Conversation conversation;
  private final TaskGroup tasks;
  private final Defaults defaults;
  private final Speech speech;

  /// One call of a routine, with all branches and copies of the conversation that it starts.
  ///
  /// @param depth of calls around it
  record Activation(Routine routine, int depth) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  Execution(Run run, Routine routine, Conversation conversation, TaskGroup tasks, int depth) {
    this(run, new Activation(routine, depth), conversation, tasks, Defaults.NONE);
  }

  private Execution(
      Run run,
      Activation activation,
      Conversation conversation,
      TaskGroup tasks,
      Defaults defaults) {
    this.run = run;
    this.activation = activation;
    this.conversation = conversation;
    this.tasks = tasks;
    this.defaults = defaults;
    this.speech = new Speech(run, conversation, tasks, defaults);
  }

  /// The same routine in another conversation.
  private Execution in(Conversation other, TaskGroup group) {
    return new Execution(run, activation, other, group, defaults);
  }

  private Execution with(Defaults more) {
    return new Execution(run, activation, conversation, tasks, more);
  }

  Run run() {
    return run;
  }

  Conversation conversation() {
    return conversation;
  }

  TaskGroup tasks() {
    return tasks;
  }

  int depth() {
    return activation.depth();
  }

  Evaluator values(Environment environment) {
    return new Evaluator(environment, this);
  }

  /// The branch name of a program called from here.
  String childBranch(String name) {
    return conversation.child(name + "()");
  }

  /// Starts a call of a tool; its value is pending.
  Pending tool(Span span, Environment environment, Function<ToolCalls, Object> call) {
    Environment known = environment.copy();
    ToolCalls calls = new ToolCalls(run, conversation.branch());
    return tasks
        .start(conversation.branch(), () -> located(span, known, () -> call.apply(calls)))
        .value();
  }

  /// How a block ended.
  private sealed interface Outcome {
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
    Optional<String> wrong =
        known == Values.NONE
            ? Optional.of("there is none, but it must be `" + routine.returns().get().show() + "`")
            : Types.mismatch(routine.returns().get(), known);
    if (wrong.isPresent()) {
      throw new RunException(
          "the value that `" + routine.name() + "` returns: " + wrong.get(),
          routine.span(),
          conversation.branch(),
          List.of(),
          new TypeException(wrong.get()));
    }
    return known;
  }

  /// Runs a block; forks started in it have ended when it ends.
  private Outcome block(List<Step> steps, Environment environment) {
    List<TaskGroup> forks = new ArrayList<>();
    try {
      Outcome outcome = steps(steps, environment, forks);
      forks.forEach(TaskGroup::join);
      return outcome;
    } catch (CancellationException e) {
      // a branch was read that its sibling's error cancelled
      forks.forEach(TaskGroup::raiseFailure);
      throw e;
    } finally {
      forks.forEach(TaskGroup::close);
    }
  }

  /// Runs steps that are no block of their own.
  private Outcome steps(List<Step> steps, Environment environment, List<TaskGroup> forks) {
    Outcome outcome = DONE;
    for (Step step : steps) {
      outcome = located(step.span(), environment, () -> step(step, environment, forks));
      if (!(outcome instanceof Outcome.Done)) {
        break;
      }
    }
    return outcome;
  }

  private <T> T located(Span span, Environment environment, Supplier<T> work) {
    return RunException.located(span, conversation.branch(), environment, work);
  }

  private Outcome step(Step step, Environment environment, List<TaskGroup> forks) {
    Evaluator values = values(environment);
    switch (step) {
      case Step.Say(var text, _) -> speech.say(values.text(text));
      case Step.Message(var role, var body, _) -> {
        return message(role, body, environment, forks);
      }
      case Step.Gen gen -> speech.gen(gen, environment, values);
      case Step.Select select -> speech.select(select, environment, values);
      case Step.ForkEach fork -> forkEach(fork, environment, values, forks);
      case Step.ForkBranches fork -> forkBranches(fork, environment, forks);
      case Step.Think think -> speech.think(think, environment, values);
      case Step.Join join -> join(join, environment, values);
      case Step.Scratch(var body, _) -> {
        TaskGroup group = tasks.inner();
        forks.add(group);
        return in(copy("scratch", group), group).steps(body, environment, forks);
      }
      case Step.Retry retry -> {
        return retry(retry, environment, values, forks);
      }
      case Step.With(var options, var body, _) -> {
        Map<String, Object> given = new LinkedHashMap<>();
        options.forEach(option -> given.put(option.name(), values.known(option.value())));
        return with(defaults.with(given)).steps(body, environment, forks);
      }
      case Step.Image(var source, _) -> speech.image(values.text(source));
      case Step.Let(var name, var type, var value, _) ->
          environment.define(name, typed(name, type, values.value(value)));
      case Step.Assign(var name, var value, _) -> environment.assign(name, values.value(value));
      case Step.If(var condition, var then, var otherwise, _) -> {
        return block(values.truth(condition) ? then : otherwise, environment.inner());
      }
      case Step.For loop -> {
        return loop(loop, environment, values);
      }
      case Step.While(var condition, var body, _) -> {
        while (values.truth(condition)) {
          Outcome outcome = block(body, environment.inner());
          if (outcome instanceof Outcome.Broken) {
            break;
          }
          if (outcome instanceof Outcome.Returned) {
            return outcome;
          }
        }
      }
      case Step.Match(var subject, var arms, _) -> {
        return match(values.known(subject), arms, environment);
      }
      case Step.Break _ -> {
        return new Outcome.Broken();
      }
      case Step.Continue _ -> {
        return new Outcome.Continued();
      }
      case Step.Return(var value, _) -> {
        return new Outcome.Returned(value.map(values::value).orElse(Values.NONE));
      }
      case Step.Log(var value, _) ->
          run.options().listener().logged(conversation.branch(), values.text(value));
      case Step.Fail(var message, _) -> throw new FailException(values.text(message), activation);
      case Step.Check(var condition, var message, _) -> {
        if (!values.truth(condition)) {
          throw new TypeException(message.map(values::text).orElse("a check failed"));
        }
      }
      case Step.Do(var call, _) -> values.value(call);
    }
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

  /// The body is no block of its own: its variables belong to the block around the message.
  private Outcome message(
      Role role, List<Step> body, Environment environment, List<TaskGroup> forks) {
    speech.begin(role);
    Outcome outcome = steps(body, environment, forks);
    speech.end();
    return outcome;
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

  private static boolean fits(Pattern pattern, Object value) {
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

  // --- copies of the conversation

  /// A conversation that goes on from what was said so far, under a name of its own.
  private Conversation copy(String name, TaskGroup group) {
    return Conversation.from(conversation.snapshot(), conversation.child(name), group);
  }

  private Outcome retry(
      Step.Retry retry, Environment environment, Evaluator values, List<TaskGroup> forks) {
    long times = values.integer(retry.times());
    if (times < 1) {
      throw new TypeException("`retry` needs at least one attempt, not " + times);
    }
    for (int attempt = 1; ; attempt++) {
      try {
        return attempt(retry.body(), environment);
      } catch (RunException e) {
        if (e.getCause() instanceof FailException fail && fail.activation() == activation) {
          throw e;
        }
        String why = String.valueOf(e.getMessage());
        run.options().listener().retried(conversation.branch(), attempt, why);
        if (attempt >= times && retry.otherwise().isEmpty()) {
          throw e;
        }
      }
      if (attempt >= times) {
        return steps(retry.otherwise().orElseThrow(), environment, forks);
      }
    }
  }

  /// Runs the steps in a copy of the conversation, which takes its place if all goes well.
  private Outcome attempt(List<Step> body, Environment environment) {
    Environment own = environment.inner();
    try (TaskGroup group = tasks.inner()) {
      Conversation copy = copy("retry", group);
      run.options().listener().began(copy.branch());
      Outcome outcome =
          (Outcome)
              group.during(
                  () -> {
                    Outcome ended = in(copy, group).block(body, own);
                    copy.await();
                    group.join();
                    return ended;
                  });
      Transcript said = copy.transcript();
      conversation.thenBriefly(transcript -> transcript.become(said));
      environment.takeOver(own);
      run.options().listener().ended(copy.branch());
      return outcome;
    }
  }

  // --- forks

  private void forkEach(
      Step.ForkEach fork, Environment environment, Evaluator values, List<TaskGroup> forks) {
    TaskGroup group = fork(forks);
    Pending start = conversation.snapshot();
    String name = conversation.child(fork.name());
    Map<Object, Pending> branches = new LinkedHashMap<>();
    List<?> elements = values.list(fork.list());
    for (int i = 0; i < elements.size(); i++) {
      Environment inner = environment.copy().inner();
      inner.define(fork.variable(), elements.get(i));
      Pending said = new Pending();
      branches.put(branch(name + "[" + i + "]", fork.body(), inner, group, start, said), said);
    }
    Environment.Fork known = new Environment.Fork(group, start, branches);
    List<Object> all = List.copyOf(branches.keySet());
    environment.define(fork.name(), new Environment.Variable(all, Values.NONE, Optional.of(known)));
  }

  /// A group for the branches of a fork. While it runs, the backend keeps what they have in common.
  private TaskGroup fork(List<TaskGroup> forks) {
    TaskGroup group = tasks.inner();
    forks.add(group);
    conversation.thenBriefly(transcript -> group.keep(pin(transcript)));
    return group;
  }

  /// What goes wrong here is for the branches to say, if they speak.
  private Pin pin(Transcript transcript) {
    try {
      return transcript
          .said()
          .map(prompt -> run.backend().pin(prompt, run.options().scheduling()))
          .orElse(Pin.NONE);
    } catch (BackendException e) {
      return Pin.NONE;
    }
  }

  private void forkBranches(
      Step.ForkBranches fork, Environment environment, List<TaskGroup> forks) {
    TaskGroup group = fork(forks);
    Pending start = conversation.snapshot();
    String child = conversation.child(fork.name());
    Map<String, Object> values = new LinkedHashMap<>();
    Map<Object, Pending> branches = new LinkedHashMap<>();
    for (Step.Branch branch : fork.branches()) {
      Pending said = new Pending();
      String name = child + "." + branch.name();
      Pending value = branch(name, branch.body(), environment.copy(), group, start, said);
      values.put(branch.name(), value);
      branches.put(value, said);
    }
    Environment.Fork known = new Environment.Fork(group, start, branches);
    environment.define(
        fork.name(), new Environment.Variable(values, Values.NONE, Optional.of(known)));
  }

  private void join(Step.Join join, Environment environment, Evaluator values) {
    Environment.Variable variable = environment.get(join.name());
    Environment.Fork fork = variable.fork().orElseThrow();
    if (join.first().isEmpty()) {
      fork.group().join();
    } else {
      environment.assign(join.name(), joinFirst(variable, values.integer(join.first().get())));
    }
    if (join.append()) {
      Object kept = environment.get(join.name()).value();
      Transcript start = (Transcript) fork.start().await();
      fork.branches()
          .forEach(
              (value, said) -> {
                if (isKept(value, kept)) {
                  Transcript all = (Transcript) said.await();
                  conversation.thenBriefly(transcript -> transcript.append(all, start));
                }
              });
    }
  }

  private static boolean isKept(Object branch, Object kept) {
    return kept instanceof Map<?, ?> map
        ? map.containsValue(branch)
        : ((List<?>) kept).contains(branch);
  }

  /// Waits for `count` branches and cancels the others. What is left is the list of those that are
  /// done, or the record of them.
  private static Environment.Variable joinFirst(Environment.Variable variable, long count) {
    Environment.Fork fork = variable.fork().orElseThrow();
    List<Pending> branches =
        (variable.value() instanceof Map<?, ?> map ? map.values() : (List<?>) variable.value())
            .stream()
                .filter(Pending.class::isInstance) // not those that an earlier join cancelled
                .map(Pending.class::cast)
                .toList();
    if (count < 1 || count > branches.size()) {
      throw new TypeException(
          "`join … first " + count + "` of a fork that has " + branches.size() + " branches");
    }
    List<Pending> first = new ArrayList<>();
    fork.group().during(() -> first.addAll(Pending.awaitFirst(branches, (int) count)));
    Object done =
        switch (variable.value()) {
          case Map<?, ?> map -> {
            Map<String, Object> record = new LinkedHashMap<>();
            map.forEach(
                (name, branch) ->
                    record.put((String) name, first.contains(branch) ? branch : Values.NONE));
            yield record;
          }
          default -> branches.stream().filter(first::contains).toList();
        };
    fork.group()
        .end(
            new TypeException("the branch was cancelled: `join … first " + count + "` had enough"));
    return new Environment.Variable(done, Values.NONE, Optional.of(fork));
  }

  /// Starts a branch from a copy of the conversation; its value is the record of its variables.
  ///
  /// @param said is what it will have said
  private Pending branch(
      String branch,
      List<Step> body,
      Environment outer,
      TaskGroup group,
      Pending start,
      Pending said) {
    Supplier<Object> speaking =
        () -> {
          run.options().listener().began(branch);
          try (TaskGroup own = new TaskGroup()) {
            Conversation copy = Conversation.from(start, branch, own);
            Environment variables = outer.inner();
            return own.during(
                () -> {
                  in(copy, own).block(body, variables);
                  said.complete(copy.transcript());
                  own.join();
                  return Pending.deep(variables.own());
                });
          } finally {
            run.options().listener().ended(branch);
          }
        };
    return group.start(branch, speaking).value();
  }
}
