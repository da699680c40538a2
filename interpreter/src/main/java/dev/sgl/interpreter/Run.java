package dev.sgl.interpreter;

import dev.sgl.backend.Backend;
import dev.sgl.conversation.Speech;
import dev.sgl.program.Expr;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import dev.sgl.run.RunOptions;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskLimit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What all parts of one run share, and how routines are entered.
record Run(Program program, Backend backend, RunOptions options, Effort effort, TaskLimit tasks) {
  /// Calls nested deeper than this are taken for a recursion without end.
  static final int MAX_DEPTH = 200;

  Run(Program program, Backend backend, RunOptions options) {
    this(
        program,
        backend,
        options,
        new Effort(options.limits()),
        new TaskLimit(options.limits().tasks()));
  }

  /// Runs a program in a conversation of its own, on the calling thread.
  Object program(Routine routine, Map<String, Object> arguments, String branch, int depth) {
    Object value =
        Speech.hold(
            branch,
            backend,
            options,
            tasks,
            speech -> {
              Execution execution = new Execution(this, routine, speech, depth, new Order());
              return execution.call(bind(routine, arguments, execution, branch));
            });
    return Execution.located(routine.span(), branch, new Environment(), () -> Pending.deep(value));
  }

  /// Calls a routine from `caller`: a program starts and is pending, others run to their end.
  ///
  /// @param isRead whether an error can be raised where the value is read
  Object call(
      Routine routine,
      List<Expr.Argument> written,
      Evaluator values,
      Execution caller,
      boolean isRead) {
    if (caller.depth() >= MAX_DEPTH) {
      throw new TypeException("calls are nested more than " + MAX_DEPTH + " deep");
    }
    Map<String, Object> arguments = given(routine.parameters(), written, values);
    int depth = caller.depth() + 1;
    return switch (routine.kind()) {
      case PROGRAM -> {
        String branch = caller.childBranch(routine.name());
        yield caller
            .speech()
            .tasks()
            .start(isRead, branch, () -> program(routine, known(arguments), branch, depth))
            .value();
      }
      case FRAGMENT, FN -> {
        Execution execution = new Execution(this, routine, caller.speech(), depth, caller.order());
        yield execution.call(bind(routine, known(arguments), execution, caller.speech().branch()));
      }
    };
  }

  /// The arguments of a call by the names of their parameters; some may still be pending.
  static Map<String, Object> given(
      List<Routine.Parameter> parameters, List<Expr.Argument> written, Evaluator values) {
    Map<String, Object> arguments = new LinkedHashMap<>();
    for (int i = 0; i < written.size(); i++) {
      Expr.Argument argument = written.get(i);
      String name = argument.name().orElse(parameters.get(i).name());
      arguments.put(name, values.value(argument.value()));
    }
    return arguments;
  }

  /// The arguments, waited for.
  static Map<String, Object> known(Map<String, Object> arguments) {
    Map<String, Object> known = new LinkedHashMap<>();
    arguments.forEach((name, value) -> known.put(name, Pending.deep(value)));
    return known;
  }

  /// The parameters with their values, checked against their types.
  private static Environment bind(
      Routine routine, Map<String, Object> arguments, Execution execution, String branch) {
    Environment environment = new Environment();
    return Execution.located(
        routine.span(),
        branch,
        environment,
        () -> bind(routine, arguments, execution, environment));
  }

  private static Environment bind(
      Routine routine,
      Map<String, Object> arguments,
      Execution execution,
      Environment environment) {
    for (Routine.Parameter parameter : routine.parameters()) {
      Object given = arguments.get(parameter.name());
      Object value =
          given != null
              ? given
              : parameter
                  .standard()
                  .map(e -> Pending.deep(execution.values(new Environment()).value(e)))
                  .orElseThrow(
                      () ->
                          new TypeException(
                              "`" + routine.name() + "` needs `" + parameter.name() + "`"));
      Optional<String> wrong = Types.mismatch(parameter.type(), value);
      if (wrong.isPresent()) {
        throw new TypeException("the parameter `" + parameter.name() + "`: " + wrong.get());
      }
      environment.define(parameter.name(), value);
    }
    return environment;
  }
}
