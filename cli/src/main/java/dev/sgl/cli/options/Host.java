package dev.sgl.cli.options;

import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.program.Program;
import dev.sgl.program.Tool;
import dev.sgl.run.RunOptions;
import dev.sgl.tools.CommandTool;
import dev.sgl.tools.McpTools;
import dev.sgl.tools.ReadingTools;
import dev.sgl.tools.ToolFunction;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The tools, models, pictures and limits that a command gives to programs.
public final class Host implements AutoCloseable {
  private final HostOptions options;
  private final Map<String, String> commands; // by the names of tools
  private final Duration timeout;
  private final List<McpTools> servers = new ArrayList<>();
  private final List<LocalBackend> models = new ArrayList<>();
  private final Map<String, ToolFunction> ofModels = new HashMap<>();

  /// @param folders models by the names that programs give them
  /// @param progress whether a line on `err` shows how far models are loaded
  /// @throws UsageException if a server or a model cannot be used
  Host(
      HostOptions options,
      Map<String, String> commands,
      Map<String, String> folders,
      PrintWriter err,
      boolean progress) {
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
    try {
      folders.forEach((name, folder) -> load(name, folder, err, progress));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void load(String name, String folder, PrintWriter err, boolean progress) {
    LocalOptions onProcessor = LocalOptions.DEFAULT.withDevice(DeviceOption.CPU);
    LocalBackend model =
        ModelFolder.find(Optional.of(folder), err, progress).load(onProcessor, err, progress);
    models.add(model);
    ofModels.putAll(ReadingTools.of(name, model));
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
    if (ofModels.get(tool.name()) instanceof ToolFunction function) {
      return Optional.of(function);
    }
    return servers.stream().flatMap(server -> server.find(tool).stream()).findFirst();
  }

  @Override
  public void close() {
    servers.forEach(McpTools::close);
    models.forEach(LocalBackend::close);
  }
}
