package dev.sgl.interpreter;

import dev.sgl.backend.Backend;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import java.util.Map;

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
    return new Run(program, backend, options).program(entry, arguments, entry.name(), 0);
  }
}
