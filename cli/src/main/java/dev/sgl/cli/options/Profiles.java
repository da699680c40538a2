package dev.sgl.cli.options;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.remote.Prices;
import dev.sgl.remote.ServerKind;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Endpoints by name, from `sgl.toml` in this folder or in `~/.config/sgl`:
///
/// ```toml
/// [profiles.openai]
/// endpoint = "https://api.openai.com/v1"
/// model = "gpt-4.1-mini"
/// api-key-env = "OPENAI_API_KEY"
/// prices = { prompt = 0.4, cached = 0.1, generated = 1.6 }
/// ```
///
/// Some are known without a file.
final class Profiles {
  private static final String FILE = "sgl.toml";

  private static final Map<String, String> KNOWN =
      Map.of(
          "openai", "https://api.openai.com/v1",
          "sgl", "http://127.0.0.1:30000/v1",
          "sglang", "http://127.0.0.1:30000/v1",
          "vllm", "http://127.0.0.1:8000/v1",
          "llama-cpp", "http://127.0.0.1:8080/v1",
          "ollama", "http://127.0.0.1:11434/v1");

  private static final Set<String> FIELDS =
      Set.of(
          "endpoint", "model", "api-key-env", "server", "prices", "together", "tries", "silence");

  private static final Set<String> PRICES = Set.of("prompt", "cached", "generated");

  private Profiles() {}

  /// An endpoint and its settings.
  record Profile(
      URI endpoint,
      Optional<String> model,
      Optional<String> apiKeyVariable,
      Optional<ServerKind> server,
      Optional<Prices> prices,
      Optional<Integer> together,
      Optional<Integer> tries,
      Optional<Duration> silence) {

    /// An endpoint of which nothing is known.
    static Profile of(URI endpoint) {
      return new Profile(
          endpoint,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }

    /// The same elsewhere.
    Profile at(URI uri) {
      return new Profile(uri, model, apiKeyVariable, server, prices, together, tries, silence);
    }
  }

  /// @throws UsageException if there is no such profile, or it says what cannot be
  static Profile find(String name) {
    Map<String, JsonNode> all = read();
    JsonNode written = all.get(name);
    String known = KNOWN.get(name);
    if (written == null && known == null) {
      List<String> names =
          Stream.concat(all.keySet().stream(), KNOWN.keySet().stream())
              .distinct()
              .sorted()
              .toList();
      String near =
          Nearest.to(name, names)
              .map(n -> "; did you mean " + n + "?")
              .orElse("; there are " + String.join(", ", names));
      throw new UsageException("there is no profile " + name + near);
    }
    JsonNode fields = written == null ? JsonNodeFactory.instance.objectNode() : written;
    return profile(name, fields, known == null ? "" : known);
  }

  private static Map<String, JsonNode> read() {
    Map<String, JsonNode> all = new LinkedHashMap<>();
    Path user = Path.of(System.getProperty("user.home"), ".config", "sgl", FILE);
    for (Path file : List.of(user, Path.of(FILE))) { // what is nearer counts
      if (Files.isRegularFile(file)) {
        try {
          JsonNode tree = new TomlMapper().readTree(Files.readString(file));
          tree.path("profiles").properties().forEach(e -> all.put(e.getKey(), e.getValue()));
        } catch (JsonProcessingException e) {
          int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
          throw new UsageException(file + ":" + line + " is not TOML: " + e.getOriginalMessage());
        } catch (IOException e) {
          throw new UsageException(file + " cannot be read: " + Reasons.of(e));
        }
      }
    }
    return all;
  }

  private static Profile profile(String name, JsonNode fields, String known) {
    if (!(fields instanceof ObjectNode)) {
      throw new UsageException("the profile " + name + " must be a table");
    }
    for (Map.Entry<String, JsonNode> field : fields.properties()) {
      if (!FIELDS.contains(field.getKey())) {
        String near =
            Nearest.to(field.getKey(), FIELDS).map(n -> "; did you mean " + n + "?").orElse("");
        throw new UsageException("the profile " + name + " has no field " + field.getKey() + near);
      }
    }
    String endpoint = fields.path("endpoint").asText(known);
    if (endpoint.isEmpty()) {
      throw new UsageException("the profile " + name + " has no endpoint");
    }
    return new Profile(
        ModelOptions.uri("the endpoint of the profile " + name, endpoint),
        text(name, fields, "model"),
        text(name, fields, "api-key-env"),
        text(name, fields, "server").map(word -> server(name, word)),
        prices(name, fields.path("prices")),
        count(name, fields, "together"),
        count(name, fields, "tries"),
        count(name, fields, "silence").map(Duration::ofSeconds));
  }

  private static Optional<String> text(String name, JsonNode fields, String field) {
    if (!fields.hasNonNull(field)) {
      return Optional.empty();
    }
    if (!fields.get(field).isTextual()) {
      throw new UsageException("`" + field + "` of the profile " + name + " must be a text");
    }
    return Optional.of(fields.get(field).textValue());
  }

  private static Optional<Integer> count(String name, JsonNode fields, String field) {
    if (!fields.hasNonNull(field)) {
      return Optional.empty();
    }
    int count = fields.get(field).asInt(0);
    if (count < 1) {
      throw new UsageException("`" + field + "` of the profile " + name + " must be at least 1");
    }
    return Optional.of(count);
  }

  private static ServerKind server(String name, String word) {
    return ServerKind.parse(word)
        .orElseThrow(
            () ->
                new UsageException(
                    "the profile "
                        + name
                        + ": there is no server "
                        + word
                        + "; there are "
                        + Arrays.stream(ServerKind.values())
                            .map(ServerKind::word)
                            .collect(Collectors.joining(", "))));
  }

  private static Optional<Prices> prices(String name, JsonNode prices) {
    if (prices.isMissingNode()) {
      return Optional.empty();
    }
    String what = "`prices` of the profile " + name;
    boolean isSound =
        prices.isObject()
            && prices.has("prompt")
            && prices.properties().stream()
                .allMatch(p -> PRICES.contains(p.getKey()) && p.getValue().asDouble(-1) >= 0);
    if (!isSound) {
      throw new UsageException(
          what + " must be like { prompt = 0.4, cached = 0.1, generated = 1.6 }");
    }
    double prompt = prices.path("prompt").asDouble();
    return Optional.of(
        new Prices(
            prompt, prices.path("cached").asDouble(prompt), prices.path("generated").asDouble()));
  }
}
