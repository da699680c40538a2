package dev.sgl.local.writing;

import dev.sgl.constraint.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// The tokens before which a phrase ends: punctuation, and the quote of JSON with what may follow
/// it. Their probability tells where a text that is too long would end best.
public final class PhraseEnds {
  /// Of each vocabulary; those with small numbers are the frequent ones.
  private static final int MOST = 64;

  private static final Pattern END =
      Pattern.compile("[.,;:!?。，、；：！？…]+(?:\"[\\s,\\]}\"]*)?|\"[\\s,\\]}\"]*");

  private PhraseEnds() {}

  public static int[] of(Vocabulary vocabulary) {
    return IntStream.range(0, vocabulary.size())
        .filter(
            token ->
                END.matcher(new String(vocabulary.bytes(token), StandardCharsets.UTF_8)).matches())
        .limit(MOST)
        .toArray();
  }
}
