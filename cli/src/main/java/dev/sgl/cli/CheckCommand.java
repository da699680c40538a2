package dev.sgl.cli;

import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Report;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
    int mistakes = 0;
    for (Path file : files) {
      SourceFile source = SourceFile.read(file);
      Compiler.Result result = source.compile();
      if (!result.diagnostics().isEmpty()) {
        spec.commandLine()
            .getErr()
            .println(
                (mistakes > 0 ? "\n" : "")
                    + Report.show(result.diagnostics(), source.text()).stripTrailing());
      }
      mistakes += result.diagnostics().size();
    }
    if (mistakes > 0) {
      spec.commandLine().getErr().println("\n" + mistakes + (mistakes == 1 ? " error" : " errors"));
      return Main.DIAGNOSTICS;
    }
    spec.commandLine()
        .getOut()
        .println(files.size() == 1 ? files.getFirst() + ": ok" : files.size() + " files: ok");
    return Main.OK;
  }
}
