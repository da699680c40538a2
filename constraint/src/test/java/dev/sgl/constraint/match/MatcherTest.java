package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MatcherTest {
  private static final int END = 256;
  private static final Constraint RECORD =
      new Constraint.JsonSchema(
          Json.parse(
              "{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"},"
                  + "\"effort\":{\"enum\":[\"low\",\"high\"]}},\"required\":[\"title\",\"effort\"],"
                  + "\"additionalProperties\":false}"),
          JsonStyle.COMPACT);

  private final MaskCache bytes =
      new MaskCache(
          new Vocabulary(
              IntStream.rangeClosed(0, 256)
                  .mapToObj(i -> i == END ? new byte[0] : new byte[] {(byte) i})
                  .toArray(byte[][]::new)),
          END);

  private static void accept(Matcher matcher, String text) {
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      assertTrue(matcher.accept(b & 0xff), "byte " + (char) b + " of " + text);
    }
  }

  @Test
  void theEndIsABitLikeAnyOther() {
    Matcher matcher =
        new ConstraintCompiler().compile(new Constraint.Pattern("ab?")).matcher(bytes);
    long[] mask = new long[5];
    accept(matcher, "a");
    matcher.fill(mask);
    assertArrayEquals(new long[] {0, 1L << 'b', 0, 0, 1}, mask);
    accept(matcher, "b");
    matcher.fill(mask);
    assertArrayEquals(new long[] {0, 0, 0, 0, 1}, mask);
    assertTrue(matcher.mustEnd());
    assertFalse(matcher.accept('b'), "nothing may follow");
    assertTrue(matcher.mayEnd(), "and nothing has changed");
  }

  @Test
  void whatGoesBackCanGoAnotherWay() {
    Matcher matcher = new ConstraintCompiler().compile(RECORD).matcher(bytes);
    accept(matcher, "{\"title\":\"abc");
    matcher.rollback(3);
    accept(matcher, "x\",\"effort\":\"low\"}");
    assertTrue(matcher.mustEnd());
  }

  @Test
  void forksDoNotSeeEachOther() {
    Matcher one = new ConstraintCompiler().compile(RECORD).matcher(bytes);
    accept(one, "{\"title\":\"a\",\"effort\":\"");
    List<Matcher> forks = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      forks.add(one.fork());
    }
    for (int i = 0; i < 20; i++) {
      accept(forks.get(i), i % 2 == 0 ? "low\"}" : "high\"}");
    }
    accept(one, "high\"");
    forks.forEach(fork -> assertTrue(fork.mustEnd()));
    assertFalse(one.mayEnd());
    forks.getFirst().rollback(5);
    accept(forks.getFirst(), "high\"}");
    assertTrue(forks.getFirst().mustEnd());
  }

  @Test
  void aListCanBeLedToItsEnd() {
    Constraint list =
        new Constraint.JsonSchema(
            Json.parse("{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"minItems\":2}"));
    Matcher matcher = new ConstraintCompiler().compile(list).matcher(bytes);
    long[] mask = new long[5];
    accept(matcher, "[true");
    matcher.fillLast(mask);
    assertTrue(has(mask, ','), "another item has to come");
    accept(matcher, ",true");
    matcher.fillLast(mask);
    assertFalse(has(mask, ','));
    assertTrue(has(mask, ']'));
  }

  private static boolean has(long[] mask, char value) {
    return (mask[value >> 6] >> value & 1) != 0;
  }

  @Test
  void whatMustComeIsForced() {
    Matcher matcher = new ConstraintCompiler().compile(RECORD).matcher(bytes);
    assertEquals("{\"title\":\"", forced(matcher));
    accept(matcher, "{\"title\":\"a\"");
    assertEquals(",\"effort\":\"", forced(matcher));
    accept(matcher, ",\"effort\":\"l");
    assertEquals("ow\"}", forced(matcher));
    accept(matcher, "ow\"}");
    assertEquals("", forced(matcher));
  }

  private static String forced(Matcher matcher) {
    return new String(matcher.forced(), StandardCharsets.UTF_8);
  }

  @Test
  void forcedTokensAreHeldBackWhereTheyMayStillJoin() {
    Matcher matcher = new ConstraintCompiler().compile(RECORD).matcher(bytes);
    int[] tokens = matcher.forcedTokens(new int[0], MatcherTest::each);
    assertEquals("{\"title\":\"".length() - 2, tokens.length);
    accept(matcher, "{\"title\":\"a\",\"effort\":\"l");
    assertArrayEquals(
        each("ow\"}"), matcher.forcedTokens(each("\"l"), MatcherTest::each), "it is complete");
    assertEquals(
        0,
        matcher.forcedTokens(new int[] {'x'}, text -> new int[] {'y', 'o', 'w'}).length,
        "the tokenizer would have written the text so far in another way");
  }

  private static int[] each(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return IntStream.range(0, bytes.length).map(i -> bytes[i] & 0xff).toArray();
  }

  @Test
  void whatIsCompiledIsRemembered() {
    ConstraintCompiler compiler = new ConstraintCompiler();
    assertSame(
        compiler.compile(new Constraint.Pattern("a+")),
        compiler.compile(new Constraint.Pattern("a+")));
  }

  @Test
  void manyThreadsFillMasksOfOneConstraint() throws Exception {
    CompiledConstraint constraint = new ConstraintCompiler().compile(RECORD);
    String text = "{\"title\":\"What to do on a rainy day\",\"effort\":\"high\"}";
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Integer>> sums = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        sums.add(threads.submit(() -> follow(constraint.matcher(bytes), text)));
      }
      int first = sums.getFirst().get();
      for (Future<Integer> sum : sums) {
        assertEquals(first, sum.get());
      }
    }
  }

  private static int follow(Matcher matcher, String text) {
    long[] mask = new long[5];
    int sum = 0;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      matcher.fill(mask);
      for (long word : mask) {
        sum = sum * 31 + Long.bitCount(word);
      }
      assertTrue(matcher.accept(b & 0xff));
    }
    return sum;
  }

  /// Of the tokens inside of a text that is certain only the tokenizer's own is left.
  @Test
  void certainTextIsWrittenInTheTokenizersTokens() {
    List<byte[]> tokens = new ArrayList<>();
    for (String token : List.of("\"", "low", "low\"", "lo", "l", "o", "w", "}")) {
      tokens.add(token.getBytes(StandardCharsets.UTF_8));
    }
    MaskCache words = new MaskCache(new Vocabulary(tokens.toArray(byte[][]::new)));
    Matcher matcher =
        new ConstraintCompiler().compile(new Constraint.Text("\"low\"}")).matcher(words);
    assertTrue(matcher.accept(0));
    long[] mask = new long[1];
    matcher.fill(mask);
    assertEquals(0b11110, mask[0], "low, low\", lo, l");
    matcher.leaveUsual(mask, new int[] {0}, _ -> new int[] {0, 1, 0, 7});
    assertEquals(0b00010, mask[0] & 0b11010, "the pieces are gone");
    matcher.fill(mask);
    matcher.leaveUsual(mask, new int[] {0}, _ -> new int[] {3, 6});
    assertEquals(0b11110, mask[0], "the text so far has other tokens");
  }

  /// A form and a length of the same characters are told apart.
  @Test
  void onlyLengthsAreWithoutLimits() {
    Matcher matcher =
        new ConstraintCompiler()
            .compile(new Constraint.Pattern("[A-Z]{2,3}-[A-Z]{1,40}"))
            .matcher(bytes);
    accept(matcher, "USA");
    long[] mask = new long[5];
    matcher.fillUnlimited(mask);
    assertArrayEquals(new long[] {1L << '-', 0, 0, 0, 0}, mask);
    assertFalse(matcher.isNearLimit(48));
    accept(matcher, "-" + "X".repeat(40));
    assertTrue(matcher.isNearLimit(0));
    matcher.fillUnlimited(mask);
    assertTrue((mask[1] >> ('X' - 64) & 1) != 0);
  }

  /// Where no other item may follow, the texts of items are as they were.
  @Test
  void commasInStringsAreText() {
    Constraint list =
        new Constraint.JsonSchema(
            Json.parse("{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"), JsonStyle.COMPACT);
    Matcher matcher = new ConstraintCompiler().compile(list).matcher(bytes);
    long[] mask = new long[5];
    accept(matcher, "[\"x");
    matcher.fillLast(mask);
    assertTrue((mask[0] >> ',' & 1) != 0);
    accept(matcher, "\"");
    matcher.fillLast(mask);
    assertFalse((mask[0] >> ',' & 1) != 0);
  }
}
