package dev.sgl.remote.regex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.testing.Property;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class IntegerRegexTest {
  @Test
  void exactlyTheIntegersOfTheRangeMatch() {
    Property.forAll(
        300,
        (random, size) -> {
          long low = random.nextLong(-20L * size - 1, 20L * size + 1);
          long high = low + random.nextLong(0, 30L * size + 1);
          Pattern regex = Pattern.compile(IntegerRegex.of(low, high));
          for (long n = low - 120; n <= high + 120; n++) {
            boolean isIn = n >= low && n <= high;
            assertEquals(isIn, regex.matcher("" + n).matches(), n + " in " + low + ".." + high);
          }
        });
  }

  @Test
  void theEndsOfAllIntegersMatch() {
    Pattern all = Pattern.compile(IntegerRegex.of(Long.MIN_VALUE, Long.MAX_VALUE));
    assertTrue(all.matcher("" + Long.MIN_VALUE).matches());
    assertTrue(all.matcher("" + Long.MAX_VALUE).matches());
    assertFalse(all.matcher("9223372036854775808").matches());
    assertFalse(all.matcher("-9223372036854775809").matches());
    assertFalse(all.matcher("007").matches());
    assertFalse(all.matcher("-0").matches());
  }
}
