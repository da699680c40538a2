package dev.sgl.cli.options;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Prompt;
import dev.sgl.cli.options.Profiles.Profile;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.tokens.ChatTemplate;
import dev.sgl.remote.RemoteBackend;
import dev.sgl.remote.RemoteOptions;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which model a program talks to: a folder, an endpoint, or the demo model beside the program.
public final class ModelOptions {
  private static final int SHOWN = 8; // models of an endpoint

  @Option(
      names = {"-m", "--model", "--model-path"},
      paramLabel = "PATH|NAME",
      description =
          "A model folder as Hugging Face lays it out, a GGUF file, or a name on the hub, such as Qwen/Qwen3-0.6B or Qwen/Qwen3-0.6B-GGUF:Q8_0; with --endpoint, the model's name there. Default: $$SGL_MODEL, or the demo model.")
  Optional<String> model = Optional.empty();

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description =
          "An OpenAI-compatible endpoint, such as http://127.0.0.1:30000/v1. Default: $$SGL_ENDPOINT, or a local model.")
  Optional<String> endpoint = Optional.empty();

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description =
          "An endpoint of sgl.toml (in this folder or in ~/.config/sgl), or openai, sgl, sglang, vllm, llama-cpp, ollama. Default: $$SGL_PROFILE.")
  Optional<String> profile = Optional.empty();

  @Option(
      names = "--api-key-env",
      paramLabel = "VAR",
      description =
          "The environment variable that holds the endpoint's key. Default: OPENAI_API_KEY, for OpenAI's own endpoint and for this machine's.")
  Optional<String> apiKeyVariable = Optional.empty();

  @Option(
      names = "--chat-template",
      paramLabel = "PATH",
      description =
          "A Jinja template, or a model folder with one, in place of the model's own. With --endpoint, conversations are sent as the text that it makes of them, to be completed.")
  Optional<Path> chatTemplate = Optional.empty();

  @Mixin DeviceOptions device = new DeviceOptions();

  /// Opens the model; if `progress`, shows a line on `err` while it loads, and its weights when it
  /// is loaded.
  public Backend open(PrintWriter err, boolean progress) {
    Optional<Profile> given = remote();
    if (given.isPresent()) {
      return remote(given.get());
    }
    LocalOptions options = device.options().withChatTemplate(template());
    LocalBackend backend = folder(err, progress).load(options, err, progress);
    if (progress) {
      PrintWriter terminal = Terminal.direct(err);
      backend.weights().lines().forEach(terminal::println);
    }
    return backend;
  }

  private RemoteBackend remote(Profile given) {
    URI uri = given.endpoint();
    String name =
        model.or(given::model).or(() -> Optional.ofNullable(System.getenv("SGL_MODEL"))).orElse("");
    Optional<String> named = apiKeyVariable.or(given::apiKeyVariable);
    String variable = named.orElse("OPENAI_API_KEY");
    Optional<String> key =
        Optional.ofNullable(System.getenv(variable))
            .filter(k -> !k.isBlank())
            .filter(_ -> named.isPresent() || mayHaveStandardKey(uri));
    if (named.isPresent() && key.isEmpty()) {
      throw new UsageException("the environment variable " + variable + " is not set");
    }
    RemoteOptions options = options(uri, name, key, variable);
    options = given.server().map(options::withServer).orElse(options);
    options = given.prices().map(options::withPrices).orElse(options);
    options = given.together().map(options::withTogether).orElse(options);
    options = given.silence().map(options::withSilence).orElse(options);
    options = template().map(ModelOptions::text).map(options::withTemplate).orElse(options);
    options = given.tries().map(options::withTries).orElse(options);
    return RemoteBackend.open(name.isEmpty() ? options.withModel(only(options)) : options);
  }

  private static RemoteOptions options(
      URI uri, String name, Optional<String> key, String variable) {
    try {
      return new RemoteOptions(uri, name, key);
    } catch (IllegalArgumentException e) {
      throw new UsageException("the environment variable " + variable + ": " + e.getMessage());
    }
  }

  /// A key that nobody named for an endpoint is not sent to strangers.
  private static boolean mayHaveStandardKey(URI uri) {
    String host = uri.getHost();
    return host.equals("api.openai.com")
        || host.equals("localhost")
        || host.equals("[::1]")
        || host.startsWith("127.");
  }

  /// The only model of an endpoint.
  private static String only(RemoteOptions options) {
    List<String> models = RemoteBackend.models(options);
    if (models.size() != 1) {
      throw new UsageException(
          models.isEmpty()
              ? "the endpoint does not say which models it has; name one with --model, and look whether its URL ends with /v1"
              : "the endpoint has several models; choose one with --model: "
                  + String.join(", ", models.subList(0, Math.min(SHOWN, models.size())))
                  + (models.size() > SHOWN ? ", …" : ""));
    }
    return models.getFirst();
  }

  /// @throws UsageException if the text is no URL of an endpoint
  static URI uri(String name, String text) {
    try {
      URI uri = URI.create(text);
      boolean isWeb = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (uri.getHost() != null && uri.getPort() <= 65_535 && isWeb) {
        return withoutRoute(name, uri);
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new UsageException(
        name + " must be a URL such as http://127.0.0.1:30000/v1, not " + text);
  }

  private static URI withoutRoute(String name, URI uri) {
    String path = String.valueOf(uri.getPath());
    String base = path.replaceFirst("/(chat/)?completions/*$", "");
    if (!base.equals(path)) {
      throw new UsageException(
          name + " is the URL before the routes: leave out " + path.substring(base.length()));
    }
    return uri;
  }

  private Optional<Path> template() {
    return existing(chatTemplate);
  }

  /// The value of `--chat-template`, a file or a folder that exists.
  ///
  /// @throws UsageException if it does not exist
  public static Optional<Path> existing(Optional<Path> template) {
    if (template.isPresent() && !Files.exists(template.get())) {
      throw new UsageException("--chat-template: there is no file " + template.get());
    }
    return template;
  }

  /// Conversations as text, without what begins every text: servers add that themselves.
  private static Function<Prompt.Chat, String> text(Path path) {
    ChatTemplate template = ChatTemplate.open(path);
    if (template.source().isEmpty()) {
      throw new UsageException("--chat-template: there is no chat template in " + path);
    }
    String begin = template.begin().orElse("");
    return chat -> {
      String text = template.text(chat);
      return text.startsWith(begin) ? text.substring(begin.length()) : text;
    };
  }

  /// The endpoint that the options or the environment name, if one is named.
  private Optional<Profile> remote() {
    Optional<String> named =
        profile.or(
            () ->
                endpoint.isPresent()
                    ? Optional.empty()
                    : Optional.ofNullable(System.getenv("SGL_PROFILE")));
    Optional<Profile> found = named.map(Profiles::find);
    Optional<URI> uri =
        endpoint
            .map(text -> uri("--endpoint", text))
            .or(
                () ->
                    found.isPresent()
                        ? Optional.empty()
                        : Optional.ofNullable(System.getenv("SGL_ENDPOINT"))
                            .map(text -> uri("SGL_ENDPOINT", text)));
    return uri.isEmpty()
        ? found
        : Optional.of(found.map(f -> f.at(uri.get())).orElseGet(() -> Profile.of(uri.get())));
  }

  /// The model's folder.
  ///
  /// @throws UsageException if there is none
  public ModelFolder folder(PrintWriter err, boolean progress) {
    if (remote().isPresent()) {
      throw new UsageException(
          "the tokens of an endpoint's model are not known; name a --model folder");
    }
    return ModelFolder.find(model, err, progress);
  }
}
