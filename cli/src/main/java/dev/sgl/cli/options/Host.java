package dev.sgl.cli.options;

import dev.sgl.program.Program;
import dev.sgl.program.Tool;
import dev.sgl.run.RunOptions;
import dev.sgl.tools.CommandTool;
import dev.sgl.tools.McpTools;
import dev.sgl.tools.ToolFunction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The tools, pictures and limits that a command gives to programs.
public final class Host implements AutoCloseable {
  private final HostOptions options;
  private final Map<String, String> commands; // by the names of tools
  private final Duration timeout;
  private final List<McpTools> servers = new ArrayList<>();

  /// @throws UsageException if a server cannot be used
  Host(HostOptions options, Map<String, String> commands) {
    this.options = options;
    this.commands = commands;
    this.timeout = Duration.ofSeconds(options.timeout);
    for (String server : options.servers) {
      try {
        servers.add(McpTools.open(server, options.token(), timeout, options.environment()));
      } catch (IOException | IllegalArgumentException e) {
        close();
        throw new UsageException("--mcp: " + e.getMessage());
      }
    }
  }

  /// How `program` runs, which was read from `file`.
  ///
  /// @throws UsageException if a tool does not fit its command or its MCP tool
  public RunOptions run(Path file, Program program) {
    Optional<Long> seed = options.seed;
    return RunOptions.DEFAULT
        .withSeed(seed.isPresent() ? OptionalLong.of(seed.get()) : OptionalLong.empty())
        .withTools(tools(program))
        .withPictures(options.pictures(file))
        .withLimits(options.limits());
  }

  /// What the tools of `program` are bound to, as far as they are: commands come first.
  private Map<String, ToolFunction> tools(Program program) {
    Map<String, ToolFunction> bound = new LinkedHashMap<>();
    for (Tool tool : program.tools().values()) {
      try {
        find(tool).ifPresent(function -> bound.put(tool.name(), function));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--mcp: " + e.getMessage());
      }
    }
    return bound;
  }

  private Optional<ToolFunction> find(Tool tool) {
    String command = commands.get(tool.name());
    if (command != null) {
      try {
        return Optional.of(new CommandTool(tool, command, timeout, options.environment()));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--tool " + tool.name() + ": " + e.getMessage());
      }
    }
    return servers.stream().flatMap(server -> server.find(tool).stream()).findFirst();
  }

  @Override
  public void close() {
    servers.forEach(McpTools::close);
  }
}
