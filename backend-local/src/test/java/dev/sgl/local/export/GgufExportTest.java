package dev.sgl.local.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.Layer;
import dev.sgl.local.model.Part;
import dev.sgl.local.tokens.Tokenizer;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.RoundedWeights;
import dev.sgl.local.weights.Rounding;
import dev.sgl.local.weights.Weight;
import dev.sgl.local.weights.WeightSource;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// GGUF files that this project writes, as it reads them: the weights are those of the folder,
/// quantized while it is loaded.
class GgufExportTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("out.gguf");
  }

  private Export.Written write(Path model, Rounding format) throws IOException {
    return Export.write(model, file(), format, false, (_, _) -> {});
  }

  @ParameterizedTest
  @CsvSource({
    "llama, Q8_0",
    "llama, Q4_0",
    "mistral, Q4_0",
    "qwen2, Q8_0",
    "qwen3, Q4_0",
    "qwen3-yarn, Q8_0",
    "lfm2, Q8_0",
  })
  void theWeightsAreThoseOfTheFolder(String name, Rounding format) throws IOException {
    Path model = ModelCopy.forGguf(name, folder.resolve("model"));
    Export.Written written = write(model, format);
    assertEquals(Files.size(file()), written.bytes());
    try (Checkpoint original = Checkpoint.open(model);
        Checkpoint found = Checkpoint.open(file())) {
      requireSame(original, found, format);
    }
  }

  private static void requireSame(Checkpoint original, Checkpoint found, Rounding rounding) {
    WeightSource plain = Families.weights(original);
    WeightSource wanted = new RoundedWeights(plain, rounding);
    WeightSource weights = Families.weights(found);
    Decoder decoder = Families.decoder(original.json("config.json"));
    int quantized = 0;
    for (ModelTensors.Use use : ModelTensors.of(decoder, plain).values()) {
      for (Role role : parts(use.role())) {
        Weight before = wanted.find(role, use.layer()).orElseThrow();
        Weight after = weights.find(role, use.layer()).orElseThrow();
        assertArrayEquals(before.floats(), after.floats(), role + " " + use.layer());
        assertEquals(
            before.encoding().quantized().map(codes -> codes.scheme()),
            after.encoding().quantized().map(codes -> codes.scheme()));
        quantized += after.encoding().quantized().isPresent() ? 1 : 0;
        if (use.isBias()) {
          int length = before.rows();
          assertArrayEquals(
              wanted.bias(role, use.layer(), length).floats(),
              weights.bias(role, use.layer(), length).floats());
        }
      }
    }
    assertTrue(quantized > decoder.layers().size());
  }

  /// The roles of a tensor that begins with the rows of one.
  private static List<Role> parts(Role first) {
    return first == Role.CONVOLUTION_GATE_IN
        ? List.of(first, Role.CONVOLUTION_GATE_OUT, Role.CONVOLUTION_INPUT)
        : List.of(first);
  }

  /// The biases are turned with the rows of queries and keys.
  @Test
  void llamasBiasesAreThoseOfTheFolder() throws IOException {
    Path model =
        ModelCopy.of(
            "qwen2",
            folder.resolve("model"),
            config -> {
              config.putArray("architectures").add("LlamaForCausalLM");
              config.put("attention_bias", true);
            });
    addOutputBiases(model);
    write(model, Rounding.Q8_0);
    try (Checkpoint original = Checkpoint.open(model);
        Checkpoint found = Checkpoint.open(file())) {
      requireSame(original, found, Rounding.Q8_0);
      float[] before = original.find("model.layers.0.self_attn.q_proj.bias").orElseThrow().floats();
      float[] after = found.find("blk.0.attn_q.bias").orElseThrow().floats();
      assertArrayEquals(before, after); // the reader has turned them back
    }
  }

  /// Adds the biases that Llama's attention has and Qwen2's has not, in a file of their own.
  private static void addOutputBiases(Path model) throws IOException {
    Files.move(model.resolve("model.safetensors"), model.resolve("a.safetensors"));
    List<RowSource> biases = new ArrayList<>();
    for (int layer = 0; layer < 3; layer++) {
      float[] numbers = new float[64];
      numbers[layer] = 1;
      String name = "model.layers." + layer + ".self_attn.o_proj.bias";
      Weight weight = Weight.of(name, List.of(64), Encoding.Plain.of(numbers));
      biases.add(RowSource.Numbers.of(name, weight.shape(), weight, DType.F32));
    }
    SafetensorsHeader.plan(biases).write(model.resolve("b.safetensors"), _ -> {});
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "mistral", "qwen2", "qwen3", "qwen3-yarn", "lfm2"})
  void theDecoderIsThatOfTheFolder(String name) throws IOException {
    Path model = ModelCopy.forGguf(name, folder.resolve("model"));
    write(model, Rounding.Q8_0);
    try (Checkpoint original = Checkpoint.open(model);
        Checkpoint found = Checkpoint.open(file())) {
      Decoder before = Families.decoder(original.json("config.json"));
      Decoder after = Families.decoder(found.json("config.json"));
      assertEquals(shown(before), shown(after));
    }
  }

  /// All but the identity of arrays. Divisors of frequencies are in single precision.
  private static String shown(Decoder decoder) {
    StringBuilder text = new StringBuilder();
    text.append(decoder.vocabulary()).append(' ').append(decoder.hidden()).append(' ');
    text.append(decoder.context()).append(' ').append(decoder.norm()).append(decoder.head());
    for (Layer layer : decoder.layers()) {
      for (Layer.Residual residual : layer.residuals()) {
        text.append('\n').append(residual.before()).append(' ');
        Part part = residual.parts().getFirst();
        if (part instanceof Part.Attention attention) {
          text.append(attention.shape()).append(attention.headNorms());
          text.append(attention.inputBias()).append(attention.outputBias());
          text.append(attention.rotary().stretch());
          for (float frequency : attention.rotary().frequencies()) {
            text.append(" %.5g".formatted(frequency));
          }
        } else {
          text.append(part);
        }
      }
    }
    return text.toString();
  }

  @Test
  void theTokenizerTemplatesAndSettingsAreThoseOfTheFolder() throws IOException {
    Path model = ModelCopy.of("qwen3", folder.resolve("model"));
    Files.writeString(model.resolve("chat_template.jinja"), "{{ messages[0].content }}");
    Files.createDirectory(model.resolve("additional_chat_templates"));
    Files.writeString(model.resolve("additional_chat_templates/tool_use.jinja"), "{{ tools }}");
    ModelCopy.change(
        model.resolve("generation_config.json"),
        generation -> {
          generation.put("do_sample", true).put("temperature", 0.5).put("top_k", 7);
          generation.put("top_p", 0.25).put("repetition_penalty", 1.5);
          generation.putArray("eos_token_id").add(1).add(5);
        });
    write(model, Rounding.Q8_0);
    try (Checkpoint found = Checkpoint.open(file());
        Tokenizer wanted = Tokenizer.open(model, 320);
        Tokenizer tokenizer = Tokenizer.open(found, 320)) {
      for (int id = 0; id < 320; id++) {
        assertArrayEquals(wanted.vocabulary().bytes(id), tokenizer.vocabulary().bytes(id));
      }
      String text = "<s>The weather's in Paris </s> 123";
      assertArrayEquals(wanted.encode(text), tokenizer.encode(text));
      assertArrayEquals(wanted.encodeWhole(text), tokenizer.encodeWhole(text));
      JsonNode generation = found.json("generation_config.json");
      assertEquals("[1,5]", generation.path("eos_token_id").toString());
      assertEquals(0.5, generation.path("temperature").asDouble());
      assertEquals(7, generation.path("top_k").asInt());
      assertEquals(0.25, generation.path("top_p").asDouble());
      assertEquals(1.5, generation.path("repetition_penalty").asDouble());
      JsonNode config = found.json("tokenizer_config.json");
      assertEquals("<s>", config.path("bos_token").asText());
      assertEquals("</s>", config.path("eos_token").asText());
      assertEquals(
          Map.of("default", "{{ messages[0].content }}", "tool_use", "{{ tools }}"),
          Map.of(
              config.path("chat_template").path(0).path("name").asText(),
              config.path("chat_template").path(0).path("template").asText(),
              config.path("chat_template").path(1).path("name").asText(),
              config.path("chat_template").path(1).path("template").asText()));
    }
  }

  @Test
  void theSameModelGivesTheSameBytes() throws IOException {
    Path model = ModelCopy.of("qwen3", folder.resolve("model"));
    write(model, Rounding.Q4_0);
    byte[] first = Files.readAllBytes(file());
    Export.write(model, file(), Rounding.Q4_0, true, (_, _) -> {});
    assertArrayEquals(first, Files.readAllBytes(file()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mistral | the model has attention over a window, for which GGUF files of the architecture llama have no form",
        "lfm2 | the model has biases of convolutions, for which GGUF files of the architecture lfm2 have no form",
      })
  void aPartWithoutAFormIsNamed(String name, String why) throws IOException {
    refuses(ModelCopy.of(name, folder.resolve("model")), why);
  }

  @Test
  void aScalingWithoutAFormIsNamed() throws IOException {
    refuses(
        copy("qwen3-yarn", config -> rope(config).put("beta_fast", 16)),
        "config.json: rope_parameters.beta_fast has a value for which GGUF files have no key");
    refuses(
        copy(
            "qwen3",
            config ->
                rope(config)
                    .put("rope_type", "llama3")
                    .put("factor", 2)
                    .put("low_freq_factor", 1)
                    .put("high_freq_factor", 4)),
        "the model has Llama 3's positions, for which GGUF files of the architecture qwen3");
  }

  private Path copy(String name, Consumer<ObjectNode> change) throws IOException {
    return ModelCopy.of(name, folder.resolve(name), change);
  }

  private static ObjectNode rope(ObjectNode config) {
    return (ObjectNode) config.get("rope_parameters");
  }

  /// Nothing is left of a file that is not written.
  private void refuses(Path model, String why) throws IOException {
    ModelException error = assertThrows(ModelException.class, () -> write(model, Rounding.Q8_0));
    assertTrue(String.valueOf(error.getMessage()).contains(why), error.toString());
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.filter(path -> !Files.isDirectory(path)).toList());
    }
  }

  @Test
  void modelsThatAreQuantizedOrOnlyReadAreRefused() throws IOException {
    Path gguf = Path.of("src/test/resources/gguf/qwen3.f16.gguf");
    ModelException error = assertThrows(ModelException.class, () -> write(gguf, Rounding.Q8_0));
    assertTrue(String.valueOf(error.getMessage()).contains("is a GGUF file"), error.toString());
    refuses(
        copy("qwen3", config -> config.putObject("quantization_config").put("quant_method", "fp8")),
        "is quantized already");
    Path encoder = Path.of("src/test/resources/readers/bert-states");
    ModelException reads = assertThrows(ModelException.class, () -> write(encoder, Rounding.Q8_0));
    assertTrue(String.valueOf(reads.getMessage()).contains("generates no text"), reads.toString());
  }

  @Test
  void anOlderFileIsReplacedOnlyIfThatIsAllowed() throws IOException {
    Path model = ModelCopy.of("qwen3", folder.resolve("model"));
    Files.writeString(file(), "old");
    assertThrows(FileAlreadyExistsException.class, () -> write(model, Rounding.Q8_0));
    assertEquals("old", Files.readString(file()));
    Export.write(model, file(), Rounding.Q8_0, true, (_, _) -> {});
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(model, file()), left.sorted().toList());
    }
  }

  @Test
  void theProgressEndsAtTheSize() throws IOException {
    Path model = ModelCopy.of("llama", folder.resolve("model"));
    List<Long> seen = new ArrayList<>();
    Export.Written written =
        Export.write(
            model,
            file(),
            Rounding.Q8_0,
            false,
            (done, total) -> {
              assertTrue(done <= total);
              seen.add(done);
            });
    assertEquals(seen.stream().sorted().toList(), seen);
    assertTrue(seen.getLast() > written.bytes() * 0.9, seen + " of " + written.bytes());
  }
}
