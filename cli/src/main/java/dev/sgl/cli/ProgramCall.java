package dev.sgl.cli;

import dev.sgl.cli.options.MistakesException;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.cli.options.UsageException;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Arguments;
import dev.sgl.program.Program;
import dev.sgl.program.TypeException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Parameters;

/// A call of a program as it is typed: `FILE [name=value …]`.
final class ProgramCall {
  @Parameters(index = "0", paramLabel = "FILE", description = "The .sgl file.")
  Path file = Path.of("");

  @Parameters(
      index = "1..*",
      paramLabel = "name=value",
      description = "The program's arguments: text as it is, everything else as JSON.")
  List<String> arguments = List.of();

  /// The file that was typed.
  Path file() {
    return file;
  }

  /// Compiles the program and shows its mistakes and warnings on `err`; the result
  /// has a program that can be run.
  ///
  /// @throws UsageException if the file cannot be read
  /// @throws MistakesException if there is no program to run
  Compiler.Result compile(PrintWriter err) {
    return SourceFile.read(file).runnable(err);
  }

  /// The arguments that were typed for `program`, by the names of its parameters.
  ///
  /// @throws UsageException if one is unknown or not of its type, or one without a default is
  ///     missing
  Map<String, Object> arguments(Program program) {
    try {
      return Arguments.read(program.entry().orElseThrow(), arguments);
    } catch (TypeException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }
}
