package dev.sgl.local.export;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.weights.CodeRounding;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.RoundedWeights;
import dev.sgl.local.weights.Rounding;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A model folder as a folder of compressed-tensors. The embedding and the head keep their numbers,
/// as is usual in such folders.
final class FolderExport implements Plan {
  /// The size beyond which the field divides weights into several files.
  static final long SHARD_BYTES = 5_000_000_000L;

  private static final String CONFIG = "config.json";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String TEMPLATES = "additional_chat_templates";

  /// Files beside the weights: those of the tokenizer, of generation, chat templates and licences.
  private static final Pattern COPIED =
      Pattern.compile("(?i)[^.].*\\.(json|jinja|txt|model|tiktoken)|(licen[cs]e|notice).*");

  /// The files of a model folder, by their usual names.
  private static final Pattern USUAL =
      Pattern.compile(
          "(?ix) .*\\.safetensors | .*\\.index\\.json | .*\\.(jinja|model|tiktoken) | (licen[cs]e|notice|readme).*"
              + "| (config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab"
              + "  |preprocessor_config|processor_config|chat_template|quantize_config)\\.json"
              + "| (merges|vocab)\\.txt");

  private final Checkpoint checkpoint;
  private final Rounding format;
  private final Map<String, ModelTensors.Use> uses;
  private final List<String> ignored = new ArrayList<>();
  private final Map<String, TensorFile> files = new LinkedHashMap<>();
  private int quantized;
  private int plain;

  /// @param shardBytes the most bytes of a file, unless one weight has more
  /// @throws ModelException if the model is not whole, or has a tensor that cannot be copied
  FolderExport(Checkpoint checkpoint, Rounding format, long shardBytes) {
    this.checkpoint = checkpoint;
    this.format = format;
    this.uses =
        ModelTensors.of(Families.decoder(checkpoint.json(CONFIG)), Families.weights(checkpoint));
    checkpoint
        .unread()
        .forEach(
            (name, type) -> {
              throw new ModelException(
                  "%s: the tensor %s is in the format %s, which is not written"
                      .formatted(checkpoint.folder(), name, type));
            });
    List<RowSource> sources =
        checkpoint.weights().stream().flatMap(weight -> sources(weight).stream()).toList();
    ignored.add("lm_head");
    divide(sources, shardBytes);
  }

  /// Something in a folder that belongs to no model.
  static Optional<Path> foreign(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> !isUsual(file)).sorted().findFirst();
    }
  }

  private static boolean isUsual(Path file) {
    String name = file.getFileName().toString();
    return Files.isRegularFile(file) ? USUAL.matcher(name).matches() : name.equals(TEMPLATES);
  }

  // --- tensors

  /// The sources of a tensor of the folder: of several if it is quantized.
  private List<RowSource> sources(Weight weight) {
    Optional<Role> role =
        Optional.ofNullable(uses.get(weight.name()))
            .filter(use -> !use.isBias())
            .map(ModelTensors.Use::role)
            .filter(known -> weight.rows() > 1 && known != Role.CONVOLUTION);
    String module = weight.name().replaceFirst("\\.weight$", "");
    if (role.isPresent() && !RoundedWeights.isWide(role.get())) {
      if (format == Rounding.FP8) {
        quantized++;
        return List.of(RowSource.Floats.of(module, weight));
      }
      CodeRounding usual = format.codes().orElseThrow();
      Optional<CodeRounding> by = RoundedWeights.rounding(weight, role.get(), usual);
      if (by.isPresent()) {
        quantized++;
        return List.of(
            RowSource.Packed.of(module, weight, by.get()),
            RowSource.Integers.of(
                module + ".weight_shape", List.of(weight.rows(), weight.columns())));
      }
      ignored.add(module.startsWith("model.") ? module : "model." + module);
    }
    if (!uses.containsKey(weight.name()) && weight.rows() > 1) {
      ignored.add("re:.*" + module.replace(".", "\\.")); // of a part that is not loaded here
    }
    plain += role.isPresent() ? 1 : 0;
    DType type = weight.encoding().plain(DType.F32);
    return List.of(RowSource.Numbers.of(weight.name(), weight.shape(), weight, type));
  }

  /// Divides the tensors into files, in their order.
  private void divide(List<RowSource> sources, long shardBytes) {
    List<List<RowSource>> shards = new ArrayList<>();
    long room = 0;
    for (RowSource source : sources) {
      if (shards.isEmpty() || source.bytes() > room) {
        shards.add(new ArrayList<>());
        room = shardBytes;
      }
      shards.getLast().add(source);
      room -= source.bytes();
    }
    for (int i = 0; i < shards.size(); i++) {
      String name =
          shards.size() == 1
              ? "model.safetensors"
              : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      files.put(name, SafetensorsHeader.plan(shards.get(i)));
    }
  }

  // --- the configuration

  private ObjectNode quantizationConfig() {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    boolean isFloat = format == Rounding.FP8;
    String layout = isFloat ? "float-quantized" : "pack-quantized";
    config.put("quant_method", "compressed-tensors");
    config.put("format", layout);
    config.put("quantization_status", "compressed");
    ObjectNode group = config.putObject("config_groups").putObject("group_0");
    group.putArray("targets").add("Linear");
    group.put("format", layout);
    ObjectNode weights = group.putObject("weights");
    if (isFloat) {
      floats(weights, "channel", false);
      floats(group.putObject("input_activations"), "token", true);
    } else {
      integers(weights, format.codes().orElseThrow());
      group.putNull("input_activations");
    }
    group.putNull("output_activations");
    ignored.forEach(config.putArray("ignore")::add);
    config.putNull("kv_cache_scheme");
    return config;
  }

  private static void floats(ObjectNode numbers, String strategy, boolean dynamic) {
    numbers.put("num_bits", 8).put("type", "float").put("symmetric", true);
    numbers.put("strategy", strategy).put("dynamic", dynamic);
  }

  private static void integers(ObjectNode numbers, CodeRounding rounding) {
    numbers.put("num_bits", rounding.scheme().bits()).put("type", "int").put("symmetric", true);
    numbers.put("strategy", "group").put("group_size", rounding.scheme().group());
    numbers.put("dynamic", false);
  }

  private ObjectNode index() {
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    long bytes =
        files.values().stream()
            .flatMap(file -> file.sources().stream())
            .mapToLong(RowSource::bytes)
            .sum();
    index.putObject("metadata").put("total_size", bytes);
    ObjectNode map = index.putObject("weight_map");
    files.forEach((name, file) -> file.places().keySet().forEach(tensor -> map.put(tensor, name)));
    return index;
  }

  // --- the plan

  @Override
  public long bytes() {
    return files.values().stream().mapToLong(TensorFile::size).sum();
  }

  @Override
  public Matrices matrices() {
    return new Matrices(quantized, plain);
  }

  @Override
  public void write(Path path, LongConsumer written) throws IOException {
    Files.createDirectory(path);
    for (Map.Entry<String, TensorFile> file : files.entrySet()) {
      file.getValue().write(path.resolve(file.getKey()), written);
    }
    if (files.size() > 1) {
      Files.writeString(path.resolve(INDEX), index().toPrettyString());
    }
    copy(checkpoint.folder(), path);
    Path templates = checkpoint.folder().resolve(TEMPLATES);
    if (Files.isDirectory(templates)) {
      copy(templates, Files.createDirectory(path.resolve(TEMPLATES)));
    }
    ObjectNode config = checkpoint.json(CONFIG).deepCopy();
    config.set("quantization_config", quantizationConfig());
    Files.writeString(path.resolve(CONFIG), config.toPrettyString() + "\n");
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> copied;
    try (Stream<Path> all = Files.list(from)) {
      copied = all.filter(Files::isRegularFile).filter(FolderExport::isCopied).toList();
    }
    for (Path file : copied) {
      Files.copy(file, to.resolve(file.getFileName()));
    }
  }

  private static boolean isCopied(Path file) {
    String name = String.valueOf(file.getFileName());
    boolean isOfWeights = name.equals(CONFIG) || name.endsWith(".index.json");
    return COPIED.matcher(name).matches() && !isOfWeights;
  }
}
