package dev.sgl.interpreter;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Pin;
import dev.sgl.program.Operators;
import dev.sgl.program.Role;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/// Runs the steps of one routine, or of one branch of a fork: the whole of what steps do.
final class Execution {
  private final Run run;
  private final Routine routine;
  private final Conversation conversation;
  private final TaskGroup tasks;
  private final int depth;
  private final Speech speech;

  Execution(Run run, Routine routine, Conversation conversation, TaskGroup tasks, int depth) {
    this.run = run;
    this.routine = routine;
    this.conversation = conversation;
    this.tasks = tasks;
    this.depth = depth;
    this.speech = new Speech(run, conversation, tasks);
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
    return depth;
  }

  Evaluator values(Environment environment) {
    return new Evaluator(environment, this);
  }

  /// The branch name of a program called from here.
  String childBranch(String name) {
    return conversation.child(name + "()");
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
    return switch (block(routine.body(), parameters.inner())) {
      case Outcome.Returned(Object value) -> returned(value);
      case Outcome.Done _, Outcome.Broken _, Outcome.Continued _ -> returned(Values.NONE);
    };
  }

  private Object returned(Object value) {
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
      Outcome outcome = DONE;
      for (Step step : steps) {
        outcome = located(step.span(), environment, () -> step(step, environment, forks));
        if (!(outcome instanceof Outcome.Done)) {
          break;
        }
      }
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
      case Step.Join(var name, var first, _) -> {
        Environment.Variable fork = environment.get(name);
        if (first.isEmpty()) {
          fork.fork().ifPresent(TaskGroup::join);
        } else {
          environment.assign(name, joinFirst(fork, values.integer(first.get())));
        }
      }
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
        Object value = values.known(subject);
        for (Step.Arm arm : arms) {
          if (arm.values().isEmpty()
              || arm.values().stream().anyMatch(v -> Operators.equal(v, value))) {
            return block(arm.body(), environment.inner());
          }
        }
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
      case Step.Fail(var message, _) -> throw new TypeException(values.text(message));
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
    Outcome outcome = DONE;
    for (Step step : body) {
      outcome = located(step.span(), environment, () -> step(step, environment, forks));
      if (!(outcome instanceof Outcome.Done)) {
        break;
      }
    }
    speech.end();
    return outcome;
  }

  // --- forks

  private void forkEach(
      Step.ForkEach fork, Environment environment, Evaluator values, List<TaskGroup> forks) {
    TaskGroup group = fork(forks);
    String name = conversation.child(fork.name());
    List<Object> branches = new ArrayList<>();
    List<?> elements = values.list(fork.list());
    for (int i = 0; i < elements.size(); i++) {
      Environment inner = environment.copy().inner();
      inner.define(fork.variable(), elements.get(i));
      branches.add(branch(name + "[" + i + "]", fork.body(), inner, group));
    }
    environment.define(
        fork.name(), new Environment.Variable(branches, Values.NONE, Optional.of(group)));
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
    String child = conversation.child(fork.name());
    Map<String, Object> branches = new LinkedHashMap<>();
    for (Step.Branch branch : fork.branches()) {
      String name = child + "." + branch.name();
      branches.put(branch.name(), branch(name, branch.body(), environment.copy(), group));
    }
    environment.define(
        fork.name(), new Environment.Variable(branches, Values.NONE, Optional.of(group)));
  }

  /// Waits for `count` branches and cancels the others. What is left is the list of those that are
  /// done, or the record of them.
  private static Environment.Variable joinFirst(Environment.Variable fork, long count) {
    TaskGroup group = fork.fork().orElseThrow();
    List<Pending> branches =
        (fork.value() instanceof Map<?, ?> map ? map.values() : (List<?>) fork.value())
            .stream()
                .filter(Pending.class::isInstance) // not those that an earlier join cancelled
                .map(Pending.class::cast)
                .toList();
    if (count < 1 || count > branches.size()) {
      throw new TypeException(
          "`join … first " + count + "` of a fork that has " + branches.size() + " branches");
    }
    List<Pending> first = new ArrayList<>();
    group.during(() -> first.addAll(Pending.awaitFirst(branches, (int) count)));
    Object done =
        switch (fork.value()) {
          case Map<?, ?> map -> {
            Map<String, Object> record = new LinkedHashMap<>();
            map.forEach(
                (name, branch) ->
                    record.put((String) name, first.contains(branch) ? branch : Values.NONE));
            yield record;
          }
          default -> branches.stream().filter(first::contains).toList();
        };
    group.end(
        new TypeException("the branch was cancelled: `join … first " + count + "` had enough"));
    return new Environment.Variable(done, Values.NONE, Optional.of(group));
  }

  /// Starts a branch from a copy of the conversation; its value is the record of its variables.
  private Pending branch(String branch, List<Step> body, Environment outer, TaskGroup group) {
    Pending snapshot = conversation.snapshot();
    return group
        .start(
            branch,
            () -> {
              run.options().listener().began(branch);
              try (TaskGroup own = new TaskGroup()) {
                Conversation copy = Conversation.from(snapshot, branch, own);
                Environment variables = outer.inner();
                return own.during(
                    () -> {
                      new Execution(run, routine, copy, own, depth).block(body, variables);
                      copy.await();
                      own.join();
                      return Pending.deep(variables.own());
                    });
              } finally {
                run.options().listener().ended(branch);
              }
            })
        .value();
  }
}
