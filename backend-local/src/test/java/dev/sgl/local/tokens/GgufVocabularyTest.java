package dev.sgl.local.tokens;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.export.ModelCopy;
import dev.sgl.local.weights.ModelException;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Tokenizers of model folders as the keys of GGUF files.
class GgufVocabularyTest {
  private static final String QWEN = words("\\p{N}");
  private static final String LLAMA = words("\\p{N}{1,3}");

  @TempDir Path folder;

  private static String words(String digits) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
        + digits
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  /// A tokenizer of byte-level BPE with 320 tokens, of which 2 are special, and 62 merges.
  private Path tokenizer(Consumer<ObjectNode> change) throws IOException {
    Path model = ModelCopy.of("qwen3", folder.resolve("model"));
    ModelCopy.change(model.resolve("tokenizer.json"), change);
    return model;
  }

  private static Map<String, Object> keys(Path model) {
    return GgufVocabulary.keys(model, 320, Set.of(1));
  }

  private static List<?> list(Map<String, Object> keys, String key) {
    return keys.get("tokenizer.ggml." + key) instanceof List<?> list ? list : List.of();
  }

  private static void refused(Path model, String why) {
    ModelException error = assertThrows(ModelException.class, () -> keys(model));
    assertTrue(String.valueOf(error.getMessage()).contains(why), error.toString());
  }

  /// Cuts by digits, then by a pattern, then into bytes.
  private static void cut(ObjectNode tokenizer, boolean byDigits, String pattern) {
    ObjectNode cut = tokenizer.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode steps = cut.putArray("pretokenizers");
    if (byDigits) {
      steps.addObject().put("type", "Digits").put("individual_digits", true);
    }
    if (!pattern.isEmpty()) {
      ObjectNode split = steps.addObject().put("type", "Split").put("behavior", "Isolated");
      split.put("invert", false).putObject("pattern").put("Regex", pattern);
    }
    steps
        .addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", pattern.isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "false, '', false, gpt-2",
    "true, '', false, smollm",
    "false, QWEN, false, qwen2",
    "false, LLAMA, true, llama-bpe",
    "false, LLAMA, false, dbrx",
  })
  void patternsHaveNames(boolean byDigits, String pattern, boolean wholeWords, String name)
      throws IOException {
    Path model =
        tokenizer(
            json -> {
              String text = pattern.equals("QWEN") ? QWEN : pattern.isEmpty() ? "" : LLAMA;
              cut(json, byDigits, text);
              ((ObjectNode) json.get("model")).put("ignore_merges", wholeWords);
            });
    Map<String, Object> keys = keys(model);
    assertEquals("gpt2", keys.get("tokenizer.ggml.model"));
    assertEquals(name, keys.get("tokenizer.ggml.pre"));
  }

  @Test
  void patternsWithoutANameAreRefused() throws IOException {
    refused(
        tokenizer(
            json -> {
              cut(json, true, "");
              ((ObjectNode) json.get("model")).put("ignore_merges", true);
            }),
        "the patterns by which it cuts text have no name in such files");
    ModelCopy.change(folder.resolve("model/tokenizer.json"), json -> cut(json, false, "[a-z]+"));
    refused(folder.resolve("model"), "neither byte-level BPE nor SentencePiece");
  }

  @Test
  void tokensHaveTypesAndFillTheVocabulary() throws IOException {
    Path model =
        tokenizer(
            json -> {
              ArrayNode added = (ArrayNode) json.get("added_tokens");
              added.add(
                  ((ObjectNode) added.get(0).deepCopy())
                      .put("id", 320)
                      .put("content", "<tool>")
                      .put("special", false));
            });
    Map<String, Object> keys = GgufVocabulary.keys(model, 323, Set.of(1));
    List<?> tokens = list(keys, "tokens");
    List<?> types = list(keys, "token_type");
    assertEquals(323, tokens.size());
    assertEquals(List.of("<s>", "</s>"), tokens.subList(0, 2));
    assertEquals(List.of(3, 3, 1), types.subList(0, 3));
    assertEquals(List.of("<tool>", "[PAD321]", "[PAD322]"), tokens.subList(320, 323));
    assertEquals(List.of(1, 4, 5, 5), types.subList(319, 323));
    assertEquals(62, list(keys, "merges").size());
    assertEquals("h e", list(keys, "merges").getFirst());
    refused(model, "the token `<tool>` has the id 320, and the model has 320 tokens");
  }

  @Test
  void everyTokenThatEndsATextHasAKey() throws IOException {
    Path model = tokenizer(_ -> {});
    Map<String, Object> keys = GgufVocabulary.keys(model, 320, Set.of(1, 9));
    assertEquals(0, keys.get("tokenizer.ggml.bos_token_id"));
    assertEquals(1, keys.get("tokenizer.ggml.eos_token_id"));
    assertEquals(9, keys.get("tokenizer.ggml.eot_token_id"));
    ModelException error =
        assertThrows(
            ModelException.class, () -> GgufVocabulary.keys(model, 320, Set.of(1, 2, 3, 4)));
    assertTrue(String.valueOf(error.getMessage()).contains("4 tokens end a text"));
  }

  @Test
  void theTokensAroundAWholeTextAreFlags() throws IOException {
    Path model = tokenizer(_ -> {});
    assertEquals(false, keys(model).get("tokenizer.ggml.add_bos_token"));
    ModelCopy.change(model.resolve("tokenizer.json"), json -> around(json, "<s>", "</s>"));
    assertEquals(true, keys(model).get("tokenizer.ggml.add_bos_token"));
    assertEquals(true, keys(model).get("tokenizer.ggml.add_eos_token"));
    ModelCopy.change(model.resolve("tokenizer.json"), json -> around(json, "</s>", "<s>"));
    refused(model, "it adds tokens to a text that are not its first and last one");
  }

  private static void around(ObjectNode json, String before, String after) {
    ObjectNode step = json.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = step.putArray("single");
    single.addObject().putObject("SpecialToken").put("id", before).put("type_id", 0);
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    single.addObject().putObject("SpecialToken").put("id", after).put("type_id", 0);
    step.set("pair", single.deepCopy());
    ObjectNode special = step.putObject("special_tokens");
    for (String token : List.of(before, after)) {
      ObjectNode entry = special.putObject(token).put("id", token);
      entry.putArray("ids").add(token.equals("<s>") ? 0 : 1);
      entry.putArray("tokens").add(token);
    }
  }

  private Path sentencePiece(Consumer<ObjectNode> change) throws IOException {
    Path model = tokenizer(_ -> {});
    Path file = model.resolve("tokenizer.json");
    Files.delete(file);
    Files.copy(Path.of("src/test/resources/models/sentencepiece/tokenizer.json"), file);
    ModelCopy.change(file, GgufVocabularyTest::mergeByScores);
    ModelCopy.change(file, change);
    return model;
  }

  /// Puts the merges of a vocabulary whose later tokens have lower scores in the place of those
  /// that were trained without scores.
  private static void mergeByScores(ObjectNode json) {
    ObjectNode model = (ObjectNode) json.get("model");
    List<String> tokens = new ArrayList<>();
    model.get("vocab").fieldNames().forEachRemaining(tokens::add); // in the order of the ids
    List<Double> scores = IntStream.range(0, tokens.size()).mapToObj(id -> -(double) id).toList();
    ArrayNode merges = model.putArray("merges");
    ScoredMerges.of(tokens, scores)
        .forEach(merge -> merges.addArray().add(merge.left()).add(merge.right()));
    assertTrue(merges.size() > 20, merges.toString());
  }

  /// The scores give the merges of the folder, in their order.
  @Test
  void mergesBecomeScores() throws IOException {
    Path model = sentencePiece(_ -> {});
    Map<String, Object> keys = keys(model);
    assertEquals("llama", keys.get("tokenizer.ggml.model"));
    assertEquals(true, keys.get("tokenizer.ggml.add_space_prefix"));
    assertEquals(0, keys.get("tokenizer.ggml.unknown_token_id"));
    List<?> types = list(keys, "token_type");
    assertEquals(List.of(2, 3, 3, 6), types.subList(0, 4));
    List<String> merges = new ArrayList<>();
    Tokenizer.json(model, 320)
        .path("model")
        .path("merges")
        .forEach(m -> merges.add(m.path(0).asText() + m.path(1).asText()));
    List<String> found =
        ScoredMerges.of(texts(keys, "tokens"), doubles(list(keys, "scores"))).stream()
            .map(merge -> merge.left() + merge.right())
            .toList();
    assertArrayEquals(merges.toArray(), found.toArray());
  }

  @Test
  void mergesThatNoScoresGiveAreRefused() throws IOException {
    Path model =
        sentencePiece(
            json -> ((ArrayNode) json.path("model").path("merges")).remove(5)); // its token stays
    refused(model, "its merges are not those of scores");
  }

  @Test
  void otherNormalizersOfSentencePieceAreRefused() throws IOException {
    Path model = sentencePiece(json -> json.putObject("normalizer").put("type", "Lowercase"));
    refused(model, "its normalizer or pre-tokenizer is not that of SentencePiece");
    ModelCopy.change(
        model.resolve("tokenizer.json"),
        json -> {
          json.putNull("normalizer");
          json.putObject("pre_tokenizer")
              .put("type", "Metaspace")
              .put("replacement", "▁")
              .put("prepend_scheme", "never")
              .put("split", false);
        });
    assertEquals(false, keys(model).get("tokenizer.ggml.add_space_prefix"));
  }

  /// Vocabularies of real models, made into `tokenizer.json` and back.
  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "starcoder", "llama-spm", "phi-3"})
  void aFilesVocabularyComesBack(String name) throws IOException {
    Gguf file = Gguf.read(Suites.folder("tokenizers").resolve(name + ".gguf"));
    Files.writeString(folder.resolve("tokenizer.json"), GgufTokenizer.json(file).toString());
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"bos_token\": \"<s>\"}");
    int size = file.list("tokenizer.ggml.tokens").size();
    Map<String, Object> keys = GgufVocabulary.keys(folder, size, Set.of());
    assertEquals(file.list("tokenizer.ggml.tokens"), list(keys, "tokens"));
    assertEquals(file.list("tokenizer.ggml.merges"), list(keys, "merges"));
    assertEquals(
        merges(
            file.list("tokenizer.ggml.tokens", String.class),
            file.list("tokenizer.ggml.scores", Double.class)),
        merges(texts(keys, "tokens"), doubles(list(keys, "scores"))));
  }

  private static List<String> merges(List<String> tokens, List<Double> scores) {
    return ScoredMerges.of(tokens, scores).stream()
        .map(merge -> merge.left() + " " + merge.right())
        .toList();
  }

  private static List<String> texts(Map<String, Object> keys, String key) {
    return list(keys, key).stream().map(String.class::cast).toList();
  }

  private static List<Double> doubles(List<?> floats) {
    return floats.stream().map(number -> ((Float) number).doubleValue()).toList();
  }
}
