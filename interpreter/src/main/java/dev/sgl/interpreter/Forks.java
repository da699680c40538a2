package dev.sgl.interpreter;

import dev.sgl.conversation.Fork;
import dev.sgl.program.Step;
import dev.sgl.program.Values;
import dev.sgl.task.Pending;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// The forks of an [Execution]: the values that they bind, and the effects of `join`.
final class Forks {
  private static final int BRANCH = 100; // steps that one counts for

  private final Execution execution;

  Forks(Execution execution) {
    this.execution = execution;
  }

  /// Whether only the first branches of a fork are waited for, so that some may fail.
  ///
  /// @param rest the steps behind the fork
  static boolean joinsFirst(String name, List<Step> rest) {
    return rest.stream()
        .anyMatch(
            step ->
                step instanceof Step.Join join
                    ? join.name().equals(name) && join.first().isPresent()
                    : step.blocks().stream().anyMatch(block -> joinsFirst(name, block)));
  }

  /// Starts a branch for each element of a list.
  ///
  /// @param mayFail whether the others go on when one fails
  Fork each(Step.ForkEach step, Environment environment, boolean mayFail) {
    Fork fork = execution.speech().fork(mayFail);
    String name = execution.speech().conversation().child(step.name());
    List<?> elements = execution.values(environment).list(step.list());
    List<Object> branches =
        IntStream.range(0, elements.size())
            .mapToObj(
                i -> {
                  Environment inner = environment.copy().inner();
                  inner.define(step.variable(), elements.get(i));
                  return (Object) branch(fork, name + "[" + i + "]", step.body(), inner);
                })
            .toList();
    define(step.name(), branches, fork, environment);
    return fork;
  }

  /// Starts each of the branches that are written out.
  ///
  /// @param mayFail whether the others go on when one fails
  Fork branches(Step.ForkBranches step, Environment environment, boolean mayFail) {
    Fork fork = execution.speech().fork(mayFail);
    String name = execution.speech().conversation().child(step.name());
    Map<String, Object> branches = new LinkedHashMap<>();
    for (Step.Branch branch : step.branches()) {
      branches.put(
          branch.name(),
          branch(fork, name + "." + branch.name(), branch.body(), environment.copy()));
    }
    define(step.name(), branches, fork, environment);
    return fork;
  }

  private static void define(String name, Object branches, Fork fork, Environment environment) {
    environment.define(name, new Environment.Variable(branches, Values.NONE, Optional.of(fork)));
  }

  /// Starts a branch; its value is the record of its variables.
  private Pending branch(Fork fork, String name, List<Step> body, Environment outer) {
    execution.run().effort().spend(BRANCH);
    Order order = execution.order().branch();
    return fork.branch(
        name,
        copy -> {
          Environment variables = outer.inner();
          execution.branch(copy, order).block(body, variables);
          return variables.own();
        });
  }

  void join(Step.Join join, Environment environment) {
    Environment.Variable variable = environment.get(join.name());
    Fork fork = variable.fork().orElseThrow();
    if (join.first().isEmpty()) {
      fork.join();
    } else {
      long count = execution.values(environment).integer(join.first().get());
      Object kept = first(variable.value(), count, fork);
      environment.assign(join.name(), new Environment.Variable(kept, Values.NONE, variable.fork()));
    }
    if (join.append()) {
      fork.append(
          branches(environment.get(join.name()).value()), execution.speech().conversation());
    }
  }

  private static Collection<?> branches(Object value) {
    return value instanceof Map<?, ?> map ? map.values() : (List<?>) value;
  }

  /// Waits for `count` branches, and returns the list, or the record, of the branches that
  /// are done.
  private static Object first(Object value, long count, Fork fork) {
    List<Pending> running =
        branches(value).stream()
            .filter(Pending.class::isInstance) // not those that an earlier join cancelled
            .map(Pending.class::cast)
            .toList();
    List<Pending> first = fork.first(running, count);
    if (!(value instanceof Map<?, ?> map)) {
      return first;
    }
    Map<String, Object> record = new LinkedHashMap<>();
    map.forEach(
        (name, branch) -> record.put((String) name, first.contains(branch) ? branch : Values.NONE));
    return record;
  }
}
