package dev.sgl.local.tokens.bpe;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/// The tokens that are taken for a whole word before any merge (`ignore_merges`), by their bytes
/// as characters.
final class WholeWords {
  private final Map<String, Integer> tokens = new HashMap<>();

  WholeWords(JsonNode vocabulary) {
    vocabulary.properties().forEach(e -> tokens.put(e.getKey(), e.getValue().asInt()));
  }

  /// The token of a word's UTF-8 bytes; empty if there is none.
  OptionalInt find(byte[] bytes) {
    char[] letters = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      letters[i] = ByteLetters.of(bytes[i] & 0xff);
    }
    Integer token = tokens.get(new String(letters));
    return token == null ? OptionalInt.empty() : OptionalInt.of(token);
  }
}
