package dev.sgl.local.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.hub.Download.Needed;
import dev.sgl.local.weights.ModelException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The files of a repository as the hub describes them, and which of them a model needs.
final class Repository {
  private static final String WEIGHTS =
      "model\\.safetensors(\\.index\\.json)?|model-\\d+-of-\\d+\\.safetensors";

  /// The files of a model folder; other formats of the same weights are left where they are.
  private static final Pattern FOLDER =
      Pattern.compile(
          "config\\.json|generation_config\\.json|tokenizer\\.(json|model)|tokenizer_config\\.json"
              + "|special_tokens_map\\.json|chat_template\\.jinja"
              + "|additional_chat_templates/tool_use\\.jinja"
              + "|modules\\.json|sentence_(bert|roberta|xlm-roberta)_config\\.json|config_sentence_transformers\\.json"
              + "|\\d_[A-Z][a-z]+/(config\\.json|model\\.safetensors)|"
              + WEIGHTS);

  /// Files of which a model folder needs one.
  static final List<String> TOKENIZERS = List.of("tokenizer.json", "tokenizer.model");

  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  private final ModelName model;
  private final String commit;
  private final Map<String, JsonNode> files = new LinkedHashMap<>();
  private final GgufListing gguf;

  /// @throws ModelException if the description does not name a commit
  Repository(ModelName model, JsonNode described) {
    this.model = model;
    this.commit = described.path("sha").asText();
    if (!COMMIT.matcher(commit).matches()) {
      throw new ModelException("the hub does not say which commit of " + model + " it has");
    }
    described.path("siblings").forEach(file -> files.put(file.path("rfilename").asText(), file));
    this.gguf = new GgufListing(files.keySet());
  }

  String commit() {
    return commit;
  }

  /// Whether the model is a model folder, not a model in GGUF: by its name if the repository has
  /// both.
  boolean isFolder() {
    boolean hasFolder =
        files.containsKey("config.json")
            && TOKENIZERS.stream().anyMatch(files::containsKey)
            && files.keySet().stream().anyMatch(name -> name.matches(WEIGHTS));
    return model.quantization().isEmpty() && (hasFolder || gguf.files().isEmpty());
  }

  /// The files of the model.
  ///
  /// @throws ModelException if there is no such model in GGUF, or a file of it is missing
  List<Needed> model() {
    return needed(
        isFolder() ? files.keySet().stream().filter(this::isOfFolder).toList() : chosen());
  }

  private boolean isOfFolder(String name) {
    boolean isSecondTokenizer =
        name.equals(TOKENIZERS.getLast()) && files.containsKey(TOKENIZERS.getFirst());
    return FOLDER.matcher(name).matches() && !isSecondTokenizer;
  }

  /// The files of all models in GGUF.
  List<Needed> gguf() {
    return needed(gguf.files());
  }

  private List<String> chosen() {
    List<String> chosen = gguf.choose(model.quantization());
    if (chosen.isEmpty()) {
      List<String> there = gguf.quantizations();
      throw new ModelException(
          "%s has no GGUF file of %s; it has %s"
              .formatted(
                  model.repository(),
                  model.quantization().orElse("any quantization"),
                  there.isEmpty() ? "no GGUF files" : String.join(", ", there)));
    }
    Optional<String> missing = chosen.stream().filter(f -> !files.containsKey(f)).findFirst();
    if (missing.isPresent()) {
      throw new ModelException(
          "%s is not whole on the hub: %s is missing".formatted(model, missing.get()));
    }
    return chosen;
  }

  private List<Needed> needed(Collection<String> names) {
    return files.entrySet().stream()
        .filter(file -> names.contains(file.getKey()))
        .map(file -> needed(file.getKey(), file.getValue()))
        .toList();
  }

  private Needed needed(String name, JsonNode file) {
    String hash = file.path("lfs").path("sha256").asText(file.path("blobId").asText());
    if (!HASH.matcher(hash).matches()) {
      throw new ModelException("the hub does not say what " + name + " of " + model + " is");
    }
    return new Needed(name, file.path("size").asLong(), hash);
  }
}
