package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.tokens.bpe.ByteLetters;
import dev.sgl.local.weights.ModelException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// The bytes of each token, from the vocabulary of a `tokenizer.json`.
///
/// Three families: byte-level vocabularies write each byte as a character of its own
/// ([ByteLetters]), SentencePiece ones write text with `▁` for a blank and `<0x41>` for
/// bytes that have no token, WordPiece ones write `##` where a token continues a word and nothing
/// for a blank.
final class TokenBytes {
  private static final byte[] NONE = {};
  private static final char BLANK = '\u2581'; // of SentencePiece

  private TokenBytes() {}

  /// @param names tokens that are special even if `tokenizer.json` does not mark them so
  /// @param special receives the ids of special tokens by name
  static byte[][] read(JsonNode json, int size, SpecialNames names, Map<String, Integer> special) {
    byte[][] bytes = new byte[size][];
    Arrays.fill(bytes, NONE);
    Map<Integer, Byte> table = isByteLevel(json) ? byteLevel() : Map.of();
    JsonNode vocabulary = json.path("model").path("vocab");
    boolean isWordPiece = json.path("model").path("type").asText().equals("WordPiece");
    if (vocabulary.isObject()) {
      vocabulary
          .properties()
          .forEach(
              e -> {
                String token = isWordPiece ? blank(e.getKey()) : e.getKey();
                put(bytes, e.getValue().asInt(), bytes(token, table));
              });
    } else if (vocabulary.isArray()) {
      for (int i = 0; i < vocabulary.size(); i++) {
        put(bytes, i, bytes(vocabulary.get(i).path(0).asText(), table));
      }
    } else {
      throw new ModelException("tokenizer.json has no vocabulary");
    }
    for (JsonNode added : json.path("added_tokens")) {
      int id = added.path("id").asInt();
      String content = added.path("content").asText();
      boolean hidden = added.path("special").asBoolean() || names.has(content);
      String text = table.isEmpty() ? content.replace(BLANK, ' ') : content;
      put(bytes, id, hidden ? NONE : text.getBytes(StandardCharsets.UTF_8));
      if (hidden) {
        special.put(content, id);
      }
    }
    return bytes;
  }

  /// A token of WordPiece with a blank's sign where it begins a word.
  private static String blank(String token) {
    return token.startsWith("##") ? token.substring(2) : BLANK + token;
  }

  private static void put(byte[][] bytes, int id, byte[] value) {
    if (id >= 0 && id < bytes.length) {
      bytes[id] = value;
    }
  }

  private static boolean isByteLevel(JsonNode json) {
    return json.path("decoder").toString().contains("\"ByteLevel\"")
        || json.path("pre_tokenizer").toString().contains("\"ByteLevel\"");
  }

  private static byte[] bytes(String token, Map<Integer, Byte> table) {
    if (!table.isEmpty()) {
      byte[] out = new byte[token.length()];
      for (int i = 0; i < out.length; i++) {
        Byte value = table.get((int) token.charAt(i));
        if (value == null) {
          return token.getBytes(StandardCharsets.UTF_8);
        }
        out[i] = value;
      }
      return out;
    }
    if (token.matches("<0x[0-9A-F]{2}>")) {
      return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
    }
    return token.replace(BLANK, ' ').getBytes(StandardCharsets.UTF_8);
  }

  /// Characters to bytes.
  private static Map<Integer, Byte> byteLevel() {
    Map<Integer, Byte> table = new HashMap<>();
    for (int b = 0; b < 256; b++) {
      table.put((int) ByteLetters.of(b), (byte) b);
    }
    return table;
  }
}
