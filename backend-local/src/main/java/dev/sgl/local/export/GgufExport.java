package dev.sgl.local.export;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.checkpoint.RotaryOrder;
import dev.sgl.local.family.Families;
import dev.sgl.local.family.GgufKeys;
import dev.sgl.local.tokens.GgufVocabulary;
import dev.sgl.local.weights.CodeRounding;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.RoundedWeights;
import dev.sgl.local.weights.Rounding;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/// A model folder as one GGUF file, as llama.cpp reads it. Matrices become blocks by the rules of
/// [RoundedWeights]; vectors and convolutions have single precision, as in llama.cpp's own files.
final class GgufExport implements Plan {
  private static final int QUANTIZATION_VERSION = 2; // of the blocks' layouts

  private final Checkpoint checkpoint;
  private final CodeRounding rounding;
  private final GgufKeys description;
  private final List<RowSource> sources = new ArrayList<>();
  private final TensorFile file;
  private int quantized;
  private int plain;

  /// @throws dev.sgl.local.weights.ModelException if such files have no form for the model
  GgufExport(Checkpoint checkpoint, Rounding format) {
    this.checkpoint = checkpoint;
    this.rounding = format.codes().orElseThrow();
    this.description = GgufKeys.of(checkpoint.json("config.json"));
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("general.architecture", description.architecture());
    values.put("general.type", "model");
    values.put("general.name", name(checkpoint.folder()));
    values.put("general.quantization_version", QUANTIZATION_VERSION);
    values.put("general.file_type", fileType());
    values.putAll(sampling(checkpoint.json("generation_config.json")));
    values.putAll(description.values());
    values.putAll(
        GgufVocabulary.keys(
            checkpoint.folder(), description.decoder().vocabulary(), ends(checkpoint)));
    addTensors();
    this.file = GgufHeader.plan(values, sources);
  }

  private static String name(Path folder) {
    return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
  }

  /// llama.cpp's number for a file of which most matrices have a type.
  private int fileType() {
    return switch (rounding) {
      case Q4_0 -> 2;
      case Q8_0 -> 7;
      case INT4 -> throw new IllegalArgumentException("GGUF files have no blocks of INT4");
    };
  }

  /// The settings that a model's files choose where a program chooses none.
  private static Map<String, Object> sampling(JsonNode generation) {
    Map<String, Object> values = new LinkedHashMap<>();
    if (generation.path("do_sample").asBoolean(false)) {
      values.put("general.sampling.temp", (float) generation.path("temperature").asDouble(1));
      if (generation.hasNonNull("top_k")) {
        values.put("general.sampling.top_k", generation.path("top_k").asInt());
      }
      for (String key : List.of("top_p", "min_p")) {
        if (generation.hasNonNull(key)) {
          values.put("general.sampling." + key, (float) generation.path(key).asDouble());
        }
      }
    }
    if (generation.hasNonNull("repetition_penalty")) {
      values.put(
          "general.sampling.penalty_repeat",
          (float) generation.path("repetition_penalty").asDouble());
    }
    return values;
  }

  private static Set<Integer> ends(Checkpoint checkpoint) {
    Set<Integer> ends = new TreeSet<>();
    for (String file : List.of("generation_config.json", "config.json")) {
      JsonNode node = checkpoint.json(file).path("eos_token_id");
      if (node.isIntegralNumber()) {
        ends.add(node.asInt());
      }
      node.forEach(id -> ends.add(id.asInt()));
    }
    return ends;
  }

  // --- tensors

  private void addTensors() {
    float[] divisors = description.divisors();
    if (divisors.length > 0) {
      Weight weight =
          Weight.of("rope_freqs.weight", List.of(divisors.length), Encoding.Plain.of(divisors));
      sources.add(RowSource.Numbers.of(weight.name(), weight.shape(), weight, DType.F32));
    }
    ModelTensors.of(description.decoder(), Families.weights(checkpoint))
        .forEach((name, use) -> sources.add(source(checkpoint.find(name).orElseThrow(), use)));
  }

  private RowSource source(Weight weight, ModelTensors.Use use) {
    Role role = use.role();
    String name = description.name(role, use.layer(), use.isBias() ? ".bias" : ".weight");
    Weight ordered = ordered(weight, role);
    if (weight.rows() == 1 || role == Role.CONVOLUTION) {
      List<Integer> shape =
          weight.rows() == 1 ? List.of(weight.columns()) : List.of(weight.rows(), weight.columns());
      return RowSource.Numbers.of(name, shape, ordered, DType.F32);
    }
    Optional<CodeRounding> by = RoundedWeights.rounding(weight, role, rounding);
    if (by.isPresent()) {
      quantized++;
      return RowSource.Blocks.of(name, ordered, by.get());
    }
    plain++;
    DType type = weight.encoding().plain(DType.F16);
    return RowSource.Numbers.of(name, weight.shape(), ordered, type);
  }

  /// The weight or bias of queries or keys in the order of the file.
  private Weight ordered(Weight weight, Role role) {
    if (!description.turnsNeighbours() || role != Role.QUERY && role != Role.KEY) {
      return weight;
    }
    int[] order = RotaryOrder.neighbours(weight.shape().getFirst(), description.heads().headDim());
    return weight.reordered(order);
  }

  // --- the plan

  @Override
  public long bytes() {
    return file.size();
  }

  @Override
  public Matrices matrices() {
    return new Matrices(quantized, plain);
  }

  @Override
  public void write(Path path, LongConsumer written) throws IOException {
    file.write(path, written);
  }
}
