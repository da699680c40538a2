package dev.sgl.cli;

import dev.sgl.compiler.Nearest;
import dev.sgl.program.Program;
import dev.sgl.program.Tool;
import dev.sgl.tools.CommandTool;
import dev.sgl.tools.ToolFunction;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/// What a program's tools are bound to.
final class ToolOptions {
  @Option(
      names = "--tool",
      paramLabel = "NAME=COMMAND",
      description =
          "Bind a tool to a command; its parameters stand in braces: --tool search='grep -r {query} notes'. No shell is asked.")
  List<String> tools = List.of();

  @Option(
      names = "--tool-timeout",
      paramLabel = "SECONDS",
      description = "How long a tool may take. Default: ${DEFAULT-VALUE}.")
  int timeout = 30;

  /// The tools of `program` by name; those of other programs do not count.
  Map<String, ToolFunction> bindKnown(Program program) {
    ToolOptions own = new ToolOptions();
    own.timeout = timeout;
    own.tools =
        tools.stream()
            .filter(t -> program.tools().containsKey(t.substring(0, Math.max(0, t.indexOf('=')))))
            .toList();
    return own.bind(program);
  }

  /// The tools of `program` by name, as far as they are bound.
  ///
  /// @throws UsageException if a tool is unknown, or its command cannot be
  Map<String, ToolFunction> bind(Program program) {
    if (timeout < 1) {
      throw new UsageException("--tool-timeout must be at least 1");
    }
    Map<String, ToolFunction> bound = new LinkedHashMap<>();
    for (String written : tools) {
      int equals = written.indexOf('=');
      if (equals <= 0) {
        throw new UsageException("a tool is written NAME=COMMAND, not `" + written + "`");
      }
      String name = written.substring(0, equals);
      Tool tool = program.tools().get(name);
      if (tool == null) {
        String near =
            Nearest.to(name, program.tools().keySet())
                .map(n -> "; did you mean `" + n + "`?")
                .orElse("");
        throw new UsageException("the program has no tool `" + name + "`" + near);
      }
      try {
        bound.put(
            name,
            new CommandTool(tool, written.substring(equals + 1), Duration.ofSeconds(timeout)));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--tool " + name + ": " + e.getMessage());
      }
    }
    return bound;
  }
}
