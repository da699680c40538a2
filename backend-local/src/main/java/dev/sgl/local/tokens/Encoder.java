package dev.sgl.local.tokens;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.tokens.bpe.BytePairEncoder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/// Text to token ids: by the encoder of this project where it knows the tokenizer and the text,
/// else by the library `tokenizers`. Safe for many threads.
final class Encoder implements AutoCloseable {
  /// Words, contractions, numbers, blanks, scripts and emoji: a text that tells wrong cuts apart.
  private static final String SAMPLE =
      "It's 12345 o'clock,  don't\t\tSHOUT'LL: \n\n if (x1 != y_2) {\r\n  é世界 Привет мир שלום नमस्ते"
          + " e\u0301\u1100\u1161 \u00a0½\ud83d\ude00\ud83c\uddf3 …!? \u3000 end  ";

  private final HuggingFaceTokenizer library;
  private final Optional<BytePairEncoder> fast;
  private final Optional<Ends> ends;

  /// The tokens around every whole text.
  private record Ends(int[] before, int[] after) {
    int[] around(int[] tokens) {
      int[] all = Arrays.copyOf(before, before.length + tokens.length + after.length);
      System.arraycopy(tokens, 0, all, before.length, tokens.length);
      System.arraycopy(after, 0, all, before.length + tokens.length, after.length);
      return all;
    }
  }

  private Encoder(HuggingFaceTokenizer library, JsonNode json) {
    this.library = library;
    String sample = sample(json);
    this.fast = BytePairEncoder.of(json).filter(encoder -> agrees(encoder, sample));
    this.ends = fast.flatMap(_ -> ends(sample));
  }

  /// The encoder of a `tokenizer.json`.
  ///
  /// @throws RuntimeException if it is no tokenizer
  static Encoder of(JsonNode json) throws IOException {
    System.setProperty("ai.djl.offline", "true"); // its native part is in the jar
    Map<String, String> options =
        Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");
    return new Encoder(
        HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(StrictJson.bytes(json)), options),
        json);
  }

  /// A text with all added tokens that this project's encoder knows to cut out.
  private static String sample(JsonNode json) {
    StringBuilder text = new StringBuilder(SAMPLE);
    for (JsonNode token : json.path("added_tokens")) {
      boolean isPlain = token.path("normalized").isBoolean();
      for (String option : new String[] {"normalized", "lstrip", "rstrip", "single_word"}) {
        isPlain &= !token.path(option).asBoolean();
      }
      text.append(isPlain ? token.path("content").asText() : "").append(" a");
    }
    return text.toString();
  }

  private boolean agrees(BytePairEncoder encoder, String sample) {
    return Arrays.equals(encoder.encode(sample).orElse(new int[0]), plain(sample, false));
  }

  /// The tokens around whole texts, if they are the same for several texts.
  private Optional<Ends> ends(String sample) {
    int[] empty = plain("", true);
    int[] one = plain("a", true);
    int before = 0;
    while (before < empty.length && empty[before] == one[before]) {
      before++;
    }
    Ends found =
        new Ends(Arrays.copyOf(empty, before), Arrays.copyOfRange(empty, before, empty.length));
    boolean isSame =
        Arrays.equals(found.around(plain("a", false)), one)
            && Arrays.equals(found.around(plain(sample, false)), plain(sample, true));
    return isSame ? Optional.of(found) : Optional.empty();
  }

  /// The tokens of `text`.
  int[] encode(String text) {
    return fast.flatMap(encoder -> encoder.encode(text)).orElseGet(() -> plain(text, false));
  }

  /// The tokens of `text`, with those around a whole text.
  int[] encodeWhole(String text) {
    return ends.map(around -> around.around(encode(text))).orElseGet(() -> plain(text, true));
  }

  /// Whether this project's encoder is used.
  boolean isFast() {
    return fast.isPresent();
  }

  /// The tokens by the library alone.
  int[] plain(String text, boolean whole) {
    return ints(library.encode(text, whole, false).getIds());
  }

  private static int[] ints(long[] longs) {
    return LongStream.of(longs).mapToInt(Math::toIntExact).toArray();
  }

  /// The tokens of two texts together, by the library.
  Tokenizer.Pair encodePair(String first, String second) {
    Encoding both = library.encode(first, second, true, false);
    return new Tokenizer.Pair(ints(both.getIds()), ints(both.getTypeIds()));
  }

  @Override
  public void close() {
    library.close();
  }
}
