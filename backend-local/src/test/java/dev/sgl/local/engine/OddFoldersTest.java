package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.quantized.QuantizedModels;
import dev.sgl.local.tokens.ChatTemplate;
import dev.sgl.local.tokens.Tokenizer;
import dev.sgl.local.weights.ModelException;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Model folders as people have them: what stands in another place than usual counts all the same,
/// and what is not understood is named.
class OddFoldersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int VOCABULARY = 320;

  @TempDir Path folder = Path.of("");

  @BeforeEach
  void copyAModel() throws IOException {
    copy("qwen2");
  }

  private void copy(String model) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/models", model))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  private void change(String name, Consumer<ObjectNode> change) throws IOException {
    Path file = folder.resolve(name);
    ObjectNode json =
        Files.exists(file) ? (ObjectNode) JSON.readTree(file.toFile()) : JSON.createObjectNode();
    change.accept(json);
    JSON.writeValue(file.toFile(), json);
  }

  /// Writes the weights with another header.
  private void changeHeader(String to, UnaryOperator<String> change) throws IOException {
    byte[] all = Files.readAllBytes(folder.resolve("model.safetensors"));
    long length = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String header = new String(all, 8, (int) length, StandardCharsets.UTF_8);
    byte[] changed = change.apply(header).getBytes(StandardCharsets.UTF_8);
    byte[] data = Arrays.copyOfRange(all, 8 + (int) length, all.length);
    ByteBuffer out =
        ByteBuffer.allocate(8 + changed.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(folder.resolve(to), out.putLong(changed.length).put(changed).put(data).array());
  }

  private LocalBackend open() {
    return LocalBackend.open(folder, LocalOptions.DEFAULT.withThreads(1), Progress.SILENT);
  }

  private String refusal() {
    return String.valueOf(assertThrows(ModelException.class, () -> open().close()).getMessage());
  }

  private static Prompt.Chat chat(Map<String, Object> variables) {
    Prompt.Message hello = new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("hello")));
    return new Prompt.Chat(List.of(hello), List.of(), variables);
  }

  @Test
  void oneWholeFileIsReadAloneBesideOthers() throws IOException {
    changeHeader("zz-old.safetensors", header -> header);
    open().close();
  }

  @Test
  void aTensorInTwoFilesIsRefused() throws IOException {
    changeHeader("a.safetensors", header -> header);
    changeHeader("b.safetensors", header -> header);
    Files.delete(folder.resolve("model.safetensors"));
    assertTrue(refusal().endsWith("is in b.safetensors and in a file before it"), refusal());
  }

  @Test
  void namesWithoutTheModelBeforeThemAreFound() throws IOException {
    changeHeader("model.safetensors", header -> header.replace("\"model.", "\""));
    open().close();
  }

  @Test
  void aConfigurationFromPythonMayHoldInfinity() throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replaceFirst("\\{", "{\"limit\":[0.0,Infinity],\"x\":NaN,"));
    open().close();
  }

  @Test
  void whatChangesTheComputationIsNamed() throws IOException {
    change("config.json", c -> c.put("final_logit_softcapping", 30.0));
    assertTrue(
        refusal().endsWith("config.json: final_logit_softcapping is 30.0, which is not supported"),
        refusal());
    change(
        "config.json",
        c -> c.remove(List.of("final_logit_softcapping")).putNull("clip_qkv").put("scale_emb", 1));
    open().close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"awq", "floats", "fp8", "gptq", "mixed", "mxfp4", "packed"})
  void quantizedFoldersOpen(String name) throws IOException {
    Files.delete(folder.resolve("model.safetensors"));
    QuantizedModels.write(name, folder);
    open().close();
    change("config.json", c -> c.withObject("/quantization_config").put("quant_method", "hqq"));
    assertTrue(
        refusal().contains("/config.json: quantization_config.quant_method is hqq, which is not"),
        refusal());
  }

  @Test
  void otherFormatsOfNumbersAreNamed() throws IOException {
    changeHeader(
        "model.safetensors", header -> header.replaceFirst("\"F(32|16)\"|\"BF16\"", "\"F64\""));
    assertTrue(
        refusal()
            .endsWith("is in the format F64, which is not supported; supported are F32, BF16, F16"),
        refusal());
  }

  @Test
  void whatIsNoModelIsNamed() throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    assertTrue(refusal().contains("is only a pointer of Git LFS"), refusal());
    Files.delete(folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("tekken.json"), "");
    ModelException tokenizer =
        assertThrows(ModelException.class, () -> Tokenizer.open(folder, VOCABULARY).close());
    assertTrue(
        String.valueOf(tokenizer.getMessage())
            .contains("has no tokenizer.json or tokenizer.model, but tekken.json"),
        tokenizer.getMessage());
    Files.delete(folder.resolve("config.json"));
    Files.writeString(folder.resolve("params.json"), "{}");
    assertTrue(refusal().contains("the layout of Mistral or Meta"), refusal());
  }

  /// The native tokenizer would end the process.
  @Test
  void aMergeShorterThanItsPrefixIsRefused() throws IOException {
    change(
        "tokenizer.json",
        t -> ((ObjectNode) t.path("model")).put("continuing_subword_prefix", "-----"));
    assertTrue(refusal().contains("does not have the prefix `-----`"), refusal());
  }

  /// The native tokenizer would end the process.
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "DEEP, its JSON is nested more than 100 levels deep",
        "NaN, it has a number that is infinite or none",
        "-1e999, it has a number that is infinite or none",
        "\"\\ud800\", it has half of a surrogate pair in a text",
      })
  void whatTheNativeTokenizerTakesForNoJsonIsRefused(String value, String message)
      throws IOException {
    Path file = folder.resolve("tokenizer.json");
    String odd = value.replace("DEEP", "[".repeat(130) + "]".repeat(130));
    String whole = Files.readString(file);
    Files.writeString(file, whole.replace("\"decoder\": {", "\"decoder\": {\"odd\": " + odd + ","));
    assertTrue(refusal().endsWith("tokenizer.json is no tokenizer: " + message), refusal());
  }

  @Test
  void numbersBeyondThoseOfAModelAreRefused() throws IOException {
    change("config.json", c -> c.put("num_hidden_layers", (1L << 32) + 2));
    assertTrue(
        refusal().contains("config.json: num_hidden_layers is 4294967298, not a whole"), refusal());
    change("config.json", c -> c.put("num_hidden_layers", 2.5));
    assertTrue(
        refusal().contains("config.json: num_hidden_layers is 2.5, not a whole number"), refusal());
  }

  @Test
  void addedTokensThatAreNoListAreRefused() throws IOException {
    change("tokenizer.json", c -> c.put("added_tokens", "none"));
    change("tokenizer_config.json", c -> c.putObject("added_tokens_decoder").putObject("319"));
    assertTrue(refusal().contains("tokenizer.json is no tokenizer: "), refusal());
  }

  @Test
  void specialTokensOfTheirOwnFileCount() throws IOException {
    change(
        "tokenizer_config.json",
        c -> {
          c.remove(List.of("bos_token", "eos_token"));
          c.put("chat_template", "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}");
        });
    change("special_tokens_map.json", c -> c.put("bos_token", "<s>").put("eos_token", "</s>"));
    assertEquals("<s>hello</s>", ChatTemplate.open(folder).text(chat(Map.of())));
    change("generation_config.json", c -> c.removeAll());
    change("config.json", c -> c.remove("eos_token_id"));
    assertArrayEquals(new int[] {1}, ends());
  }

  @Test
  void suppressedTokensAreNotGenerated() throws IOException {
    List<Integer> usual = generated();
    change(
        "generation_config.json",
        c -> {
          ArrayNode tokens = c.putArray("suppress_tokens").add(-1).add(VOCABULARY).add("a");
          usual.forEach(tokens::add);
        });
    List<Integer> others = generated();
    assertEquals(8, others.size());
    assertTrue(others.stream().noneMatch(usual::contains), others + " of " + usual);
  }

  /// Eight tokens, the likeliest ones.
  private List<Integer> generated() {
    Prompt prompt = new Prompt.Raw(List.of(new Prompt.Part.Written("The weather in Paris")));
    Sampling sampling =
        new Sampling(
            Sampling.Length.most(8),
            new Sampling.Stops(List.of(), List.of(), true),
            Sampling.Choice.GREEDY,
            Sampling.Penalties.DEFAULT,
            OptionalInt.empty());
    try (LocalBackend backend = open();
        Generation generation = backend.generate(new Request(prompt, Type.TEXT, sampling))) {
      return generation.reply().tokens();
    }
  }

  private int[] ends() {
    try (Checkpoint model = Checkpoint.open(folder);
        Tokenizer tokenizer = Tokenizer.open(folder, VOCABULARY)) {
      return GenerationDefaults.read(model, tokenizer).ends();
    }
  }

  @Test
  void theEndOfATextNeedNotBeMarkedAsSpecial() throws IOException {
    change(
        "tokenizer.json",
        c -> c.path("added_tokens").forEach(t -> ((ObjectNode) t).put("special", false)));
    change("generation_config.json", c -> c.removeAll());
    change("config.json", c -> c.remove("eos_token_id"));
    assertArrayEquals(new int[] {1}, ends());
    try (Tokenizer tokenizer = Tokenizer.open(folder, VOCABULARY)) {
      assertEquals(0, tokenizer.vocabulary().bytes(1).length, "it is no text");
    }
  }

  @Test
  void tokensThatOnlyTheConfigurationAddsCount() throws IOException {
    change(
        "tokenizer_config.json",
        c ->
            c.putObject("added_tokens_decoder")
                .putObject("319")
                .put("content", "<|tool|>")
                .put("special", true)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("single_word", false));
    change(
        "tokenizer.json",
        c ->
            ((ObjectNode) c.path("model").path("vocab"))
                .properties()
                .removeIf(e -> e.getValue().asInt() == 319));
    change(
        "tokenizer.json",
        c -> {
          ArrayNode merges = (ArrayNode) c.path("model").path("merges");
          merges.removeAll();
        });
    try (Tokenizer tokenizer = Tokenizer.open(folder, VOCABULARY)) {
      int[] ids = tokenizer.encode("a<|tool|>b");
      assertEquals(3, ids.length);
      assertEquals(319, ids[1]);
    }
  }

  @Test
  void toolsHaveATemplateOfTheirOwn() throws IOException {
    change("tokenizer_config.json", c -> c.put("chat_template", "plain"));
    Files.createDirectories(folder.resolve("additional_chat_templates"));
    Files.writeString(
        folder.resolve("additional_chat_templates/tool_use.jinja"), "with {{ tools|length }}");
    Map<String, Object> tools = Map.of("tools", List.of(Map.of("name", "f")));
    assertEquals("plain", ChatTemplate.open(folder).text(chat(Map.of())));
    assertEquals("with 1", ChatTemplate.open(folder).text(chat(tools)));
    Files.delete(folder.resolve("additional_chat_templates/tool_use.jinja"));
    change(
        "tokenizer_config.json",
        c -> {
          ArrayNode list = c.putArray("chat_template");
          list.addObject().put("name", "default").put("template", "listed");
          list.addObject().put("name", "tool_use").put("template", "listed with tools");
        });
    assertEquals("listed", ChatTemplate.open(folder).text(chat(Map.of())));
    assertEquals("listed with tools", ChatTemplate.open(folder).text(chat(tools)));
  }

  @Test
  void addedRunsOfBlanksAreBlanks() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    copy("sentencepiece");
    change(
        "tokenizer.json",
        c ->
            ((ArrayNode) c.path("added_tokens"))
                .addObject()
                .put("id", 319)
                .put("content", "\u2581\u2581\u2581")
                .put("special", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("single_word", false));
    try (Tokenizer tokenizer = Tokenizer.open(folder, VOCABULARY)) {
      assertEquals("   ", new String(tokenizer.vocabulary().bytes(319), StandardCharsets.UTF_8));
    }
  }
}
