package dev.sgl.cli;

import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.program.Printer;
import dev.sgl.program.Program;
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
    Program program = SourceFile.read(file).program(spec.commandLine().getErr());
    spec.commandLine().getOut().print(Printer.print(program));
    spec.commandLine().getOut().flush();
    return ExitCode.OK;
  }
}
