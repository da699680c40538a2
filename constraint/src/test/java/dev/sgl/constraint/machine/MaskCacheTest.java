package dev.sgl.constraint.machine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.regex.RegexCompiler;
import dev.sgl.constraint.regex.RegexParser;
import dev.sgl.constraint.regex.Spelling;
import dev.sgl.constraint.regex.Terms;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MaskCacheTest {
  private static final long MOST = 64 << 10; // bytes of each kind

  private static final Vocabulary VOCABULARY =
      new Vocabulary(
          IntStream.range(0, 4096)
              .mapToObj(i -> new byte[] {(byte) ('a' + i % 26), (byte) i, (byte) (i >> 8)})
              .toArray(byte[][]::new));

  @Test
  void masksOfManyPatternsTakeNoMoreThanTheirBound() {
    MaskCache cache = new MaskCache(MOST, VOCABULARY);
    Budget budget = new Budget(Long.MAX_VALUE, Long.MAX_VALUE);
    long all = 0;
    for (int i = 0; i < 500; i++) {
      Terms terms = new Terms(budget);
      RegexCompiler compiler = new RegexCompiler(terms, Spelling.RAW);
      String pattern = "[a-%c]%d*x".formatted('b' + i % 20, i);
      DfaState rule =
          new Dfa(terms, budget)
              .state(compiler.compile(RegexParser.parse(pattern, RegexParser.Dialect.ECMA)));
      new RuleMasks(cache, budget).fill(rule, new long[VOCABULARY.words()]);
      all += cache.mask(rule.term()).orElseThrow().bytes();
      assertTrue(cache.bytes() <= 3 * MOST, () -> cache.bytes() + " bytes");
    }
    assertTrue(all > 4 * MOST, "masks of " + all + " bytes put no bound to the test");
    assertTrue(cache.bytes() > MOST / 2, "as much is remembered as there is room for");
  }
}
