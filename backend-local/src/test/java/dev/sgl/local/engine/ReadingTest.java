package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.Streams;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Comparison;
import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.backend.TokenBackend.Relevance;
import dev.sgl.backend.TooLongException;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.kernel.cuda.Gpus;
import dev.sgl.local.weights.ModelException;
import dev.sgl.program.Type;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models that read texts, against what `transformers` and `sentence-transformers` recorded.
class ReadingTest {
  private static final Path FOLDER = Path.of("src/test/resources/readers");

  private static TokenBackend open(String name) {
    return open(name, DeviceOption.CPU);
  }

  private static TokenBackend open(String name, DeviceOption device) {
    LocalOptions options = LocalOptions.DEFAULT.withDevice(device);
    return LocalBackend.open(FOLDER.resolve(name), options, Progress.SILENT);
  }

  private static JsonNode expected(String name) {
    return Checkpoint.json(FOLDER.resolve(name), "expected.json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-states", "xlm-roberta-states", "qwen2-states", "mistral-states"})
  void statesArePooled(String name) {
    try (TokenBackend backend = open(name)) {
      for (JsonNode input : expected(name).path("inputs")) {
        if (!input.path("types").path(input.path("types").size() - 1).asText().equals("0")) {
          continue; // a pair
        }
        List<Integer> tokens = ints(input.path("tokens"));
        for (Pooling how : List.of(Pooling.MEAN, Pooling.FIRST, Pooling.LAST)) {
          float[] wanted = floats(input.path(how.name().toLowerCase(Locale.ROOT)));
          assertArrayEquals(wanted, backend.embed(tokens, how, Scheduling.DEFAULT), 2e-3f);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-score", "gemma2-score", "qwen3-labels", "roberta-labels"})
  void labelsAreScored(String name) {
    try (TokenBackend backend = open(name)) {
      for (JsonNode input : expected(name).path("inputs")) {
        float[] scores = backend.label(ints(input.path("tokens")), Scheduling.DEFAULT);
        assertArrayEquals(floats(input.path("scores")), scores, 1e-3f);
      }
    }
  }

  /// Of InternLM2: the token is added where a text does not have it.
  @Test
  void rewardsAreReadAtATokenOfTheirOwn() {
    try (TokenBackend backend = open("internlm2-reward")) {
      for (JsonNode text : expected("internlm2-reward").path("texts")) {
        List<Integer> tokens = new ArrayList<>(ints(text.path("tokens")));
        float[] wanted = {(float) text.path("score").asDouble()};
        assertArrayEquals(wanted, backend.label(tokens, Scheduling.DEFAULT), 1e-3f);
        tokens.add(319);
        assertArrayEquals(wanted, backend.label(tokens, Scheduling.DEFAULT), 1e-3f);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-score", "xlm-roberta-score"})
  void documentsAreRankedAsByACrossEncoder(String name) {
    try (TokenBackend backend = open(name)) {
      for (JsonNode pair : expected(name).path("pairs")) {
        Relevance relevance =
            backend.relevance(
                Comparison.of(pair.path("first").asText(), pair.path("second").asText()),
                Scheduling.DEFAULT);
        assertEquals(pair.path("tokens").size(), relevance.tokens());
        assertEquals(pair.path("relevance").asDouble(), relevance.score(), 1e-3);
      }
      assertTrue(backend.reading().ranks());
    }
  }

  @Test
  void aRerankerAnswersByYesOrNo() {
    try (TokenBackend backend = open("qwen3-reranker")) {
      for (JsonNode pair : expected("qwen3-reranker").path("pairs")) {
        JsonNode most = pair.path("most");
        Comparison asked =
            new Comparison(
                pair.path("first").asText(),
                pair.path("second").asText(),
                Optional.empty(),
                most.isInt() ? OptionalInt.of(most.asInt()) : OptionalInt.empty(),
                true);
        double score = backend.relevance(asked, Scheduling.DEFAULT).score();
        assertEquals(pair.path("relevance").asDouble(), score, 1e-3);
      }
      assertTrue(backend.reading().ranks());
    }
    try (TokenBackend other = open("qwen2-states")) {
      assertFalse(other.reading().ranks());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-states", "xlm-roberta-states"})
  void textsHaveTheTokensOfTheLibrary(String name) {
    try (TokenBackend backend = open(name)) {
      for (JsonNode text : expected(name).path("texts")) {
        List<Integer> tokens = backend.tokens(text.path("text").asText(), true);
        assertEquals(ints(text.path("tokens")), tokens, text.path("text").asText());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sentence-bert",
        "sentence-max",
        "sentence-mistral",
        "sentence-roberta",
        "sentence-root",
        "sentence-weighted"
      })
  void vectorsAreThoseOfSentenceTransformers(String name) {
    try (TokenBackend backend = open(name)) {
      TokenBackend.ReadingCard card = backend.reading();
      for (JsonNode one : expected(name).path("vectors")) {
        String prompt = card.prompts().getOrDefault(one.path("prompt").asText(), "");
        String text = prompt + one.path("text").asText();
        float[] vector =
            backend.embed(backend.tokens(text, true), card.pooling(), Scheduling.DEFAULT);
        float[] wanted = floats(one.path("vector"));
        assertEquals(card.dimensions(), vector.length);
        assertTrue(cosine(wanted, vector) > 0.99999, text);
      }
    }
  }

  @Test
  void headsThatAGpuHasNoKernelsForAreReadOnTheProcessor(@TempDir Path folder) throws IOException {
    Gpus.assume();
    try (Stream<Path> files = Files.list(FOLDER.resolve("bert-states"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    JsonNode config = Checkpoint.json(folder, "config.json");
    ((ObjectNode) config).put("num_attention_heads", 8);
    Files.writeString(folder.resolve("config.json"), config.toString());
    try (TokenBackend backend = LocalBackend.open(folder, LocalOptions.DEFAULT, Progress.SILENT)) {
      assertEquals(64, backend.embed(List.of(5), Pooling.MEAN, Scheduling.DEFAULT).length);
    }
    LocalOptions options = LocalOptions.DEFAULT.withDevice(DeviceOption.cuda(0));
    ModelException error =
        assertThrows(
            ModelException.class,
            () -> LocalBackend.open(folder, options, Progress.SILENT).close());
    assertTrue(String.valueOf(error.getMessage()).contains("heads of 8 numbers"));
  }

  /// With texts that are told apart.
  @Test
  void aGpuRanksToo() {
    Gpus.assume();
    try (TokenBackend backend = open("bert-score", DeviceOption.cuda(0))) {
      for (JsonNode pair : expected("bert-score").path("pairs")) {
        Comparison comparison =
            Comparison.of(pair.path("first").asText(), pair.path("second").asText());
        double relevance = backend.relevance(comparison, Scheduling.DEFAULT).score();
        assertEquals(pair.path("relevance").asDouble(), relevance, 5e-3);
      }
    }
  }

  /// Encoders, and decoders without a head for tokens, with numbers of 16 bits; many texts at once.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "xlm-roberta-states",
        "xlm-roberta-score",
        "roberta-labels",
        "qwen2-states",
        "mistral-states",
        "llama-score",
        "gemma2-score",
        "qwen3-labels"
      })
  void aGpuReadsToo(String name) throws Exception {
    Gpus.assume();
    try (TokenBackend backend = open(name, DeviceOption.cuda(0));
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<JsonNode> inputs = Streams.stream(expected(name).path("inputs")).toList();
      for (Pooling how : List.of(Pooling.MEAN, Pooling.LAST)) {
        List<Future<float[]>> vectors =
            inputs.stream()
                .map(
                    input ->
                        pool.submit(
                            () ->
                                backend.embed(ints(input.path("tokens")), how, Scheduling.DEFAULT)))
                .toList();
        for (int i = 0; i < inputs.size(); i++) {
          float[] wanted = floats(inputs.get(i).path(how.name().toLowerCase(Locale.ROOT)));
          assertTrue(cosine(wanted, vectors.get(i).get()) > 0.9995, name);
        }
      }
      for (JsonNode input : inputs) {
        if (input.has("scores")) {
          float[] scores = backend.label(ints(input.path("tokens")), Scheduling.DEFAULT);
          assertArrayEquals(floats(input.path("scores")), scores, 0.05f, name);
        }
      }
    }
  }

  /// As `transformers` computes it without `token_type_ids`.
  @Test
  void aTokenizerMayTellNoTextsApart(@TempDir Path folder) throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve("bert-score"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    JsonNode config = Checkpoint.json(folder, "tokenizer_config.json");
    ((ObjectNode) config).putArray("model_input_names").add("input_ids").add("attention_mask");
    Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
    JsonNode pair = expected("bert-score").path("pairs").path(0);
    LocalOptions options = LocalOptions.DEFAULT.withDevice(DeviceOption.CPU);
    try (TokenBackend backend = LocalBackend.open(folder, options, Progress.SILENT)) {
      Comparison asked = Comparison.of(pair.path("first").asText(), pair.path("second").asText());
      assertEquals(0.480356, backend.relevance(asked, Scheduling.DEFAULT).score(), 1e-3);
    }
  }

  /// Texts of many lengths at once, more than fit into a batch: each whole, and the same bits as
  /// alone.
  @Test
  void manyTextsAtOnceAreReadWhole() throws Exception {
    try (TokenBackend backend = open("bert-states");
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<List<Integer>> texts = new ArrayList<>();
      for (int length = 1; length <= 320; length += 11) {
        texts.add(Collections.nCopies(length, 4 + length % 300));
      }
      List<Future<float[]>> all =
          texts.stream()
              .map(text -> pool.submit(() -> backend.embed(text, Pooling.MEAN, Scheduling.DEFAULT)))
              .toList();
      for (int i = 0; i < all.size(); i++) {
        float[] alone = backend.embed(texts.get(i), Pooling.MEAN, Scheduling.DEFAULT);
        assertArrayEquals(alone, all.get(i).get());
      }
    }
  }

  @Test
  void whatAModelIsNotForIsRefused() {
    Prompt prompt = new Prompt.Raw(List.of(new Prompt.Part.Written("a")));
    try (TokenBackend backend = open("bert-states")) {
      BackendException text =
          assertThrows(
              BackendException.class,
              () -> backend.generate(new Request(prompt, Type.TEXT, Sampling.DEFAULT)));
      assertEquals(
          "the model `bert-states` makes vectors of texts, and generates none", text.getMessage());
      assertThrows(BackendException.class, () -> backend.label(List.of(5), Scheduling.DEFAULT));
      List<Integer> tokens = Collections.nCopies(321, 5);
      assertThrows(
          TooLongException.class, () -> backend.embed(tokens, Pooling.MEAN, Scheduling.DEFAULT));
      BackendException rank =
          assertThrows(
              BackendException.class,
              () -> backend.relevance(Comparison.of("a", "b"), Scheduling.DEFAULT));
      assertEquals("the model `bert-states` does not rank documents", rank.getMessage());
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double squaresOfA = 0;
    double squaresOfB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squaresOfA += (double) a[i] * a[i];
      squaresOfB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(squaresOfA * squaresOfB);
  }

  private static List<Integer> ints(JsonNode list) {
    return Streams.stream(list).map(JsonNode::asInt).toList();
  }

  private static float[] floats(JsonNode list) {
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) list.path(i).asDouble();
    }
    return floats;
  }
}
