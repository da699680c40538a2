package dev.sgl.local.embedding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.checkpoint.NamedWeights;
import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.model.Dense;
import dev.sgl.local.model.DenseLayers;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Role;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// The settings of a folder for vectors of texts: the modules behind the model (`modules.json`),
/// the prompts, and the most tokens of a text.
///
/// @param pooling of the states; empty if the folder says nothing
/// @param layers on the pooled state
/// @param dimensions numbers of a vector
/// @param most tokens of a text, if the folder has a limit of its own
/// @param prompts texts that come before others, by the names of their uses
/// @param prompt the name of the one that comes before a text if nothing else is said
public record EmbeddingFolder(
    Optional<Pooling> pooling,
    DenseLayers layers,
    int dimensions,
    OptionalInt most,
    Map<String, String> prompts,
    Optional<String> prompt) {
  private static final Map<String, Pooling> MODES =
      Map.of(
          "cls", Pooling.FIRST,
          "lasttoken", Pooling.LAST,
          "max", Pooling.MAX,
          "mean", Pooling.MEAN,
          "mean_sqrt_len_tokens", Pooling.MEAN_SQRT_LENGTH,
          "weightedmean", Pooling.WEIGHTED_MEAN);

  /// Keys of older folders, each of which is true or false.
  private static final Map<String, Pooling> FLAGS =
      Map.of(
          "pooling_mode_cls_token", Pooling.FIRST,
          "pooling_mode_lasttoken", Pooling.LAST,
          "pooling_mode_max_tokens", Pooling.MAX,
          "pooling_mode_mean_tokens", Pooling.MEAN,
          "pooling_mode_mean_sqrt_len_tokens", Pooling.MEAN_SQRT_LENGTH,
          "pooling_mode_weightedmean_tokens", Pooling.WEIGHTED_MEAN);

  private static final String PATH = "|\\w[\\w.-]*";

  /// The kinds in the names of files with the settings of a model.
  private static final List<String> SETTINGS = List.of("bert", "roberta", "xlm-roberta");

  private static final String VECTOR = "sentence_embedding";

  private static final Names NAMES = Names.of(Map.of(Role.POOLER, "linear"));

  private static final Map<String, Dense.Activation> ACTIVATIONS =
      Map.of("Identity", Dense.Activation.NONE, "Tanh", Dense.Activation.TANH);

  /// Reads the settings of a model's folder.
  ///
  /// @param hidden numbers of a state
  /// @throws ModelException if it says something that is not supported
  public static EmbeddingFolder read(Checkpoint model, int hidden) {
    Reader reader = new Reader(model.folder(), hidden);
    model.json("modules.json").forEach(reader::module);
    JsonNode settings =
        SETTINGS.stream()
            .map(kind -> model.json("sentence_" + kind + "_config.json"))
            .filter(json -> !json.isEmpty())
            .findFirst()
            .orElse(MissingNode.getInstance());
    if (settings.path("do_lower_case").asBoolean(false)) {
      throw new ModelException(model.folder() + ": do_lower_case is not supported");
    }
    int most = settings.path("max_seq_length").asInt(0);
    JsonNode uses = model.json("config_sentence_transformers.json");
    Map<String, String> prompts = new LinkedHashMap<>();
    uses.path("prompts")
        .properties()
        .forEach(entry -> prompts.put(entry.getKey(), entry.getValue().asText()));
    Optional<String> prompt =
        Optional.of(uses.path("default_prompt_name").asText("")).filter(prompts::containsKey);
    return new EmbeddingFolder(
        reader.pooling,
        reader.layers,
        reader.dimensions,
        most > 0 ? OptionalInt.of(most) : OptionalInt.empty(),
        prompts,
        prompt);
  }

  /// The modules of a folder, one after the other.
  private static final class Reader {
    private final Path folder;
    private Optional<Pooling> pooling = Optional.empty();
    private boolean normalizes;
    private DenseLayers layers = DenseLayers.NONE;
    private int dimensions;

    Reader(Path folder, int hidden) {
      this.folder = folder;
      this.dimensions = hidden;
    }

    void module(JsonNode module) {
      String type = module.path("type").asText();
      String path = module.path("path").asText();
      if (!path.matches(PATH)) {
        throw new ModelException("modules.json: `" + path + "` is no folder beside it");
      }
      switch (type.substring(type.lastIndexOf('.') + 1)) {
        case "Transformer" -> {}
        case "Normalize" -> normalizes = true; // which callers do
        case "Pooling" -> pooling = Optional.of(pooling(path));
        case "Dense" -> dense(path);
        default ->
            throw new ModelException(
                "modules.json: the module " + type + " of " + folder + " is not supported");
      }
    }

    private JsonNode config(String path) {
      return path.isEmpty()
          ? MissingNode.getInstance()
          : Checkpoint.json(folder.resolve(path), "config.json");
    }

    private Pooling pooling(String path) {
      JsonNode config = config(path);
      JsonNode mode = config.path("pooling_mode");
      List<Pooling> modes = new ArrayList<>();
      if (mode.isTextual() || mode.size() == 1) {
        String name = mode.isTextual() ? mode.asText() : mode.path(0).asText();
        Optional.ofNullable(MODES.get(name)).ifPresent(modes::add);
      } else if (mode.isMissingNode()) {
        FLAGS.forEach(
            (key, flagged) -> {
              if (config.path(key).asBoolean(flagged == Pooling.MEAN && !config.has(key))) {
                modes.add(flagged);
              }
            });
      }
      if (modes.size() != 1 || !config.path("include_prompt").asBoolean(true)) {
        throw new ModelException(path + "/config.json: " + config + " is not supported");
      }
      return modes.getFirst();
    }

    private void dense(String path) {
      JsonNode config = config(path);
      boolean isPlain =
          !config.path("use_residual").asBoolean(false)
              && config.path("module_input_name").asText(VECTOR).equals(VECTOR)
              && config.path("module_output_name").asText(VECTOR).equals(VECTOR);
      if (!isPlain || pooling.isEmpty() || normalizes) {
        throw new ModelException(
            path
                + "/config.json: a dense layer elsewhere than on the pooled state is not supported");
      }
      String function = config.path("activation_function").asText();
      Dense.Activation activation =
          Optional.ofNullable(ACTIVATIONS.get(function.substring(function.lastIndexOf('.') + 1)))
              .orElseThrow(
                  () ->
                      new ModelException(
                          path
                              + "/config.json: activation_function "
                              + function
                              + " is not supported"));
      int outputs = config.path("out_features").asInt();
      boolean biased = config.path("bias").asBoolean(true);
      Dense layer = new Dense(Role.POOLER, dimensions, outputs, biased, activation);
      try (Checkpoint weights = Checkpoint.open(folder.resolve(path))) {
        layers = layers.plus(DenseLayers.load(List.of(layer), new NamedWeights(weights, NAMES)));
      }
      dimensions = outputs;
    }
  }
}
