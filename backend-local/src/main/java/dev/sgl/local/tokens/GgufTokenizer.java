package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.local.weights.Gguf;
import dev.sgl.local.weights.ModelException;
import java.util.List;
import java.util.Map;

/// The tokenizer of a GGUF file, said in the form of `tokenizer.json`.
///
/// A GGUF file holds tokens and merges, but only the name of the way in which text is cut before
/// (`tokenizer.ggml.pre`); the patterns of these names are those of llama.cpp.
final class GgufTokenizer {
  private static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String HAN_AND_HANGUL =
      "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+";
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;

  /// How text is cut: each pattern cuts what those before it have left whole.
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

  /// @throws ModelException if the file's tokenizer is of a kind that is not supported
  static ObjectNode json(Gguf file) {
    String model = file.text("tokenizer.ggml.model").orElse("");
    String name = file.text("tokenizer.ggml.pre").orElse("");
    if (!model.equals("gpt2") || !CUTS.containsKey(name)) {
      throw new ModelException(
          "tokenizers of the kind `" + model + "`, `" + name + "` are not supported in GGUF files");
    }
    ObjectNode json = JSON.createObjectNode();
    json.put("version", "1.0");
    List<?> tokens = file.list("tokenizer.ggml.tokens");
    List<?> types = file.list("tokenizer.ggml.token_type");
    ArrayNode added = json.putArray("added_tokens");
    ObjectNode bpe = JSON.createObjectNode().put("type", "BPE");
    ObjectNode vocabulary = bpe.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      String text = String.valueOf(tokens.get(id));
      vocabulary.put(text, id);
      long type = id < types.size() && types.get(id) instanceof Long t ? t : 0;
      if (type == CONTROL || type == USER_DEFINED) {
        added
            .addObject()
            .put("id", id)
            .put("content", text)
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", type == CONTROL);
      }
    }
    ArrayNode merges = bpe.putArray("merges");
    file.list("tokenizer.ggml.merges").forEach(merge -> merges.add(String.valueOf(merge)));
    json.putNull("normalizer");
    ArrayNode cuts =
        json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    for (String cut : CUTS.getOrDefault(name, List.of())) {
      cuts.addObject()
          .put("type", "Split")
          .put("behavior", "Isolated")
          .put("invert", false)
          .putObject("pattern")
          .put("Regex", cut);
    }
    cuts.addObject()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
    json.putNull("post_processor");
    json.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
    json.set("model", bpe);
    return json;
  }
}
