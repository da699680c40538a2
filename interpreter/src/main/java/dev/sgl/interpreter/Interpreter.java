package dev.sgl.interpreter;

import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.program.Expr;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.TestCase;
import dev.sgl.program.Tool;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Runs programs: the direct way from a [Program], its arguments and a [Backend] to a value.
public final class Interpreter {
  private Interpreter() {}

  /// Runs the program's entry.
  ///
  /// @param arguments by parameter name; parameters with a default may be left out
  /// @return the value that the entry returns, or [dev.sgl.program.Values#NONE]
  /// @throws RunException if the program failed
  public static Object run(
      Program program, Map<String, Object> arguments, Backend backend, RunOptions options) {
    Routine entry =
        program.entry().orElseThrow(() -> new IllegalArgumentException("the file has no program"));
    return run(program, entry, arguments, backend, options);
  }

  /// Runs one of the program's routines, as [#run(Program, Map, Backend, RunOptions)] runs its
  /// entry.
  public static Object run(
      Program program,
      Routine routine,
      Map<String, Object> arguments,
      Backend backend,
      RunOptions options) {
    requireBound(program, routine, options);
    return new Run(program, backend, options).program(routine, arguments, routine.name(), 0);
  }

  /// Refuses a run that may call tools that nothing does, before it has done anything.
  private static void requireBound(Program program, Routine routine, RunOptions options) {
    Map<Tool, Span> used = ToolUse.of(program, routine);
    List<Tool> unbound =
        used.keySet().stream().filter(tool -> !options.tools().containsKey(tool.name())).toList();
    if (!unbound.isEmpty()) {
      throw new RunException(
          new UnboundToolException(unbound),
          used.getOrDefault(unbound.getFirst(), routine.span()),
          routine.name(),
          List.of());
    }
  }

  /// Runs a test of the program. The tools that it gives come before those of `options`.
  ///
  /// @throws RunException if a check of it failed, or the program, or if a tool was called
  ///     that it does not give, or one of its answers was not used
  public static void test(Program program, TestCase test, Backend backend, RunOptions options) {
    Routine block = test.routine(test.body());
    GivenTools given = new GivenTools(program, test, backend, options);
    RunOptions own = options.withTools(given.functions());
    try {
      new Run(program, backend, own).program(block, Map.of(), test.name(), 0);
    } catch (RunException e) {
      throw given.mistake().orElse(e);
    }
    if (given.mistake().isPresent()) {
      throw given.mistake().get(); // the program hid it
    }
    given.requireAllAsked();
  }

  /// What a test says that a model says, in order; none if it asks a real one.
  ///
  /// @throws RunException if it cannot be computed
  public static List<String> replies(Program program, TestCase test) {
    List<String> replies = new ArrayList<>();
    for (Expr given : test.replies()) {
      Routine value = test.routine(List.of(new Step.Return(Optional.of(given), given.span())));
      Run run = new Run(program, new ScriptedBackend(List.of()), RunOptions.DEFAULT);
      if (run.program(value, Map.of(), test.name(), 0) instanceof List<?> texts) {
        texts.forEach(text -> replies.add(Values.text(text)));
      }
    }
    return replies;
  }
}
