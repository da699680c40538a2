package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.weights.Gguf;
import dev.sgl.local.weights.ModelException;
import java.util.List;
import java.util.Map;

/// The tokenizer of a GGUF file, converted to the form of `tokenizer.json`.
///
/// A GGUF file holds tokens and merges, but only a name for the patterns that cut the text first
/// (`tokenizer.ggml.pre`). The names and their patterns follow llama.cpp.
final class GgufTokenizer {
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String HAN_AND_HANGUL =
      "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+";
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;

  /// The patterns by their name. Each pattern cuts the pieces that the patterns before it left.
  private static final Map<String, List<String>> CUTS =
      Map.of(
          "gpt-2", List.of(GPT2),
          "mpt", List.of(GPT2),
          "starcoder", List.of("\\p{N}", GPT2),
          "falcon", List.of("[\\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]"),
          "deepseek-coder",
              List.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", HAN_AND_HANGUL, "\\p{N}"),
          "deepseek-llm",
              List.of(
                  "[\\r\\n]",
                  "\\s?[\\p{Lu}\\p{Ll}\\p{Lt}]+",
                  "\\s?[!-/:-~\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff5e}\\x{2018}-\\x{201f}\\x{3000}-\\x{3002}]+",
                  "\\s+$",
                  HAN_AND_HANGUL,
                  "\\p{N}+"));

  private static final ObjectMapper JSON = new ObjectMapper();

  private GgufTokenizer() {}

  /// The tokenizer of `file` as a `tokenizer.json`.
  ///
  /// @throws ModelException if the file's tokenizer is of a kind that is not supported
  static ObjectNode json(Gguf file) {
    List<String> patterns = patterns(file);
    ObjectNode json = JSON.createObjectNode();
    json.put("version", "1.0");
    json.set("added_tokens", addedTokens(file));
    json.putNull("normalizer");
    json.set("pre_tokenizer", preTokenizer(patterns));
    json.putNull("post_processor");
    byteLevel(json.putObject("decoder"));
    json.set("model", bpe(file));
    return json;
  }

  /// The patterns by which text is cut before its pieces are merged.
  private static List<String> patterns(Gguf file) {
    String model = file.text("tokenizer.ggml.model").orElse("");
    String name = file.text("tokenizer.ggml.pre").orElse("");
    if (!model.equals("gpt2") || !CUTS.containsKey(name)) {
      throw new ModelException(
          "tokenizers of the kind `" + model + "`, `" + name + "` are not supported in GGUF files");
    }
    return CUTS.getOrDefault(name, List.of());
  }

  /// The tokens that are found in a text before it is cut: the control tokens and the user's own.
  private static ArrayNode addedTokens(Gguf file) {
    List<?> tokens = file.list("tokenizer.ggml.tokens");
    List<?> types = file.list("tokenizer.ggml.token_type");
    ArrayNode added = JSON.createArrayNode();
    for (int id = 0; id < Math.min(tokens.size(), types.size()); id++) {
      long type = types.get(id) instanceof Long t ? t : 0;
      if (type == CONTROL || type == USER_DEFINED) {
        added
            .addObject()
            .put("id", id)
            .put("content", String.valueOf(tokens.get(id)))
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", type == CONTROL);
      }
    }
    return added;
  }

  private static ObjectNode preTokenizer(List<String> patterns) {
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode cuts = sequence.putArray("pretokenizers");
    for (String pattern : patterns) {
      cuts.addObject()
          .put("type", "Split")
          .put("behavior", "Isolated")
          .put("invert", false)
          .putObject("pattern")
          .put("Regex", pattern);
    }
    byteLevel(cuts.addObject());
    return sequence;
  }

  private static void byteLevel(ObjectNode part) {
    part.put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
  }

  /// The vocabulary and the merges.
  private static ObjectNode bpe(Gguf file) {
    ObjectNode bpe = JSON.createObjectNode().put("type", "BPE");
    ObjectNode vocabulary = bpe.putObject("vocab");
    List<?> tokens = file.list("tokenizer.ggml.tokens");
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(String.valueOf(tokens.get(id)), id);
    }
    ArrayNode merges = bpe.putArray("merges");
    file.list("tokenizer.ggml.merges").forEach(merge -> merges.add(String.valueOf(merge)));
    return bpe;
  }
}
