package dev.sgl.server.keys;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.common.hash.Hashing;
import dev.sgl.diagnostic.Nearest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// A YAML file of keys:
///
/// ```yaml
/// keys:
///   - name: anna
///     key: sk-anna-8f2c…
///     requests-per-minute: 60
///     tokens-per-minute: 100000
///     tokens-per-day: 5000000
///     parallel: 8
///   - name: operator
///     sha256: 5e884898da28…  # of the key, in place of the key itself
///     admin: true
/// ```
final class KeyFile {
  private static final long MOST_BYTES = 4 << 20;
  private static final int SHORTEST = 8; // characters of a key

  private static final Set<String> MEMBERS =
      Set.of(
          "name",
          "key",
          "sha256",
          "admin",
          "requests-per-minute",
          "tokens-per-minute",
          "tokens-per-day",
          "parallel");

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path file;

  private KeyFile(Path file) {
    this.file = file;
  }

  /// A key.
  ///
  /// @param hash see [KeyFile#hash(String)]
  record Key(String name, String hash, boolean isAdmin, Rates rates) {}

  /// SHA-256 of a key, in hexadecimal digits.
  static String hash(String key) {
    return Hashing.sha256().hashString(key, StandardCharsets.UTF_8).toString();
  }

  /// The keys of a file.
  ///
  /// @throws IOException if it cannot be read, or says what cannot be
  static List<Key> read(Path file) throws IOException {
    return new KeyFile(file).keys();
  }

  private List<Key> keys() throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw wrong("has more than " + MOST_BYTES + " bytes");
    }
    JsonNode root;
    try {
      root = YAML.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw wrong("is no YAML: " + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
    JsonNode entries = root.path("keys");
    if (!entries.isArray() || entries.isEmpty() || root.size() > 1) {
      throw wrong("must have a list `keys`, and nothing else");
    }
    List<Key> keys = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (JsonNode entry : entries) {
      Key key = key(entry, "keys[" + keys.size() + "]");
      if (!seen.add("name " + key.name()) || !seen.add("hash " + key.hash())) {
        throw wrong("has the name or the key of `" + key.name() + "` twice");
      }
      keys.add(key);
    }
    return keys;
  }

  private Key key(JsonNode entry, String where) throws IOException {
    if (!entry.isObject()) {
      throw wrong(where + " must have a name and a key");
    }
    for (var member : entry.properties()) {
      if (!MEMBERS.contains(member.getKey())) {
        String near = Nearest.to(member.getKey(), MEMBERS).map(n -> "; " + n + "?").orElse("");
        throw wrong(where + " has an unknown member `" + member.getKey() + "`" + near);
      }
    }
    String name = entry.path("name").asText();
    if (!name.matches("[A-Za-z0-9._@-]{1,64}")) {
      throw wrong(where + " needs a name of 1 to 64 letters, digits, or any of . _ @ -");
    }
    JsonNode admin = entry.path("admin");
    if (!admin.isMissingNode() && !admin.isBoolean()) {
      throw wrong("the admin of `" + name + "` must be true or false");
    }
    Rates rates =
        new Rates(
            whole(entry, "requests-per-minute", name),
            limit(entry, "tokens-per-minute", name),
            limit(entry, "tokens-per-day", name),
            whole(entry, "parallel", name));
    return new Key(name, hash(entry, name), admin.asBoolean(), rates);
  }

  private String hash(JsonNode entry, String name) throws IOException {
    JsonNode key = entry.path("key");
    JsonNode hash = entry.path("sha256");
    if (key.isMissingNode() == hash.isMissingNode()) {
      throw wrong("`" + name + "` needs a key or its sha256, and not both");
    }
    if (key.isMissingNode()) {
      if (!hash.asText().matches("[0-9a-fA-F]{64}")) {
        throw wrong("the sha256 of `" + name + "` must have 64 hexadecimal digits");
      }
      return hash.asText().toLowerCase(Locale.ROOT);
    }
    if (!key.isTextual() || key.asText().length() < SHORTEST) {
      throw wrong(
          "the key of `%s` must be text, in quotes if it is a number, of %d characters or more"
              .formatted(name, SHORTEST));
    }
    return hash(key.asText());
  }

  private OptionalLong limit(JsonNode entry, String member, String name) throws IOException {
    JsonNode limit = entry.path(member);
    if (limit.isMissingNode()) {
      return OptionalLong.empty();
    }
    if (!limit.canConvertToInt() || limit.asInt() < 1 || !limit.isIntegralNumber()) {
      throw wrong(
          "%s of `%s` must be an integer from 1 to %d".formatted(member, name, Integer.MAX_VALUE));
    }
    return OptionalLong.of(limit.asInt());
  }

  private OptionalInt whole(JsonNode entry, String member, String name) throws IOException {
    OptionalLong limit = limit(entry, member, name);
    return limit.isPresent() ? OptionalInt.of((int) limit.getAsLong()) : OptionalInt.empty();
  }

  private IOException wrong(String message) {
    return new IOException(file + " " + message);
  }
}
