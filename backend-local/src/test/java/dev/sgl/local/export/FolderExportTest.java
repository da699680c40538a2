package dev.sgl.local.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.RoundedWeights;
import dev.sgl.local.weights.Rounding;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Weight;
import dev.sgl.local.weights.WeightSource;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Folders of compressed-tensors that this project writes, as it reads them.
class FolderExportTest {
  @TempDir Path folder;

  private Path out() {
    return folder.resolve("out");
  }

  private Export.Written write(Path model, Rounding format) throws IOException {
    return Export.write(model, out(), format, false, (_, _) -> {});
  }

  @ParameterizedTest
  @CsvSource({
    "qwen3, INT4, 6", // the inputs of the others are 64 numbers, no group of 128
    "qwen3, Q8_0, 21",
    "llama, Q8_0, 21",
    "qwen2, Q8_0, 18",
    "lfm2, Q8_0, 29",
    "mistral, Q8_0, 21"
  })
  void theWeightsAreThoseOfTheFolder(String name, Rounding format, int quantized)
      throws IOException {
    Path model = ModelCopy.of(name, folder.resolve("model"));
    assertEquals(quantized, write(model, format).quantized());
    try (Checkpoint original = Checkpoint.open(model);
        Checkpoint found = Checkpoint.open(out())) {
      WeightSource plain = Families.weights(original);
      WeightSource rounded = new RoundedWeights(plain, format);
      WeightSource weights = Families.weights(found);
      int seen = 0;
      for (ModelTensors.Use use : uses(original)) {
        boolean isWide = RoundedWeights.isWide(use.role());
        Weight wanted = (isWide ? plain : rounded).find(use.role(), use.layer()).orElseThrow();
        Weight weight = weights.find(use.role(), use.layer()).orElseThrow();
        assertEquals(scheme(wanted), scheme(weight), use.toString());
        assertArrayEquals(wanted.floats(), weight.floats(), use.toString());
        seen += scheme(weight).isEmpty() || use.isBias() ? 0 : 1;
      }
      assertEquals(quantized, seen);
    }
  }

  private static Iterable<ModelTensors.Use> uses(Checkpoint model) {
    Decoder decoder = Families.decoder(model.json("config.json"));
    return ModelTensors.of(decoder, Families.weights(model)).values();
  }

  private static List<Quantization> scheme(Weight weight) {
    return weight.encoding().quantized().map(codes -> codes.scheme()).stream().toList();
  }

  /// The largest number of a row is the largest of the format, and every number is the nearest.
  @Test
  void floatsAreTheNearestOfTheirRow() throws IOException {
    Path model = ModelCopy.of("llama", folder.resolve("model"));
    write(model, Rounding.FP8);
    try (Checkpoint original = Checkpoint.open(model);
        Checkpoint found = Checkpoint.open(out())) {
      for (Role role : List.of(Role.QUERY, Role.DOWN)) {
        Weight before = Families.weights(original).find(role, 1).orElseThrow();
        Weight after = Families.weights(found).find(role, 1).orElseThrow();
        assertTrue(after.encoding() instanceof Scaled);
        for (int row = 0; row < before.rows(); row++) {
          requireNearest(before.rows(row, 1).floats(), after.rows(row, 1).floats());
        }
      }
    }
  }

  private static void requireNearest(float[] before, float[] after) {
    float most = 0;
    for (float number : before) {
      most = Math.max(most, Math.abs(number));
    }
    float scale = most / 448;
    for (int i = 0; i < before.length; i++) {
      float nearest = Float.MAX_VALUE;
      for (int code = 0; code < 256; code++) {
        float distance = Math.abs(Scaled.number((byte) code) * scale - before[i]);
        nearest = distance < nearest ? distance : nearest;
      }
      assertEquals(nearest, Math.abs(after[i] - before[i]), 1e-6f * most);
    }
  }

  @Test
  void theConfigurationNamesTheFormatAndTheModulesThatKeepTheirNumbers() throws IOException {
    Path model = ModelCopy.of("qwen3", folder.resolve("model"));
    write(model, Rounding.INT4);
    JsonNode config = Json.read(out().resolve("config.json"));
    JsonNode quantization = config.path("quantization_config");
    assertEquals("compressed-tensors", quantization.path("quant_method").asText());
    assertEquals("pack-quantized", quantization.path("format").asText());
    JsonNode group = quantization.path("config_groups").path("group_0");
    assertEquals("[\"Linear\"]", group.path("targets").toString());
    assertEquals(4, group.path("weights").path("num_bits").asInt());
    assertEquals(128, group.path("weights").path("group_size").asInt());
    List<String> ignored =
        quantization.path("ignore").valueStream().map(JsonNode::asText).sorted().toList();
    assertEquals(16, ignored.size(), ignored.toString()); // 5 of each layer, and the head
    assertTrue(ignored.contains("lm_head"));
    assertTrue(ignored.contains("model.layers.2.mlp.up_proj"));
    assertFalse(ignored.contains("model.layers.2.mlp.down_proj"));
    ((ObjectNode) config).remove("quantization_config");
    assertEquals(Json.read(model.resolve("config.json")), config);
  }

  @Test
  void theFilesOfTheTokenizerAreCopiedAndThoseOfTheWeightsAreNot() throws IOException {
    Path model = ModelCopy.of("llama", folder.resolve("model")); // of two files, with an index
    Files.writeString(model.resolve("chat_template.jinja"), "{{ 1 }}");
    Files.writeString(model.resolve("LICENSE"), "free");
    Files.writeString(model.resolve(".hidden.json"), "{}");
    Files.writeString(model.resolve("pytorch_model.bin"), "weights");
    Files.createDirectory(model.resolve("additional_chat_templates"));
    Files.writeString(model.resolve("additional_chat_templates/tool_use.jinja"), "{{ 2 }}");
    write(model, Rounding.FP8);
    try (Stream<Path> all = Files.walk(out())) {
      assertEquals(
          List.of(
              "LICENSE",
              "additional_chat_templates/tool_use.jinja",
              "chat_template.jinja",
              "config.json",
              "expected.json",
              "generation_config.json",
              "model.safetensors",
              "tokenizer.json",
              "tokenizer_config.json"),
          all.filter(Files::isRegularFile)
              .map(file -> out().relativize(file).toString())
              .sorted()
              .toList());
    }
    assertEquals(
        -1, Files.mismatch(model.resolve("tokenizer.json"), out().resolve("tokenizer.json")));
  }

  @Test
  void manyBytesAreDividedIntoFiles() throws IOException {
    Path model = ModelCopy.of("qwen3", folder.resolve("model"));
    write(model, Rounding.Q8_0);
    Path divided = folder.resolve("divided");
    long most = 45_000; // the embedding has 40,960
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      new FolderExport(checkpoint, Rounding.Q8_0, most).write(divided, _ -> {});
    }
    JsonNode index = Json.read(divided.resolve("model.safetensors.index.json"));
    List<String> names =
        index.path("weight_map").valueStream().map(JsonNode::asText).distinct().sorted().toList();
    assertTrue(names.size() > 2, names.toString());
    assertEquals("model-00001-of-0000%d.safetensors".formatted(names.size()), names.getFirst());
    long total = 0;
    for (String name : names) {
      byte[] file = Files.readAllBytes(divided.resolve(name));
      long header = 8 + ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
      assertTrue(file.length - header <= most, name);
      total += file.length - header;
    }
    assertEquals(total, index.path("metadata").path("total_size").asLong());
    try (Checkpoint whole = Checkpoint.open(out());
        Checkpoint parts = Checkpoint.open(divided)) {
      assertEquals(whole.weights().size(), parts.weights().size());
      for (Weight weight : whole.weights()) {
        assertArrayEquals(
            weight.floats(), parts.find(weight.name()).orElseThrow().floats(), weight.name());
      }
    }
  }

  /// Readers of other languages look at numbers where they lie.
  @ParameterizedTest
  @ValueSource(strings = {"INT4", "Q8_0", "FP8"})
  void everyNumberIsAlignedToItsSize(Rounding format) throws IOException {
    write(ModelCopy.of("qwen3", folder.resolve("model")), format);
    byte[] file = Files.readAllBytes(out().resolve("model.safetensors"));
    int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    JsonNode header =
        Json.parse(new String(Arrays.copyOfRange(file, 8, 8 + length), StandardCharsets.UTF_8));
    Map<String, Integer> widths =
        Map.of("I64", 8, "F32", 4, "I32", 4, "BF16", 2, "F16", 2, "F8_E4M3", 1);
    assertEquals("pt", header.path("__metadata__").path("format").asText());
    assertEquals(0, length % 8);
    header
        .properties()
        .forEach(
            entry -> {
              int width = widths.getOrDefault(entry.getValue().path("dtype").asText(), 1);
              long from = entry.getValue().path("data_offsets").path(0).asLong();
              assertEquals(0, from % width, entry.getKey());
            });
  }

  @Test
  void anOlderFolderIsReplacedWholeAndOnlyIfThatIsAllowed() throws IOException {
    Path model = ModelCopy.of("qwen3", folder.resolve("model"));
    Files.createDirectory(out());
    Files.writeString(out().resolve("old.txt"), "old");
    assertThrows(FileAlreadyExistsException.class, () -> write(model, Rounding.INT4));
    assertEquals("old", Files.readString(out().resolve("old.txt")));
    Export.write(model, out(), Rounding.INT4, true, (_, _) -> {});
    assertFalse(Files.exists(out().resolve("old.txt")));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(model, out()), left.sorted().toList());
    }
  }
}
