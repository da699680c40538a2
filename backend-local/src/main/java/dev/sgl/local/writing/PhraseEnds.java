package dev.sgl.local.writing;

import dev.sgl.constraint.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// The tokens before which a phrase ends: punctuation, the quote of JSON with what may follow it,
/// and the ends of texts. A text that is too long is cut where one of them is likely.
public final class PhraseEnds {
  /// Of each vocabulary: single characters first, and then those with small numbers, which are the
  /// frequent ones.
  private static final int MOST = 64;

  private static final Pattern END =
      Pattern.compile("[.,;:!?。，、；：！？…]+(?:\"[\\s,\\]}\"]*)?|\"[\\s,\\]}\"]*");

  private PhraseEnds() {}

  /// @param ends the tokens that end a text
  public static int[] of(Vocabulary vocabulary, int[] ends) {
    return IntStream.concat(phraseEnds(vocabulary), Arrays.stream(ends)).toArray();
  }

  private static IntStream phraseEnds(Vocabulary vocabulary) {
    return IntStream.range(0, vocabulary.size())
        .filter(token -> mayBegin(vocabulary.bytes(token))) // most do not
        .filter(token -> END.matcher(text(vocabulary, token)).matches())
        .boxed()
        .sorted(Comparator.comparing(token -> text(vocabulary, token).length() > 1))
        .limit(MOST)
        .mapToInt(Integer::intValue);
  }

  private static boolean mayBegin(byte[] bytes) {
    return bytes.length > 0 && (bytes[0] < 0 || ".,;:!?\"".indexOf(bytes[0]) >= 0);
  }

  private static String text(Vocabulary vocabulary, int token) {
    return new String(vocabulary.bytes(token), StandardCharsets.UTF_8);
  }
}
