package dev.sgl.cli;

import dev.sgl.compiler.Compiler;
import dev.sgl.compiler.Report;
import dev.sgl.program.Printer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `sglc ir FILE`
@Command(
    name = "ir",
    description = "Prints what a program means, as the compiler sees it: one canonical form.",
    mixinStandardHelpOptions = true)
final class IrCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The .sgl file.")
  Path file = Path.of("");

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    SourceFile source = SourceFile.read(file);
    Compiler.Result result = source.compile();
    if (result.program().isEmpty()) {
      spec.commandLine()
          .getErr()
          .println(Report.show(result.diagnostics(), source.text()).stripTrailing());
      return Main.DIAGNOSTICS;
    }
    spec.commandLine().getOut().print(Printer.print(result.program().get()));
    spec.commandLine().getOut().flush();
    return Main.OK;
  }
}
