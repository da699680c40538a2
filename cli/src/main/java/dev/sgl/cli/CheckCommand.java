package dev.sgl.cli;

import dev.sgl.check.PrefixCheck;
import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.compiler.Compiler;
import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Report;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `sglc check FILE…`
@Command(
    name = "check",
    description = "Checks programs without running them and shows every mistake.",
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The .sgl files.")
  List<Path> files = List.of();

  @Option(
      names = "--prefix",
      description = "Warn of constant text that stands behind a value that changes.")
  boolean prefix;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    int errors = 0;
    int warnings = 0;
    for (Path file : files) {
      Compiler.Result result = SourceFile.read(file).compile();
      List<Diagnostic> diagnostics = new ArrayList<>(result.diagnostics());
      if (prefix) {
        result.program().map(PrefixCheck::check).ifPresent(diagnostics::addAll);
      }
      if (!diagnostics.isEmpty()) {
        String report = Report.show(diagnostics, result.texts()).stripTrailing();
        err.println((errors + warnings > 0 ? "\n" : "") + report);
      }
      int light = (int) diagnostics.stream().filter(Diagnostic::isWarning).count();
      warnings += light;
      errors += diagnostics.size() - light;
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
