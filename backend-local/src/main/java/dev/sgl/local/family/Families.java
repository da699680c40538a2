package dev.sgl.local.family;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.checkpoint.NamedWeights;
import dev.sgl.local.checkpoint.Names;
import dev.sgl.local.family.architecture.Cohere2;
import dev.sgl.local.family.architecture.Glm;
import dev.sgl.local.family.architecture.Glm4;
import dev.sgl.local.family.architecture.Granite;
import dev.sgl.local.family.architecture.InternLm2;
import dev.sgl.local.family.architecture.InternLm2Reward;
import dev.sgl.local.family.architecture.Lfm2;
import dev.sgl.local.family.architecture.Llama;
import dev.sgl.local.family.architecture.Ministral3;
import dev.sgl.local.family.architecture.Mistral;
import dev.sgl.local.family.architecture.Olmo2;
import dev.sgl.local.family.architecture.Olmo3;
import dev.sgl.local.family.architecture.Phi3;
import dev.sgl.local.family.architecture.Qwen2;
import dev.sgl.local.family.architecture.Qwen3;
import dev.sgl.local.family.architecture.SeedOss;
import dev.sgl.local.family.architecture.SmolLm3;
import dev.sgl.local.family.architecture.Starcoder2;
import dev.sgl.local.family.config.Config;
import dev.sgl.local.family.config.Family;
import dev.sgl.local.family.config.Understood;
import dev.sgl.local.family.encoder.Bert;
import dev.sgl.local.family.encoder.Roberta;
import dev.sgl.local.family.gemma.Gemma2;
import dev.sgl.local.family.gemma.Gemma3;
import dev.sgl.local.family.gemma.Gemma4;
import dev.sgl.local.family.mixture.Glm4Moe;
import dev.sgl.local.family.mixture.GraniteMoe;
import dev.sgl.local.family.mixture.MiniMaxM2;
import dev.sgl.local.family.mixture.Mixtral;
import dev.sgl.local.family.mixture.Olmoe;
import dev.sgl.local.family.mixture.Qwen2Moe;
import dev.sgl.local.family.mixture.Qwen3Moe;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Scorer;
import dev.sgl.local.model.Transformer;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.RoundedWeights;
import dev.sgl.local.weights.Rounding;
import dev.sgl.local.weights.WeightSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/// The table of model families, by the name in `config.json`. Of a decoder that generates text, the
/// models without its head, and those with a head for labels, have names of their own.
public final class Families {
  private static final String FILE = "config.json";

  private static final Map<String, Family> TABLE =
      Map.ofEntries(
          Map.entry("Cohere2ForCausalLM", new Cohere2()),
          Map.entry("Gemma2ForCausalLM", new Gemma2()),
          Map.entry("Gemma3ForCausalLM", new Gemma3()),
          Map.entry(
              "Gemma3ForConditionalGeneration",
              new TextPart("Gemma 3 4B, 12B and 27B (texts)", Map.of("gemma3_text", new Gemma3()))),
          Map.entry("Gemma4ForCausalLM", Gemma4.ofParts()),
          Map.entry(
              "Gemma4ForConditionalGeneration",
              new TextPart(
                      "Gemma 4 E2B, E4B and 31B (texts)", Map.of("gemma4_text", Gemma4.ofParts()))
                  .boundingLogits()),
          Map.entry(
              "Gemma4UnifiedForConditionalGeneration",
              new TextPart("Gemma 4 12B (texts)", Map.of("gemma4_unified_text", Gemma4.unified()))
                  .boundingLogits()),
          Map.entry("Glm4ForCausalLM", new Glm4()),
          Map.entry("Glm4MoeForCausalLM", new Glm4Moe()),
          Map.entry("GlmForCausalLM", new Glm()),
          Map.entry("GraniteForCausalLM", new Granite()),
          Map.entry("GraniteMoeForCausalLM", new GraniteMoe()),
          Map.entry("InternLM2ForCausalLM", new InternLm2()),
          Map.entry("Lfm2ForCausalLM", new Lfm2()),
          Map.entry("LlamaForCausalLM", new Llama()),
          Map.entry("MiniMaxM2ForCausalLM", new MiniMaxM2()),
          Map.entry("Ministral3ForCausalLM", new Ministral3()),
          Map.entry(
              "Mistral3ForConditionalGeneration",
              new TextPart(
                  "Ministral 3, Mistral Small 3.1 and 3.2, Devstral (texts)",
                  Map.of("ministral3", new Ministral3(), "mistral", new Mistral()))),
          Map.entry("MistralForCausalLM", new Mistral()),
          Map.entry("MixtralForCausalLM", new Mixtral()),
          Map.entry("Olmo2ForCausalLM", new Olmo2()),
          Map.entry("Olmo3ForCausalLM", new Olmo3()),
          Map.entry("OlmoeForCausalLM", new Olmoe()),
          Map.entry("Phi3ForCausalLM", new Phi3()),
          Map.entry("Qwen2ForCausalLM", new Qwen2()),
          Map.entry("Qwen2MoeForCausalLM", new Qwen2Moe()),
          Map.entry("Qwen3ForCausalLM", new Qwen3()),
          Map.entry("Qwen3MoeForCausalLM", new Qwen3Moe()),
          Map.entry("SeedOssForCausalLM", new SeedOss()),
          Map.entry("SmolLM3ForCausalLM", new SmolLm3()),
          Map.entry("Starcoder2ForCausalLM", new Starcoder2()));

  /// Models that only read, by the beginnings of their names.
  private static final Map<String, Family> ENCODERS =
      Map.of(
          "Bert",
          new Bert(),
          "Roberta",
          new Roberta("RoBERTa"),
          "XLMRoberta",
          new Roberta("XLM-RoBERTa, bge-m3, bge-reranker, multilingual-e5"));

  /// The end of the names of encoders whose head guesses tokens: only their states are read.
  private static final String MASKED = "ForMaskedLM";

  /// Models with a head for one label whose names have another end.
  private static final Map<String, Family> REWARD_MODELS =
      Map.of("InternLM2ForRewardModel", new InternLm2Reward());

  /// Types of models that only read, and are not supported.
  private static final Set<String> OTHER_ENCODERS =
      Set.of(
          "albert",
          "deberta",
          "deberta-v2",
          "distilbert",
          "electra",
          "modernbert",
          "mpnet",
          "nomic_bert");

  /// An architecture as `config.json` names it.
  private record Architecture(Family family, Purpose purpose) {}

  private Families() {}

  /// An architecture that loads.
  ///
  /// @param name in `config.json`
  /// @param models that people know it by
  /// @param makesText whether it generates text; else it only reads
  /// @param runsOnGpu whether a GPU computes it, too
  /// @param readsGguf whether GGUF files of it are read
  /// @param writesGguf whether such files can be written
  public record Supported(
      String name,
      String models,
      boolean makesText,
      boolean runsOnGpu,
      boolean readsGguf,
      boolean writesGguf) {}

  /// All architectures that load, by their names; of those that generate text not the models
  /// without a head, or with one for labels.
  public static List<Supported> supported() {
    Map<String, Supported> all = new TreeMap<>();
    TABLE.forEach(
        (name, family) -> {
          boolean writes = family.ggufArchitecture().isPresent();
          boolean reads = writes || Checkpoint.ggufArchitectures().contains(name);
          all.put(
              name, new Supported(name, family.models(), true, family.runsOnGpu(), reads, writes));
        });
    ENCODERS.forEach(
        (begin, family) -> {
          String name = begin + Purpose.STATES.end();
          all.put(
              name, new Supported(name, family.models(), false, family.runsOnGpu(), false, false));
        });
    REWARD_MODELS.forEach(
        (name, family) ->
            all.put(
                name,
                new Supported(name, family.models(), false, family.runsOnGpu(), false, false)));
    return List.copyOf(all.values());
  }

  /// Puts the model of a checkpoint on a device, by the family that its `config.json` names.
  ///
  /// @param device that computes; closed with the model
  /// @param rows most rows of a batch
  /// @throws ModelException if the family is not known, a weight is missing, or a value makes no
  ///     sense
  public static Transformer open(Checkpoint checkpoint, Device device, int rows) {
    return open(checkpoint, OptionalInt.empty(), Optional.empty(), device, rows, _ -> {});
  }

  /// The same; `loaded` is called after each weight with the bytes that are on the device.
  ///
  /// @param context most tokens of a sequence that a user wants
  /// @param rounding by which plain weights are quantized
  public static Transformer open(
      Checkpoint checkpoint,
      OptionalInt context,
      Optional<Rounding> rounding,
      Device device,
      int rows,
      LongConsumer loaded) {
    JsonNode json = checkpoint.json(FILE);
    Architecture architecture = architecture(json);
    Family family = architecture.family();
    Config config = Config.of(json, family.standards(), context);
    Decoder decoder = decoder(architecture, config);
    WeightSource named = weights(checkpoint, family, config);
    Optional<RoundedWeights> rounded = rounding.map(by -> new RoundedWeights(named, by));
    WeightSource weights = rounded.isPresent() ? rounded.get() : named;
    Transformer model = new Transformer(decoder, weights, device, rows, loaded);
    rounded.ifPresent(RoundedWeights::requireUsed);
    return model;
  }

  private static WeightSource weights(Checkpoint checkpoint, Family family, Config config) {
    Names names =
        checkpoint.gguf().isPresent()
            ? GgufNames.of(config.number("hidden_size"))
            : family.names(config);
    return new NamedWeights(checkpoint, names);
  }

  /// The weights of a checkpoint by their roles.
  ///
  /// @throws ModelException if its family is not known
  public static WeightSource weights(Checkpoint checkpoint) {
    JsonNode json = checkpoint.json(FILE);
    Family family = architecture(json).family();
    return weights(checkpoint, family, Config.of(json, family.standards()));
  }

  /// The model that `config.json` describes.
  ///
  /// @throws ModelException if its family is not known, or a value is missing or makes no sense
  public static Decoder decoder(JsonNode json) {
    return decoder(json, OptionalInt.empty());
  }

  /// The same, loaded for sequences of up to `context` tokens.
  public static Decoder decoder(JsonNode json, OptionalInt context) {
    Architecture architecture = architecture(json);
    return decoder(architecture, Config.of(json, architecture.family().standards(), context));
  }

  private static Decoder decoder(Architecture architecture, Config config) {
    Decoder decoder = decoder(architecture.family(), config);
    return architecture.purpose() == Purpose.TEXT ? decoder : decoder.withoutHead();
  }

  static Decoder decoder(Family family, Config config) {
    Decoder decoder = family.decoder(config);
    Understood.require(config);
    return decoder;
  }

  /// The purpose of the model that `config.json` describes.
  ///
  /// @throws ModelException if its family is not known
  public static Purpose purpose(JsonNode json) {
    return architecture(json).purpose();
  }

  /// From states to scores, of a model for labels.
  ///
  /// @throws ModelException if its family is not known, or a value makes no sense
  public static Scorer scorer(JsonNode json) {
    Family family = family(json);
    return family.scorer(Config.of(json, family.standards()));
  }

  /// @throws ModelException if it is not known
  static Family family(JsonNode json) {
    return architecture(json).family();
  }

  /// @throws ModelException if it is not known
  private static Architecture architecture(JsonNode json) {
    String name = json.path("architectures").path(0).asText("");
    Optional<Architecture> known =
        TABLE.containsKey(name)
            ? Optional.of(new Architecture(TABLE.get(name), Purpose.TEXT))
            : reading(name);
    return known.orElseThrow(() -> new ModelException(refusal(json, name)));
  }

  /// A model that only reads.
  private static Optional<Architecture> reading(String name) {
    if (REWARD_MODELS.containsKey(name)) {
      return Optional.of(new Architecture(REWARD_MODELS.get(name), Purpose.LABELS));
    }
    for (Purpose purpose : List.of(Purpose.STATES, Purpose.LABELS)) {
      if (name.endsWith(purpose.end())) {
        String begin = name.substring(0, name.length() - purpose.end().length());
        Family decoder = TABLE.get(begin + Purpose.TEXT.end());
        return Optional.ofNullable(decoder == null ? ENCODERS.get(begin) : decoder)
            .map(family -> new Architecture(family, purpose));
      }
    }
    return name.endsWith(MASKED)
        ? Optional.ofNullable(ENCODERS.get(name.substring(0, name.length() - MASKED.length())))
            .map(family -> new Architecture(family, Purpose.STATES))
        : Optional.empty();
  }

  private static String refusal(JsonNode json, String architecture) {
    String type = json.path("model_type").asText("");
    String named =
        architecture.isEmpty()
            ? type.isEmpty() ? "a model without a named architecture" : "the model type " + type
            : "the architecture " + architecture;
    String kind = kind(json, architecture, type);
    return "config.json: "
        + named
        + (kind.isEmpty() ? "" : ", " + kind + ",")
        + " is not supported; supported are "
        + supported().stream().map(Supported::name).collect(Collectors.joining(", "));
  }

  /// The kind of a model that writes no text; empty if the model may write text.
  private static String kind(JsonNode json, String architecture, String type) {
    if (json.path("is_encoder_decoder").asBoolean(false)) {
      return "an encoder with a decoder";
    }
    if (architecture.endsWith("ForSequenceClassification")) {
      return "a classifier or reranker";
    }
    if (OTHER_ENCODERS.contains(type)) {
      return "an encoder, which makes embeddings and no text";
    }
    return json.has("vision_config") ? "a model that sees pictures" : "";
  }
}
