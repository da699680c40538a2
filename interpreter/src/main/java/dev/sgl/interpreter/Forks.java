package dev.sgl.interpreter;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Pin;
import dev.sgl.conversation.Conversation;
import dev.sgl.conversation.Transcript;
import dev.sgl.program.Step;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// The forks of an [Execution]: branches that go on from its conversation, each in a copy.
final class Forks {
  private final Execution execution;
  private final Conversation conversation;

  Forks(Execution execution) {
    this.execution = execution;
    this.conversation = execution.conversation();
  }

  /// Starts a branch for each element of a list.
  TaskGroup each(Step.ForkEach fork, Environment environment) {
    TaskGroup group = group();
    Pending start = conversation.snapshot();
    String name = conversation.child(fork.name());
    Map<Object, Pending> branches = new LinkedHashMap<>();
    List<?> elements = execution.values(environment).list(fork.list());
    for (int i = 0; i < elements.size(); i++) {
      Environment inner = environment.copy().inner();
      inner.define(fork.variable(), elements.get(i));
      Pending said = new Pending();
      branches.put(branch(name + "[" + i + "]", fork.body(), inner, group, start, said), said);
    }
    Environment.Fork known = new Environment.Fork(group, start, branches);
    List<Object> all = List.copyOf(branches.keySet());
    environment.define(fork.name(), new Environment.Variable(all, Values.NONE, Optional.of(known)));
    return group;
  }

  /// A group for the branches of a fork. While it runs, the backend keeps what they have in common.
  private TaskGroup group() {
    TaskGroup group = execution.tasks().inner();
    conversation.thenBriefly(transcript -> group.keep(pin(transcript)));
    return group;
  }

  /// What goes wrong here is for the branches to say, if they speak.
  private Pin pin(Transcript transcript) {
    try {
      return transcript
          .said()
          .map(
              prompt ->
                  execution.run().backend().pin(prompt, execution.run().options().scheduling()))
          .orElse(Pin.NONE);
    } catch (BackendException e) {
      return Pin.NONE;
    }
  }

  /// Starts each of the branches that are written out.
  TaskGroup branches(Step.ForkBranches fork, Environment environment) {
    TaskGroup group = group();
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
    return group;
  }

  void join(Step.Join join, Environment environment) {
    Environment.Variable variable = environment.get(join.name());
    Environment.Fork fork = variable.fork().orElseThrow();
    if (join.first().isEmpty()) {
      fork.group().join();
    } else {
      long count = execution.values(environment).integer(join.first().get());
      environment.assign(join.name(), first(variable, count));
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
  private static Environment.Variable first(Environment.Variable variable, long count) {
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
          execution.run().options().listener().began(branch);
          try (TaskGroup own = new TaskGroup()) {
            Conversation copy = Conversation.from(start, branch, own);
            Environment variables = outer.inner();
            return own.during(
                () -> {
                  execution.in(copy, own).block(body, variables);
                  said.complete(copy.transcript());
                  own.join();
                  return Pending.deep(variables.own());
                });
          } finally {
            execution.run().options().listener().ended(branch);
          }
        };
    return group.start(branch, speaking).value();
  }
}
