package dev.sgl.cli;

import dev.sgl.backend.BackendException;
import dev.sgl.cli.batch.BatchCommand;
import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.MistakesException;
import dev.sgl.cli.options.Terminal;
import dev.sgl.cli.options.UsageException;
import dev.sgl.cli.serve.Configuration;
import dev.sgl.cli.serve.ServeCommand;
import dev.sgl.cli.test.TestCommand;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.local.weights.ModelException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/// `sglc`: the command line.
@Command(
    name = "sglc",
    description =
        "Runs and checks .sgl programs: conversations with language models, written as code.",
    subcommands = {
      RunCommand.class,
      ServeCommand.class,
      BatchCommand.class,
      TestCommand.class,
      CheckCommand.class,
      FmtCommand.class,
      RenderCommand.class,
      QuantizeCommand.class,
      ModelsCommand.class,
      LspCommand.class,
      IrCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  sglc run samples/tips.sgl",
      "  sglc run samples/tips.sgl topic=sleep n=5 --stream",
      "  sglc run samples/tips.sgl --endpoint http://127.0.0.1:30000/v1",
      "  sglc serve --model models/Qwen3-0.6B --port 30000",
      "  sglc batch samples/sentiment.sgl --input reviews.jsonl --output moods.jsonl",
      "  sglc check samples/*.sgl",
      "  sglc test samples/*.sgl",
      "  sglc fmt --check samples/*.sgl",
      "  sglc render samples/tips.sgl topic=sleep",
      "  sglc models",
      "  sglc quantize Qwen/Qwen3-0.6B qwen3-0.6b-q8_0.gguf",
      "",
      "Exit codes: 0 ok, 1 mistakes in a program, 2 wrong use of sglc, 3 the model or endpoint failed,",
      "  130 interrupted by Ctrl-C."
    })
public final class Main implements Runnable {
  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  /// Runs one command and ends the process with its exit code.
  public static void main(String[] arguments) {
    System.exit(
        run(
            arguments,
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
  }

  /// Runs one command and returns its exit code.
  static int run(String[] arguments, PrintWriter out, PrintWriter err) {
    CommandLine line = new CommandLine(new Main());
    CommandLine serve = Objects.requireNonNull(line.getSubcommands().get("serve"));
    ServeCommand.complete(serve.getCommandSpec());
    line.setOut(out);
    line.setErr(err);
    line.setParameterExceptionHandler((error, _) -> misused(error));
    line.setExecutionExceptionHandler((error, command, _) -> failed(error, command.getErr()));
    try {
      boolean serves = arguments.length > 0 && arguments[0].equals("serve");
      line.setOverwrittenOptionsAllowed(serves); // what is typed counts, not what the file says
      return line.execute(serves ? Configuration.expand(arguments, serveOptions()) : arguments);
    } catch (UsageException e) {
      return failed(e, err);
    } catch (OutOfMemoryError e) {
      err.println(
          "error: there is not enough memory (%,d MiB); give more with SGL_JAVA_OPTIONS=-Xmx…"
              .formatted(Runtime.getRuntime().maxMemory() >> 20));
      return ExitCode.MODEL;
    }
  }

  /// The names of the options of `sglc serve`.
  private static Set<String> serveOptions() {
    CommandLine.Model.CommandSpec serve = new CommandLine(new ServeCommand()).getCommandSpec();
    ServeCommand.complete(serve);
    return serve.optionsMap().keySet();
  }

  /// Prints why the arguments are wrong, what may have been meant, and where help is.
  private static int misused(CommandLine.ParameterException error) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("error: " + reason(error));
    err.println("See `" + command.getCommandSpec().qualifiedName() + " --help`.");
    return ExitCode.USAGE;
  }

  private static String reason(CommandLine.ParameterException error) {
    if (!(error instanceof CommandLine.UnmatchedArgumentException unmatched)) {
      return String.valueOf(error.getMessage());
    }
    List<String> left = unmatched.getUnmatched();
    CommandLine command = error.getCommandLine();
    Optional<String> option = left.stream().filter(a -> a.startsWith("-")).findFirst();
    if (option.isPresent()) {
      String name = option.get().replaceFirst("=.*", "");
      return "there is no option " + name + near(name, command.getCommandSpec().optionsMap());
    }
    return command.getSubcommands().isEmpty()
        ? "`" + left.getFirst() + "` is one argument too many"
        : "there is no command "
            + left.getFirst()
            + near(left.getFirst(), command.getSubcommands());
  }

  private static String near(String name, Map<String, ?> known) {
    return Nearest.to(name, known.keySet()).map(n -> "; did you mean " + n + "?").orElse("");
  }

  private static int failed(Exception error, PrintWriter err) {
    if (error instanceof MistakesException) {
      return ExitCode.DIAGNOSTICS; // they have been shown
    }
    err.println("error: " + Terminal.plain(message(error)));
    return switch (error) {
      case UsageException _ -> ExitCode.USAGE;
      case ModelException _, BackendException _ -> ExitCode.MODEL;
      default -> {
        error.printStackTrace(err);
        yield ExitCode.MODEL;
      }
    };
  }

  private static String message(Exception error) {
    return switch (error) {
      case UsageException _, ModelException _, BackendException _ ->
          String.valueOf(error.getMessage());
      default -> "a mistake of sglc itself, please report it: " + error;
    };
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "Missing command: run, serve, batch, test, check, fmt, render, quantize, lsp or ir.");
  }

  /// The version of the jar.
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "sglc "
            + (version == null ? "(from classes)" : version)
            + ", Java "
            + Runtime.version().feature()
      };
    }
  }
}
