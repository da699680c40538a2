package dev.sgl.cli.serve;

import dev.sgl.cli.options.DeviceOptions;
import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.Host;
import dev.sgl.cli.options.HostOptions;
import dev.sgl.cli.options.ModelFolder;
import dev.sgl.cli.options.ModelOptions;
import dev.sgl.cli.options.Terminal;
import dev.sgl.cli.options.UsageException;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.meters.EngineMeters;
import dev.sgl.local.meters.PeerMeters;
import dev.sgl.program.Program;
import dev.sgl.server.ServerOptions;
import dev.sgl.server.SglServer;
import dev.sgl.server.http.RequestLog;
import dev.sgl.server.program.Programs;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `sglc serve`
@Command(
    name = "serve",
    description =
        "Serves a model over HTTP: the APIs of OpenAI, Anthropic, Ollama and SGLang, .sgl programs, and a page to try them.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  sglc serve",
      "  sglc serve Qwen/Qwen3-0.6B",
      "  sglc serve --model models/Qwen3-0.6B --host 0.0.0.0 --port 30000 --api-key secret",
      "  sglc serve --programs samples --config server.yaml"
    })
public final class ServeCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int FEW_CONNECTIONS = 512;

  /// For the errors that end unanswered calls.
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "MODEL",
      description = "The model, as for --model.")
  Optional<String> positional = Optional.empty();

  @Option(
      names = {"-m", "--model", "--model-path"},
      paramLabel = "PATH|NAME",
      description =
          "A model folder as Hugging Face lays it out, a GGUF file, or a name on the hub, such as Qwen/Qwen3-0.6B or Qwen/Qwen3-0.6B-GGUF:Q8_0. Default: $$SGL_MODEL, or the demo model.")
  Optional<String> model = Optional.empty();

  @Option(
      names = "--served-model-name",
      paramLabel = "NAME",
      split = ",",
      description =
          "The names by which clients ask for the model. Default: its name on the hub, or its folder's.")
  List<String> names = List.of();

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description =
          "The interface to listen on; 0.0.0.0 is all. Default: ${DEFAULT-VALUE}, this machine only.")
  String host = ServerOptions.DEFAULT.host();

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      description = "The port to listen on; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  int port = ServerOptions.PORT;

  @Mixin KeyOptions keyOptions = new KeyOptions();

  @Mixin AccessOptions access = new AccessOptions();

  @Mixin DeviceOptions device = new DeviceOptions();

  @Option(
      names = {"--max-running-requests", "--max-num-seqs"},
      paramLabel = "N",
      description =
          "Requests that run at the same time; others wait. Default: 64 on the processor, 256 on a GPU.")
  Optional<Integer> maxRunning = Optional.empty();

  @Option(
      names = {"--tp", "--tp-size", "--tensor-parallel-size"},
      paramLabel = "N",
      description = "GPUs that share the model; only 1 so far.")
  int tensorParallel = 1;

  @Option(
      names = "--chat-template",
      paramLabel = "PATH",
      description = "A Jinja template, or a model folder with one, in place of the model's own.")
  Optional<Path> chatTemplate = Optional.empty();

  @Option(
      names = "--programs",
      paramLabel = "DIR",
      description = "Serve the .sgl programs of this folder at /v1/programs.")
  Optional<Path> programs = Optional.empty();

  @Option(
      names = "--request-log",
      paramLabel = "FILE",
      description =
          "Append a line of JSON for each call to this file, or to standard error (-): time, client, path, status, seconds; no prompts, no keys.")
  Optional<String> requestLog = Optional.empty();

  /// Whose names meters have, as the option has them.
  enum MetricsNames {
    own,
    vllm,
    sglang
  }

  @Option(
      names = "--metrics-names",
      paramLabel = "own|vllm|sglang",
      description =
          "The names that the engine's meters have at /metrics, such as those that dashboards for vLLM look for. Default: ${DEFAULT-VALUE}.")
  MetricsNames metricsNames = MetricsNames.own;

  @Option(names = "--no-playground", description = "Leave out the page at /.")
  boolean noPlayground;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "A YAML file of these options, by their names without dashes; what is typed comes first.")
  Optional<Path> config = Optional.empty(); // read before the others are: see Configuration

  @Mixin HostOptions hostOptions = new HostOptions();

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  /// What `sglc serve` takes: also what other servers' tutorials type.
  public static void complete(CommandLine.Model.CommandSpec serve) {
    OthersOptions.addTo(serve);
  }

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    requireSound();
    ServerOptions how =
        ServerOptions.DEFAULT.withAccess(access.access()).withKeys(keyOptions.keys());
    OthersOptions.tell(spec.commandLine().getParseResult(), err);
    LocalOptions options = options();
    Map<String, Program> served = ProgramFolder.read(programs, err);
    requireFree();
    Thread.setDefaultUncaughtExceptionHandler(new FatalErrors());
    boolean progress = Terminal.detect().err();
    ModelFolder folder = ModelFolder.find(positional.or(() -> model), err, progress);
    Ending ending = new Ending();
    try (Telemetry telemetry = Telemetry.open(System.getenv());
        Host given = hostOptions.open(new ArrayList<>(served.values()), err, progress);
        LocalBackend backend = folder.load(options, err, progress);
        SglServer server = open(backend, served, given, how.withTracing(telemetry.tracing()))) {
      meters(backend).bindTo(server.meters());
      backend.weights().lines().forEach(err::println);
      warn(server, how, err);
      ending.ready();
      announce(server, backend, served);
      ending.await();
      stop(server, err);
      return ExitCode.OK;
    }
  }

  /// Checks the options that nothing else checks.
  private void requireSound() {
    if (tensorParallel != 1) {
      throw new UsageException("--tp must be 1: a model cannot be spread over several GPUs yet");
    }
    if (port < 0 || port > 65_535) {
      throw new UsageException("--port must be from 0 to 65535");
    }
    if (positional.isPresent() && model.isPresent() && !positional.equals(model)) {
      throw new UsageException(
          "the model is named twice: %s and %s".formatted(positional.get(), model.get()));
    }
    if (names.stream().anyMatch(String::isBlank)) {
      throw new UsageException("--served-model-name is empty");
    }
  }

  private MeterBinder meters(LocalBackend backend) {
    return switch (metricsNames) {
      case own -> new EngineMeters(backend);
      case vllm -> new PeerMeters(backend, PeerMeters.Names.VLLM, names(backend).getFirst());
      case sglang -> new PeerMeters(backend, PeerMeters.Names.SGLANG, names(backend).getFirst());
    };
  }

  private void announce(SglServer server, LocalBackend backend, Map<String, Program> served) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "ready: %s serves %s%s"
            .formatted(server.uri(), String.join(", ", names(backend)), programs(served)));
    out.flush();
  }

  /// Ends the server: calls in flight have [#PATIENCE] to end, and are then aborted.
  private static void stop(SglServer server, PrintWriter err) throws InterruptedException {
    err.println(
        "stopping: what is being answered has "
            + PATIENCE.toSeconds()
            + " s to end; another Ctrl-C ends it now");
    err.flush();
    if (!server.drain(PATIENCE)) {
      err.println("some calls were not answered within " + PATIENCE.toSeconds() + " s");
      server.abort();
      server.drain(LAST_WORDS);
    }
  }

  /// Warns of a server that everybody can call, and of one that few can call at once.
  private static void warn(SglServer server, ServerOptions how, PrintWriter err) {
    if (how.keys().isOpen() && !server.isLocal()) {
      err.println(
          "warning: whoever reaches this machine may call, and read what others ask; give it an --api-key");
    }
    if (server.connections() < FEW_CONNECTIONS) {
      err.println(
          "warning: only %d clients can be connected at once, and others are cut off; allow more open files with `ulimit -n 4096`"
              .formatted(server.connections()));
    }
  }

  /// Says that the port is in use before the model is loaded, not after.
  private void requireFree() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (IOException e) {
      throw cannotListen(e);
    }
  }

  private UsageException cannotListen(IOException e) {
    if (e instanceof UnknownHostException) {
      return new UsageException("--host: there is no interface " + host);
    }
    if (!(e instanceof BindException)) {
      return new UsageException("the server cannot listen on " + host + ": " + e.getMessage());
    }
    boolean isAddress = String.valueOf(e.getMessage()).contains("assign requested address");
    return new UsageException(
        isAddress
            ? host + " is no address of this machine; choose one with --host, such as 0.0.0.0"
            : "port "
                + port
                + " of "
                + host
                + " is in use or may not be used; choose another with --port");
  }

  private LocalOptions options() {
    Optional<Path> template = ModelOptions.existing(chatTemplate);
    return device
        .options()
        .withMaxRunning(DeviceOptions.positive("--max-running-requests", maxRunning))
        .withChatTemplate(template);
  }

  private RequestLog log() {
    if (requestLog.isEmpty()) {
      return RequestLog.NONE;
    }
    if (requestLog.get().equals("-")) {
      return new RequestLog(spec.commandLine().getErr());
    }
    try {
      Path file = Path.of(requestLog.get());
      return new RequestLog(
          Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw new UsageException("--request-log: %s cannot be written".formatted(e.getMessage()));
    }
  }

  private static String programs(Map<String, Program> served) {
    return switch (served.size()) {
      case 0 -> "";
      case 1 -> " and the program " + String.join("", served.keySet());
      default -> " and " + served.size() + " programs";
    };
  }

  private List<String> names(LocalBackend backend) {
    return names.isEmpty() ? List.of(backend.model()) : names;
  }

  private SglServer open(
      LocalBackend backend, Map<String, Program> served, Host given, ServerOptions how) {
    try {
      return SglServer.open(
          backend,
          how.withAddress(host, port)
              .withNames(names)
              .withLog(log())
              .withPlayground(!noPlayground)
              .withPrograms(
                  new Programs(served, program -> given.run(Path.of(program.file()), program))));
    } catch (IOException e) {
      throw cannotListen(e);
    }
  }
}
