package dev.sgl.cli.options;

import dev.sgl.backend.Backend;
import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.remote.RemoteBackend;
import dev.sgl.remote.RemoteOptions;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/// Which model a program talks to: a folder, an endpoint, or the demo model beside the program.
public final class ModelOptions {
  private static final int MAX_THREADS = 1024;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "PATH|NAME",
      description =
          "A model folder as Hugging Face lays it out; with --endpoint, the model's name. Default: $$SGL_MODEL, or the demo model.")
  Optional<String> model = Optional.empty();

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description = "An OpenAI-compatible endpoint, such as http://127.0.0.1:30000/v1.")
  Optional<URI> endpoint = Optional.empty();

  @Option(
      names = "--api-key-env",
      paramLabel = "VAR",
      description =
          "The environment variable that holds the endpoint's key. Default: OPENAI_API_KEY, if it is set.")
  Optional<String> apiKeyVariable = Optional.empty();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description =
          "Where a local model is computed: auto (the first GPU, or the processor if there is none), cpu, cuda, or cuda:N. Default: ${DEFAULT-VALUE}.")
  String device = "auto";

  @Option(
      names = "--mem-fraction",
      paramLabel = "F",
      description =
          "The part of a GPU's memory behind the weights that keys and values may take. Default: ${DEFAULT-VALUE}.")
  double memFraction = LocalOptions.DEFAULT.memFraction();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: as many as processors, at most 16.")
  Optional<Integer> threads = Optional.empty();

  @Option(
      names = "--context-length",
      paramLabel = "N",
      description = "Most tokens of a conversation. Default: the model's.")
  Optional<Integer> context = Optional.empty();

  /// Opens the model; shows a line on `err` while it loads, if `progress`.
  public Backend open(PrintWriter err, boolean progress) {
    if (endpoint.isPresent()) {
      return remote(endpoint.get());
    }
    Path folder = folder();
    if (threads.orElse(1) > MAX_THREADS) {
      throw new UsageException("--threads must be at most " + MAX_THREADS);
    }
    int threadCount = positive("--threads", threads).orElse(LocalOptions.DEFAULT.threads());
    LocalOptions options =
        LocalOptions.DEFAULT
            .withDevice(device())
            .withMemFraction(memFraction())
            .withThreads(threadCount)
            .withContext(positive("--context-length", context));
    try (LoadingLine line = new LoadingLine(err, String.valueOf(folder.getFileName()), progress)) {
      return LocalBackend.open(folder, options, line);
    }
  }

  private DeviceOption device() {
    return DeviceOption.parse(device)
        .orElseThrow(
            () ->
                new UsageException(
                    "--device must be auto, cpu, cuda or cuda:N, not `" + device + "`"));
  }

  private double memFraction() {
    if (!(memFraction > 0 && memFraction <= 1)) {
      throw new UsageException("--mem-fraction must be above 0 and at most 1");
    }
    return memFraction;
  }

  private static OptionalInt positive(String name, Optional<Integer> value) {
    if (value.isPresent() && value.get() < 1) {
      throw new UsageException(name + " must be at least 1");
    }
    return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
  }

  private Backend remote(URI uri) {
    if (uri.getHost() == null
        || uri.getPort() > 65_535
        || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
      throw new UsageException(
          "--endpoint must be a URL such as http://127.0.0.1:30000/v1, not " + uri);
    }
    String name = model.orElseThrow(() -> new UsageException("--endpoint needs --model NAME"));
    String variable = apiKeyVariable.orElse("OPENAI_API_KEY");
    Optional<String> key = Optional.ofNullable(System.getenv(variable)).filter(k -> !k.isBlank());
    if (apiKeyVariable.isPresent() && key.isEmpty()) {
      throw new UsageException("the environment variable " + variable + " is not set");
    }
    return RemoteBackend.open(new RemoteOptions(uri, name, key));
  }

  /// The model's folder.
  ///
  /// @throws UsageException if there is none
  public Path folder() {
    if (endpoint.isPresent()) {
      throw new UsageException(
          "the tokens of an endpoint's model are not known; name a --model folder");
    }
    Optional<String> named = model.or(() -> Optional.ofNullable(System.getenv("SGL_MODEL")));
    if (named.isPresent()) {
      Path folder = Path.of(named.get());
      if (!Files.isDirectory(folder)) {
        throw new UsageException("there is no model folder " + folder);
      }
      return folder;
    }
    Path demo = Path.of(System.getProperty("sgl.home", ".")).resolve("samples/model/demo");
    if (!Files.isDirectory(demo)) {
      throw new UsageException(
          "the demo model is not beside the program; name a model folder with --model");
    }
    return demo;
  }
}
