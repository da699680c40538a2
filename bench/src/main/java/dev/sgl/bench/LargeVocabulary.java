package dev.sgl.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// A tokenizer of byte-level BPE with any number of tokens: special ones, the bytes, what JSON
/// consists of, and beginnings of words that are made of letters in the order of the alphabet.
final class LargeVocabulary {
  private static final List<String> SPECIAL = List.of("<unk>", "<s>", "</s>");
  private static final List<String> PUNCTUATION =
      List.of(
          "\":", "\":\"", "\",", "\",\"", "{\"", "\"}", "},", "},{", "},{\"", "[{", "[{\"", "}]");
  private static final String BLANK = "\u0120"; // as byte-level BPE writes it

  private LargeVocabulary() {}

  /// Writes `tokenizer.json` and `tokenizer_config.json` into a folder.
  static void write(Path folder, int size) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode tokenizer = json.createObjectNode().put("version", "1.0");
    ArrayNode added = tokenizer.putArray("added_tokens");
    for (int id = 0; id < SPECIAL.size(); id++) {
      ObjectNode token = added.addObject().put("id", id).put("content", SPECIAL.get(id));
      token.put("single_word", false).put("lstrip", false).put("rstrip", false);
      token.put("normalized", false).put("special", true);
    }
    tokenizer.putNull("normalizer");
    byteLevel(tokenizer.putObject("pre_tokenizer")).put("use_regex", false);
    tokenizer.putNull("post_processor");
    byteLevel(tokenizer.putObject("decoder")).put("use_regex", false);
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    SPECIAL.forEach(token -> vocabulary.put(token, vocabulary.size()));
    for (int b = 0; b < 256; b++) {
      vocabulary.put(String.valueOf(shown(b)), vocabulary.size());
    }
    ArrayNode merges = model.putArray("merges");
    for (String token : merged(size - vocabulary.size())) {
      vocabulary.put(token, vocabulary.size());
      merges.add(token.substring(0, token.length() - 1) + " " + token.charAt(token.length() - 1));
    }
    json.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
    json.writeValue(
        folder.resolve("tokenizer_config.json").toFile(),
        json.createObjectNode().put("bos_token", "<s>").put("eos_token", "</s>"));
  }

  private static ObjectNode byteLevel(ObjectNode node) {
    return node.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", false);
  }

  /// Tokens each of which is one before it and a character.
  private static Set<String> merged(int count) {
    Set<String> tokens = new LinkedHashSet<>();
    for (String token : PUNCTUATION) {
      for (int end = 2; end <= token.length(); end++) {
        tokens.add(token.substring(0, end));
      }
    }
    List<String> beginnings = List.of(BLANK, "a", "e", "i", "o", "s", "t");
    while (tokens.size() < count) {
      List<String> longer =
          beginnings.stream()
              .flatMap(b -> "abcdefghijklmnopqrstuvwxyz".chars().mapToObj(c -> b + (char) c))
              .toList();
      longer.stream().limit(count - tokens.size()).forEach(tokens::add);
      beginnings = longer;
    }
    return tokens;
  }

  /// How byte-level BPE writes a byte: printable ones as themselves.
  private static char shown(int b) {
    int hidden = 0;
    for (int other = 0; other < b; other++) {
      hidden += isPrintable(other) ? 0 : 1;
    }
    return (char) (isPrintable(b) ? b : 256 + hidden);
  }

  private static boolean isPrintable(int b) {
    return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
  }
}
