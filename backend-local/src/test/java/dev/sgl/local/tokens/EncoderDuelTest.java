package dev.sgl.local.tokens;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.tokens.bpe.ByteLetters;
import dev.sgl.testing.Property;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The encoder of this project against the library `tokenizers`.
class EncoderDuelTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode suite(String name) {
    return GgufTokenizer.json(Gguf.read(Suites.folder("tokenizers").resolve(name + ".gguf")));
  }

  private static JsonNode tokenizer(String model) throws IOException {
    return JSON.readTree(
        Path.of("src/test/resources/models").resolve(model).resolve("tokenizer.json").toFile());
  }

  private static List<String> added(JsonNode json) {
    List<String> added = new ArrayList<>();
    json.path("added_tokens").forEach(token -> added.add(token.path("content").asText()));
    return added;
  }

  private static void duel(JsonNode json, int runs) throws IOException {
    List<String> added = added(json);
    try (Encoder encoder = Encoder.of(json)) {
      assertTrue(encoder.isFast());
      Property.forAll(
          runs,
          (random, size) -> {
            String text = RandomText.of(random, size, added);
            assertArrayEquals(encoder.plain(text, false), encoder.encode(text), text);
            assertArrayEquals(encoder.plain(text, true), encoder.encodeWhole(text), text);
          });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "mpt", "starcoder"})
  void vocabulariesOfTheSuiteGiveTheSameIds(String name) throws IOException {
    duel(suite(name), 1000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "qwen3", "lfm2", "mistral"})
  void tokenizersOfModelFoldersGiveTheSameIds(String model) throws IOException {
    duel(tokenizer(model), 300);
  }

  /// The vocabulary of GPT-2 with the steps of other models.
  @ParameterizedTest
  @ValueSource(strings = {"llama-bpe", "qwen2", "smollm"})
  void stepsOfOtherModelsGiveTheSameIds(String kind) throws IOException {
    duel(withSteps(kind, suite("gpt-2")), 1000);
  }

  private static JsonNode withSteps(String kind, JsonNode json) {
    ObjectNode changed = json.deepCopy();
    ArrayNode steps =
        changed.putObject("pre_tokenizer").put("type", "Sequence").withArray("pretokenizers");
    for (String pattern : GgufPatterns.of(kind).orElseThrow()) {
      ObjectNode cut = steps.addObject().put("type", "Split").put("behavior", "Isolated");
      cut.put("invert", false).putObject("pattern").put("Regex", pattern);
    }
    steps
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
    if (GgufPatterns.normalizes(kind)) {
      changed.putObject("normalizer").put("type", "NFC");
    }
    changed.withObject("/model").put("ignore_merges", GgufPatterns.keepsWholeWords(kind));
    return changed;
  }

  /// A vocabulary of all bytes without merges.
  private static ObjectNode bytes() {
    ObjectNode json = JSON.createObjectNode().put("version", "1.0");
    json.putArray("added_tokens");
    ObjectNode model = json.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    model.putArray("merges");
    for (int b = 0; b < 256; b++) {
      vocabulary.put(String.valueOf(ByteLetters.of(b)), b);
    }
    return json;
  }

  /// A vocabulary of all bytes and all pairs of bytes, whose ids tell where a text was cut.
  private static JsonNode pairs() {
    ObjectNode json = bytes();
    ObjectNode vocabulary = json.withObject("/model/vocab");
    ArrayNode merges = json.withArray("/model/merges");
    for (int pair = 0; pair < 65536; pair++) {
      String left = String.valueOf(ByteLetters.of(pair * 77 >> 8 & 255));
      String right = String.valueOf(ByteLetters.of(pair * 77 & 255));
      vocabulary.put(left + right, 256 + pair);
      merges.add(left + " " + right);
    }
    return json;
  }

  /// Every character that has a meaning, between others of all kinds; of ideographs and private
  /// characters every 16th.
  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "llama-bpe", "qwen2", "smollm"})
  void everyCharacterIsCutInTheSameWay(String kind) throws IOException {
    try (Encoder encoder = Encoder.of(withSteps(kind, pairs()))) {
      assertTrue(encoder.isFast());
      boolean isNormal = !GgufPatterns.normalizes(kind);
      StringBuilder text = new StringBuilder();
      for (int c = 0; c < 0xe0000; c++) {
        int type = Character.getType(c);
        boolean isOneOfMany = Character.isIdeographic(c) || type == Character.PRIVATE_USE;
        if (type != Character.UNASSIGNED
            && type != Character.SURROGATE
            && (!isOneOfMany || c % 16 == 0)) {
          String one = Character.toString(c);
          text.append("a" + one + "1" + one + " " + one + one + "." + one + "\n");
          String marks = "a\u0345" + one + "a" + one + "\u0334" + one + one + one + "\u0323";
          text.append(isNormal ? "" : marks + Normalizer.normalize(one, Normalizer.Form.NFD));
        }
        if (text.length() > 500 || c == 0xdffff) {
          String whole = text.toString();
          String last = Integer.toHexString(c);
          assertArrayEquals(encoder.plain(whole, false), encoder.encode(whole), "up to " + last);
          text.setLength(0);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "llama-bpe", "qwen2", "smollm"})
  void randomTextIsCutInTheSameWay(String kind) throws IOException {
    duel(withSteps(kind, pairs()), 1000);
  }

  /// Merges of few letters in a random order, so that several ways lead to the same token.
  @Test
  void randomMergesAreAppliedInTheSameOrder() {
    Property.forAll(
        200,
        (random, size) -> {
          ObjectNode json = bytes();
          ObjectNode vocabulary = json.withObject("/model/vocab");
          ArrayNode merges = json.withArray("/model/merges");
          List<String> known = new ArrayList<>(List.of("a", "b", "c"));
          for (int i = 0; i < 4 + size; i++) {
            String left = known.get(random.nextInt(known.size()));
            String right = known.get(random.nextInt(known.size()));
            if (left.length() + right.length() < 9) {
              if (!vocabulary.has(left + right)) {
                vocabulary.put(left + right, vocabulary.size());
              }
              known.add(left + right);
              merges.add(left + " " + right);
            }
          }
          ObjectNode whole = withSteps("gpt-2", json).deepCopy();
          try (Encoder encoder = Encoder.of(whole)) {
            assertTrue(encoder.isFast());
            for (int i = 0; i < 20; i++) {
              StringBuilder text = new StringBuilder();
              for (int n = random.nextInt(1, 60); n > 0; n--) {
                text.append((char) ('a' + random.nextInt(3)));
              }
              assertArrayEquals(
                  encoder.plain(text.toString(), false), encoder.encode(text.toString()));
            }
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  /// Half of a surrogate pair, a character of a later Unicode, and many marks in a row.
  @Test
  void textsThatAreNotKnownAreLeftToTheLibrary() throws IOException {
    try (Encoder encoder = Encoder.of(withSteps("qwen2", pairs()))) {
      for (String text :
          List.of(
              "a\ud83d b",
              "\ud83d",
              "\ude00\ud83d",
              "1\u0378 2",
              "e" + "\u0315\u0300".repeat(99))) {
        assertArrayEquals(encoder.plain(text, false), encoder.encode(text));
      }
    }
  }

  @Test
  void tokenizersWithOtherPartsAreLeftToTheLibrary() throws IOException {
    for (String change :
        List.of(
            "/model {\"dropout\":0.5}",
            "/model {\"new_key\":1}",
            "/model {\"byte_fallback\":true}",
            "/normalizer {\"type\":\"NFKC\"}",
            "/pre_tokenizer {\"add_prefix_space\":true}",
            "/pre_tokenizer {\"type\":\"Whitespace\"}")) {
      ObjectNode json = bytes();
      json.putObject("pre_tokenizer")
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", false);
      assertFast(true, json);
      String[] parts = change.split(" ");
      json.withObject(parts[0]).setAll((ObjectNode) JSON.readTree(parts[1]));
      assertFast(false, json);
    }
  }

  private static void assertFast(boolean expected, JsonNode json) throws IOException {
    try (Encoder encoder = Encoder.of(json)) {
      assertEquals(expected, encoder.isFast(), json.path("pre_tokenizer").toString());
    }
  }

  /// Tokens that take blanks away, and tokens that are found in the normalized text.
  @Test
  void oddAddedTokensAreLeftToTheLibrary() throws IOException {
    ObjectNode json = withSteps("qwen2", pairs()).deepCopy();
    int id = 70_000;
    for (String option : List.of("lstrip", "rstrip", "single_word", "normalized", "special")) {
      ObjectNode token =
          json.withArray("added_tokens").addObject().put("id", 65792 + id++ - 70_000);
      token.put("content", "<" + option + ">").put("single_word", false).put("lstrip", false);
      token.put("rstrip", false).put("normalized", false).put("special", true).put(option, true);
    }
    duel(json, 1000);
    try (Encoder encoder = Encoder.of(json)) {
      assertFalse(encoder.encode("<special>").length > 1);
      for (String text :
          List.of("a <lstrip> b", "a <normalize\u0064> b", "x<single_word>", "<<rstrip> ")) {
        assertArrayEquals(encoder.plain(text, false), encoder.encode(text));
      }
    }
  }

  /// The library takes time in proportion to a text's length, and so must this encoder.
  @Test
  void longTextsWithoutWordsTakeNoSquareOfTime() throws IOException {
    try (Encoder encoder = Encoder.of(withSteps("qwen2", suite("gpt-2")))) {
      for (String text : List.of("a", "ab", "<", "<|endoftext|", " ", "\n ", "'", "世", "\u0301")) {
        String whole = text.repeat(500_000 / text.length());
        int[] ids = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> encoder.encode(whole));
        assertArrayEquals(encoder.plain(whole, false), ids, text);
      }
    }
  }

  @Test
  void manyThreadsGetTheSameIds() throws IOException {
    try (Encoder encoder = Encoder.of(withSteps("llama-bpe", suite("gpt-2")))) {
      List<String> texts = new ArrayList<>();
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < 400; i++) {
        texts.add(RandomText.of(random, 50, List.of()));
      }
      List<int[]> expected = texts.stream().map(text -> encoder.plain(text, false)).toList();
      IntStream.range(0, 8000)
          .parallel()
          .map(i -> i % 400)
          .forEach(i -> assertArrayEquals(expected.get(i), encoder.encode(texts.get(i))));
    }
  }
}
