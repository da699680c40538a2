package dev.sgl.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.cli.options.ExitCode;
import dev.sgl.local.family.Families;
import dev.sgl.server.format.Channels;
import dev.sgl.server.format.ToolFormat;
import dev.sgl.server.format.ToolFormats;
import dev.sgl.server.http.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `sglc models`
@Command(
    name = "models",
    description = "Lists the architectures of models that load, and the formats of calls.",
    mixinStandardHelpOptions = true)
final class ModelsCommand implements Callable<Integer> {
  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    lines().forEach(out::println);
    out.println();
    calls().forEach(out::println);
    out.flush();
    return ExitCode.OK;
  }

  /// The list as a table, which the manual has, too.
  static List<String> lines() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("architecture", "models", "makes", "runs on", "GGUF files"));
    for (Families.Supported family : Families.supported()) {
      String gguf = family.writesGguf() ? "read and written" : family.readsGguf() ? "read" : "";
      String devices = family.runsOnGpu() ? "CPU, GPU" : "CPU";
      rows.add(List.of(family.name(), family.models(), makes(family), devices, gguf));
    }
    List<String> lines = new ArrayList<>(rows.stream().map(row -> line(rows, row)).toList());
    lines.add(1, lines.getFirst().replaceAll("[^|]", "-"));
    return lines;
  }

  /// How models write calls of tools, with an example of each format, as a block of the manual.
  private static List<String> calls() {
    ObjectNode arguments = Json.object().put("city", "Rome").put("days", 3);
    List<ToolFormat> formats = new ArrayList<>(ToolFormats.all());
    Channels.ALL.forEach(channels -> formats.add(channels.calls()));
    List<String> lines = new ArrayList<>(List.of("Calls of tools, by their formats:", ""));
    for (ToolFormat format : formats) {
      lines.add("    " + format.models());
      String example = format.written("weather", arguments).strip();
      example.lines().forEach(line -> lines.add("        " + line));
    }
    return lines;
  }

  private static String makes(Families.Supported family) {
    if (!family.makesText()) {
      return "vectors, labels";
    }
    return family.name().endsWith("ForCausalLM") ? "text, vectors, labels" : "text, vectors";
  }

  /// A row whose cells are as wide as the widest of their column.
  private static String line(List<List<String>> rows, List<String> row) {
    StringBuilder line = new StringBuilder("|");
    for (int i = 0; i < row.size(); i++) {
      int column = i;
      int width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
      line.append(' ').append(row.get(i)).append(" ".repeat(width - row.get(i).length()));
      line.append(" |");
    }
    return line.toString();
  }
}
