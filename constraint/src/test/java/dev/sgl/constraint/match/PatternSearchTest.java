package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.testing.Property;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PatternSearchTest {
  private static final List<String> PATTERNS =
      List.of("a", "ab*c", "(a|b)+c", "[^a]b", "a{2,3}", "(ab|b|cab)", "a[ab]*b", "c|aé", "é+b");

  /// The place of the first match by trying all parts of the text, or -1.
  private static int first(Pattern pattern, String text) {
    for (int end = 1; end <= text.length(); end++) {
      for (int start = 0; start < end; start++) {
        if (pattern.matcher(text.substring(start, end)).matches()) {
          return start;
        }
      }
    }
    return -1;
  }

  private static String text(RandomGenerator random, int size) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < size; i++) {
      text.append("abcé".charAt(random.nextInt(4)));
    }
    return text.toString();
  }

  @Test
  void theFirstMatchIsThatOfAllPartsOfTheText() {
    Property.forAll(
        3_000,
        (random, size) -> {
          String pattern = PATTERNS.get(random.nextInt(PATTERNS.size()));
          String text = text(random, size % 12);
          PatternSearch search = new PatternSearch(pattern);
          int found = -1;
          for (int at = 0; at < text.length() && found < 0; at++) {
            int begin = search.read(text.charAt(at), at);
            found = begin == PatternSearch.NOWHERE ? -1 : begin;
          }
          assertEquals(first(Pattern.compile(pattern), text), found, pattern + " in " + text);
        });
  }

  @Test
  void theTextThatAMatchMayBeginWithIsKnown() {
    PatternSearch search = new PatternSearch("ab+c");
    search.read('x', 0);
    assertEquals(PatternSearch.NOWHERE, search.firstOpen());
    search.read('a', 1);
    search.read('b', 2);
    assertEquals(1, search.firstOpen());
    search.read('a', 3);
    assertEquals(3, search.firstOpen());
    search.restart();
    assertEquals(PatternSearch.NOWHERE, search.firstOpen());
  }

  @ParameterizedTest
  @ValueSource(strings = {"^a", "a$", "a(?=b)", "\\ba", "a*", "", "("})
  void patternsThatCannotBeSearchedForAreRefused(String pattern) {
    assertThrows(ConstraintException.class, () -> new PatternSearch(pattern));
  }
}
