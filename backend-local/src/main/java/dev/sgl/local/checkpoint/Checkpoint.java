package dev.sgl.local.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.json.OutsideJson;
import dev.sgl.local.quantized.QuantizedFolder;
import dev.sgl.local.quantized.Tensor;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/// A model folder as Hugging Face lays it out: `config.json` and one or more `*.safetensors`,
/// memory-mapped. Or a model in GGUF, whose header is read as the JSON files of a folder.
public final class Checkpoint implements AutoCloseable {
  private static final String FILE_NAME = "[\\w-][\\w.-]*";
  private static final ObjectMapper JSON =
      OutsideJson.mapper() // Python writes Infinity and NaN
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private final Path folder;
  private final Optional<GgufModel> gguf;
  private final Map<String, Weight> tensors;
  private final Map<String, String> unread; // formats of tensors that are not supported
  private final Arena arena;
  private final long leastBytes;
  private final long bytes;

  private Checkpoint(
      Path folder,
      Optional<GgufModel> gguf,
      Map<String, Weight> tensors,
      Map<String, String> unread,
      Arena arena) {
    this.folder = folder;
    this.gguf = gguf;
    this.tensors = tensors;
    this.unread = unread;
    this.arena = arena;
    this.leastBytes = tensors.values().stream().mapToLong(Weight::leastBytes).sum();
    this.bytes = tensors.values().stream().mapToLong(Weight::bytes).sum();
  }

  /// The architectures, as `config.json` names them, whose GGUF files are read.
  public static Set<String> ggufArchitectures() {
    return GgufModel.architectures();
  }

  /// Opens a folder, or a GGUF file, and maps its weights.
  ///
  /// @throws ModelException if it is no model, or a file of it is not whole
  public static Checkpoint open(Path folder) {
    if (Gguf.isNamed(folder) && Files.isRegularFile(folder)) {
      return openGguf(folder);
    }
    if (!Files.isDirectory(folder)) {
      throw new ModelException("there is no model folder " + folder);
    }
    if (!Files.isRegularFile(folder.resolve("config.json"))) {
      Optional<Path> gguf = GgufFiles.in(folder);
      if (gguf.isPresent()) {
        return openGguf(gguf.get());
      }
      throw new ModelException(
          folder + " is not a model folder: it has no config.json" + other(folder));
    }
    Arena arena = Arena.ofShared();
    try {
      Map<String, Tensor> files = mapped(folder, arena);
      Map<String, Weight> tensors =
          new LinkedHashMap<>(QuantizedFolder.join(folder, json(folder, "config.json"), files));
      Map<String, String> unread = new HashMap<>();
      files.forEach(
          (name, tensor) ->
              tensor
                  .plain()
                  .ifPresentOrElse(
                      weight -> tensors.put(name, weight),
                      () -> unread.put(name, tensor.format())));
      return new Checkpoint(folder, Optional.empty(), tensors, unread, arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, Tensor> mapped(Path folder, Arena arena) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Path file : files(folder)) {
      Safetensors.map(file, arena)
          .forEach(
              (name, tensor) -> {
                if (tensors.put(name, tensor) != null) {
                  throw new ModelException(
                      "%s: the tensor %s is in %s and in a file before it"
                          .formatted(folder, name, file.getFileName()));
                }
              });
    }
    return tensors;
  }

  private static Checkpoint openGguf(Path file) {
    Arena arena = Arena.ofShared();
    try {
      Map<String, Weight> tensors = new LinkedHashMap<>();
      Map<String, String> unread = new HashMap<>();
      List<Gguf> headers = new ArrayList<>();
      for (Path shard : GgufFiles.shards(file)) {
        headers.add(Gguf.read(shard));
        GgufFiles.map(shard, headers.getLast(), arena, tensors, unread);
      }
      GgufModel model = new GgufModel(headers.getFirst(), tensors);
      return new Checkpoint(file, Optional.of(model), tensors, unread, arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// What a folder without a configuration holds instead, as far as it can be told.
  private static String other(Path folder) {
    if (Files.isRegularFile(folder.resolve("adapter_config.json"))) {
      return ", but an adapter, which is loaded on no model yet";
    }
    if (Files.isRegularFile(folder.resolve("params.json"))) {
      return ", but params.json, the layout of Mistral or Meta; take the same model in the layout of Hugging Face";
    }
    return "";
  }

  /// The files that the index names, or the one whole file, or all there are.
  private static List<Path> files(Path folder) {
    Path index = folder.resolve("model.safetensors.index.json");
    if (Files.isRegularFile(index)) {
      List<String> names =
          readJson(index).path("weight_map").properties().stream()
              .map(e -> e.getValue().asText())
              .distinct()
              .sorted()
              .toList();
      for (String name : names) {
        if (!name.matches(FILE_NAME)) {
          throw new ModelException(index + " names `" + name + "`, which is no file beside it");
        }
        if (!Files.isRegularFile(folder.resolve(name))) {
          throw new ModelException(folder + " is not whole: " + name + " is missing");
        }
      }
      return names.stream().map(folder::resolve).toList();
    }
    Path whole = folder.resolve("model.safetensors");
    if (Files.isRegularFile(whole)) {
      return List.of(whole);
    }
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> files = all.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList();
      if (files.isEmpty()) {
        throw new ModelException(folder + " has no weights: there is no *.safetensors in it");
      }
      return files;
    } catch (IOException e) {
      throw new ModelException(folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static JsonNode readJson(Path file) {
    try {
      LfsPointer.refuse(file);
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      String why =
          e.getOriginalMessage().replaceAll("\\s*\\(?(start marker at )?\\[Source: .*", "");
      throw new ModelException(file + ":" + line + " is not JSON: " + why, e);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /// A JSON file of the folder, or an empty object if it is not there.
  public JsonNode json(String name) {
    return gguf.map(model -> model.json(name)).orElseGet(() -> json(folder, name));
  }

  /// The header of a model in GGUF; empty for a model folder.
  public Optional<Gguf> gguf() {
    return gguf.map(GgufModel::header);
  }

  /// A JSON file of a folder that may have no weights, or an empty object if it is not there.
  ///
  /// @throws ModelException if it cannot be read
  public static JsonNode json(Path folder, String name) {
    Path file = folder.resolve(name);
    return Files.isRegularFile(file) ? readJson(file) : JSON.createObjectNode();
  }

  /// The folder, or the GGUF file.
  public Path folder() {
    return folder;
  }

  /// The tensor `name`, if the checkpoint has it in a format that is supported.
  public Optional<Weight> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /// All tensors in formats that are supported, in the order of the files.
  public Collection<Weight> weights() {
    return Collections.unmodifiableCollection(tensors.values());
  }

  /// The formats of the tensors that are not supported, by their names.
  public Map<String, String> unread() {
    return Collections.unmodifiableMap(unread);
  }

  /// The format of the tensor `name`, if the checkpoint has it in one that is not supported.
  Optional<String> unread(String name) {
    return Optional.ofNullable(unread.get(name));
  }

  /// Reads all weights into memory, so that the first answer does not wait for the disk. After each
  /// tensor, `loaded` is called with the bytes that are in memory.
  public void load(LongConsumer loaded) {
    long done = 0;
    for (Weight weight : tensors.values()) {
      weight.encoding().parts().stream()
          .filter(MemorySegment::isMapped)
          .forEach(MemorySegment::load);
      done += weight.bytes();
      loaded.accept(done);
    }
  }

  /// Bytes that a device needs at least for all weights, which computes in 16 bits and keeps codes.
  public long leastBytes() {
    return leastBytes;
  }

  /// Bytes of all weights.
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
