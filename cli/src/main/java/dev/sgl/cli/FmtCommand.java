package dev.sgl.cli;

import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.Reasons;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.cli.options.UsageException;
import dev.sgl.diagnostic.Report;
import dev.sgl.format.Formatter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `sglc fmt FILE…`
@Command(
    name = "fmt",
    description = {
      "Formats programs.",
      "",
      "Lines are broken where they were broken; blanks, indentation, empty lines and columns are the"
          + " formatter's. A file with syntax errors is left as it is."
    },
    mixinStandardHelpOptions = true)
final class FmtCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The .sgl files.")
  List<Path> files = List.of();

  @Option(
      names = "--check",
      description = "Change nothing; name the files that are not formatted and exit with 1.")
  boolean check;

  @Option(names = "--stdout", description = "Change nothing; print what is formatted.")
  boolean print;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    int changed = 0;
    boolean failed = false;
    for (Path file : files) {
      SourceFile source = SourceFile.read(file);
      Formatter.Result result = Formatter.format(source.name(), source.text());
      if (result.text().isEmpty()) {
        Map<String, String> texts = Map.of(source.name(), source.text());
        err.println(Report.show(result.diagnostics(), texts).stripTrailing());
        failed = true;
        continue;
      }
      String text = result.text().get();
      if (print) {
        out.print(text);
        out.flush();
      } else if (!text.equals(source.text())) {
        changed++;
        if (check) {
          out.println(file + " is not formatted");
        } else {
          write(file, text);
          out.println(file + " was formatted");
        }
      }
    }
    return failed || check && changed > 0 ? ExitCode.DIAGNOSTICS : ExitCode.OK;
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UsageException(file + " cannot be written: " + Reasons.of(e));
    }
  }
}
