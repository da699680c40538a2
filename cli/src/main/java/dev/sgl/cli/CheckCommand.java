package dev.sgl.cli;

import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Diagnostic;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `sglc check FILE…`
@Command(
    name = "check",
    description = "Checks programs without running them and shows every mistake.",
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The .sgl files.")
  List<Path> files = List.of();

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    int errors = 0;
    int warnings = 0;
    for (Path file : files) {
      Compiler.Result result = SourceFile.read(file).compile();
      if (!result.diagnostics().isEmpty()) {
        err.println((errors + warnings > 0 ? "\n" : "") + result.report().stripTrailing());
      }
      int light = (int) result.diagnostics().stream().filter(Diagnostic::isWarning).count();
      warnings += light;
      errors += result.diagnostics().size() - light;
    }
    if (errors + warnings > 0) {
      String counts =
          Stream.of(counted(errors, "error"), counted(warnings, "warning"))
              .filter(count -> !count.isEmpty())
              .collect(Collectors.joining(", "));
      err.println("\n" + counts);
    }
    if (errors > 0) {
      return ExitCode.DIAGNOSTICS;
    }
    spec.commandLine()
        .getOut()
        .println(files.size() == 1 ? files.getFirst() + ": ok" : files.size() + " files: ok");
    return ExitCode.OK;
  }

  private static String counted(int count, String what) {
    return count == 0 ? "" : count + " " + what + (count == 1 ? "" : "s");
  }
}
