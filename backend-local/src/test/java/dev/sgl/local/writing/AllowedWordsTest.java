package dev.sgl.local.writing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.Sampling;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.testing.Property;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class AllowedWordsTest {
  /// Tokens that spell the banned texts in many ways; the last two have no text, as ends have none.
  private static final List<String> TOKENS =
      List.of("a", "b", "c", "ab", "bc", "abc", "ca", "cab", "bb", "", "");

  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          TOKENS.stream().map(t -> t.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new));

  private static boolean isSet(long[] mask, int token) {
    return (mask[token >> 6] >> token & 1) != 0;
  }

  private static String text(RandomGenerator random, int size) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < size; i++) {
      text.append("abc".charAt(random.nextInt(3)));
    }
    return text.toString();
  }

  /// A token is left out if and only if the text with it has a banned text that it had not before.
  @Test
  void justTheTokensThatCompleteABannedTextAreLeftOut() {
    Property.forAll(
        3_000,
        (random, size) -> {
          List<String> banned =
              List.of(text(random, 1 + random.nextInt(4)), text(random, 1 + random.nextInt(4)));
          Set<Integer> allowed = random.nextBoolean() ? Set.of() : Set.of(0, 3, 5, 9);
          AllowedWords words =
              AllowedWords.of(new Sampling.Words(allowed, banned), VOCABULARY).orElseThrow();
          String before = text(random, size % 8);
          long[] mask = new long[VOCABULARY.words()];
          words.fill(mask, before.getBytes(StandardCharsets.UTF_8));
          for (int token = 0; token < TOKENS.size(); token++) {
            String after = before + TOKENS.get(token);
            boolean completes =
                banned.stream()
                    .anyMatch(
                        text ->
                            after.indexOf(text, Math.max(0, before.length() - text.length() + 1))
                                >= 0);
            boolean isAllowed = allowed.isEmpty() || allowed.contains(token);
            assertEquals(isAllowed && !completes, isSet(mask, token), before + " + " + token);
          }
        });
  }

  @Test
  void allWordsNeedNoMask() {
    assertTrue(AllowedWords.of(Sampling.Words.ALL, VOCABULARY).isEmpty());
  }
}
