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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
      Set.of("endpoint", "model", "api-key-env", "server", "prices", "together", "tries");

  private Profiles() {}

  /// What is known of an endpoint.
  record Profile(
      URI endpoint,
      Optional<String> model,
      Optional<String> apiKeyVariable,
      Optional<ServerKind> server,
      Optional<Prices> prices,
      Optional<Integer> together,
      Optional<Integer> tries) {

    /// An endpoint of which nothing is known.
    static Profile of(URI endpoint) {
      return new Profile(
          endpoint,
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }

    /// The same elsewhere.
    Profile at(URI uri) {
      return new Profile(uri, model, apiKeyVariable, server, prices, together, tries);
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
        uri(name, endpoint),
        text(fields, "model"),
        text(fields, "api-key-env"),
        text(fields, "server").map(word -> server(name, word)),
        prices(fields.path("prices")),
        count(name, fields, "together"),
        count(name, fields, "tries"));
  }

  private static URI uri(String name, String text) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new UsageException("the endpoint of the profile " + name + " is no URL: " + text);
    }
  }

  private static Optional<String> text(JsonNode fields, String field) {
    return fields.hasNonNull(field) ? Optional.of(fields.get(field).asText()) : Optional.empty();
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
            () -> new UsageException("the profile " + name + ": there is no server " + word));
  }

  private static Optional<Prices> prices(JsonNode prices) {
    return prices.isObject()
        ? Optional.of(
            new Prices(
                prices.path("prompt").asDouble(),
                prices.path("cached").asDouble(prices.path("prompt").asDouble()),
                prices.path("generated").asDouble()))
        : Optional.empty();
  }
}
