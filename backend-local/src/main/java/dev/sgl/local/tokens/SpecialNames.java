package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// The tokens that a model folder gives a role, such as `eos_token`: by `tokenizer_config.json`,
/// and by `special_tokens_map.json` where that says nothing.
///
/// @param byRole the text of a token
/// @param others without a role of their own
public record SpecialNames(Map<String, String> byRole, Set<String> others) {
  /// The roles that chat templates know by name.
  private static final List<String> ROLES =
      List.of("bos_token", "eos_token", "pad_token", "unk_token");

  /// @throws dev.sgl.local.weights.ModelException if a file is there that cannot be read
  public static SpecialNames read(Path folder) {
    return read(file -> Checkpoint.json(folder, file));
  }

  /// The same of a model that is open.
  public static SpecialNames read(Checkpoint model) {
    return read(model::json);
  }

  private static SpecialNames read(Function<String, JsonNode> files) {
    Map<String, String> byRole = new LinkedHashMap<>();
    Set<String> others = new LinkedHashSet<>();
    for (String file : List.of("tokenizer_config.json", "special_tokens_map.json")) {
      JsonNode names = files.apply(file);
      for (String role : ROLES) {
        content(names.path(role)).ifPresent(text -> byRole.putIfAbsent(role, text));
      }
      names.path("additional_special_tokens").forEach(n -> content(n).ifPresent(others::add));
    }
    return new SpecialNames(byRole, others);
  }

  /// The text of a token, which is written as it is or as an object with its `content`.
  private static Optional<String> content(JsonNode node) {
    JsonNode text = node.isObject() ? node.path("content") : node;
    return text.isTextual() ? Optional.of(text.asText()) : Optional.empty();
  }

  /// Whether a token is special by its name, even if the tokenizer does not mark it so.
  boolean has(String token) {
    return byRole.containsValue(token) || others.contains(token);
  }

  /// The token that ends a text.
  public Optional<String> end() {
    return Optional.ofNullable(byRole.get("eos_token"));
  }
}
