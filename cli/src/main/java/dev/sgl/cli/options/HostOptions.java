package dev.sgl.cli.options;

import dev.sgl.diagnostic.Nearest;
import dev.sgl.program.Program;
import dev.sgl.program.Tool;
import dev.sgl.run.Pictures;
import dev.sgl.run.RunLimits;
import dev.sgl.tools.ToolEnvironment;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/// The host's part in a program: tools, models to read with, files beside its own, hosts, a seed,
/// limits.
public final class HostOptions {
  @Option(
      names = "--tool",
      paramLabel = "NAME=COMMAND",
      description =
          "Bind a tool to a command; its parameters stand in braces: --tool search='grep -r -- {query} notes'. No shell is asked.")
  List<String> tools = List.of();

  @Option(
      names = "--mcp",
      paramLabel = "COMMAND|URL",
      description =
          "Bind tools to those of an MCP server that have the same names: a command that is started, or the URL of one that listens.")
  List<String> servers = List.of();

  @Option(
      names = "--mcp-token-env",
      paramLabel = "NAME",
      description = "The environment variable that holds the token for MCP servers that listen.")
  Optional<String> tokenVariable = Optional.empty();

  @Option(
      names = "--models",
      paramLabel = "NAME=MODEL",
      description =
          "Give a model that programs read with (`model NAME`): a folder, a GGUF file or a name on the hub. It is computed on the processor.")
  List<String> models = List.of();

  @Option(
      names = "--tool-timeout",
      paramLabel = "SECONDS",
      description = "How long a tool may take. Default: ${DEFAULT-VALUE}.")
  int timeout = 30;

  @Option(
      names = "--tool-env",
      paramLabel = "NAME",
      description =
          "An environment variable that commands and MCP servers see, besides PATH, HOME and the like.")
  List<String> variables = List.of();

  @Option(
      names = "--allow-read",
      paramLabel = "DIR",
      description = "Let the program show pictures of this folder, too.")
  List<Path> folders = List.of();

  @Option(
      names = "--allow-net",
      paramLabel = "HOST",
      description = "Let the program name pictures of this host.")
  List<String> hosts = List.of();

  @Option(names = "--seed", paramLabel = "N", description = "Makes what is generated repeatable.")
  Optional<Long> seed = Optional.empty();

  @Option(
      names = "--max-steps",
      paramLabel = "N",
      description =
          "Steps that a run may compute by itself, elements of lists included. Default: no limit.")
  Optional<Long> steps = Optional.empty();

  @Option(
      names = "--max-tasks",
      paramLabel = "N",
      description =
          "Calls, branches and messages of a run that may be unfinished at the same time. Default: 50000.")
  Optional<Integer> tasks = Optional.empty();

  @Option(
      names = "--max-text",
      paramLabel = "N",
      description = "Characters of all texts that a run may make by itself. Default: no limit.")
  Optional<Long> text = Optional.empty();

  /// What the programs of a command are given, ready for use.
  ///
  /// @param progress whether a line on `err` shows how far models are loaded
  /// @throws UsageException if an option says what cannot be, or binds a tool or a model that no
  ///     program has
  public Host open(List<Program> programs, PrintWriter err, boolean progress) {
    UsageException.requirePositive("--tool-timeout", timeout);
    UsageException.requirePositive("--max-steps", steps.orElse(1L));
    UsageException.requirePositive("--max-tasks", tasks.orElse(1));
    UsageException.requirePositive("--max-text", text.orElse(1L));
    Stream<String> ofTools =
        programs.stream()
            .flatMap(program -> program.tools().values().stream())
            .filter(tool -> tool.model().isEmpty())
            .map(Tool::name);
    Stream<String> ofModels = programs.stream().flatMap(program -> program.models().stream());
    Map<String, String> commands = named("tool", "COMMAND", tools, ofTools);
    Map<String, String> folders = named("model", "MODEL", models, ofModels);
    return new Host(this, commands, folders, err, progress);
  }

  /// Things that an option gives by name.
  ///
  /// @param kind the word for the things
  /// @param value the word for their values
  /// @param names that the programs have
  private static Map<String, String> named(
      String kind, String value, List<String> given, Stream<String> names) {
    Set<String> known = names.collect(Collectors.toCollection(TreeSet::new));
    Map<String, String> named = new LinkedHashMap<>();
    for (String written : given) {
      int equals = written.indexOf('=');
      if (equals <= 0) {
        throw new UsageException(
            "a %s is written NAME=%s, not `%s`".formatted(kind, value, written));
      }
      String name = written.substring(0, equals);
      if (!known.contains(name)) {
        String near = Nearest.to(name, known).map(n -> "; did you mean `" + n + "`?").orElse("");
        throw new UsageException("the program has no %s `%s`%s".formatted(kind, name, near));
      }
      named.put(name, written.substring(equals + 1));
    }
    return named;
  }

  /// How much a run may do.
  RunLimits limits() {
    RunLimits standard = RunLimits.DEFAULT;
    return new RunLimits(
        steps.orElse(standard.steps()),
        tasks.orElse(standard.tasks()),
        text.orElse(standard.text()));
  }

  /// The token for MCP servers.
  ///
  /// @throws UsageException if the variable that is to hold it is not set
  Optional<String> token() {
    return tokenVariable.map(
        name ->
            Optional.ofNullable(System.getenv(name))
                .orElseThrow(() -> new UsageException("--mcp-token-env: " + name + " is not set")));
  }

  /// The environment of tools.
  ToolEnvironment environment() {
    return new ToolEnvironment(Set.copyOf(variables));
  }

  /// The pictures that the program of `file` may show.
  Pictures pictures(Path file) {
    List<Path> all = new ArrayList<>();
    all.add(Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/")));
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new UsageException("--allow-read: there is no folder " + folder);
      }
      all.add(folder.toAbsolutePath());
    }
    return new Pictures(all, new HashSet<>(hosts));
  }
}
