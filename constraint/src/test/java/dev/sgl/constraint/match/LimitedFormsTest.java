package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Strings of a form that have a limit on their length besides, or look ahead: every walk comes to
/// an end that Java's own regular expressions accept, and what they accept is in the masks.
class LimitedFormsTest {
  private static final int WALKS = 3;
  private static final int[] LIMITS = {6, 23, 24, 25, 40, 200};

  private static final MaskCache CACHE = new MaskCache(new Vocabulary(tokens()), 0);

  /// One end, single bytes, and tokens of many characters.
  private static byte[][] tokens() {
    Stream<String> pieces =
        Stream.of("aaaaaaaa", "a".repeat(30), "a a a ", "a ".repeat(20), " ".repeat(25), "a@a.")
            .flatMap(piece -> Stream.of(piece, piece + "\"", "\"" + piece));
    List<byte[]> tokens = new ArrayList<>(List.of(new byte[0]));
    IntStream.range(0, 256).forEach(i -> tokens.add(new byte[] {(byte) i}));
    Stream.concat(
            pieces, Stream.of("日本", "é\"", "日".repeat(26), "\\n", "n\"", "\\u00", "B1", "1aB"))
        .forEach(piece -> tokens.add(piece.getBytes(StandardCharsets.UTF_8)));
    return tokens.toArray(byte[][]::new);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "^[a-z]+@[a-z]+\\.[a-z]+$",
        "^(?:\\S+ ){0,9}\\S+$",
        "^(?:\\S+\\s+){0,49}\\S+$",
        "^$|^(?:a{1,9} ){0,20}b$",
        "^(?:[a-z]{1,20}\\.){0,12}z$",
        "b\\.uk",
        "\\S",
        "日",
        "^[^<>]*$",
        "^(?=.*[A-Z])(?=.*[0-9]).*$",
        "^(?!.*aa)[a-z]*$",
        "^(?!a$|aa$)a+$",
        "^a(?!b)[a-c]*$",
        "^(?:a(?!b)|b(?=a))[a-c]*$",
        "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"
      })
  void whatIsWrittenHasTheFormAndTheLength(String pattern) {
    SplittableRandom random = new SplittableRandom(pattern.hashCode());
    ConstraintCompiler compiler = new ConstraintCompiler();
    Pattern form = Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS);
    for (int limit : LIMITS) {
      for (int least : new int[] {0, 3}) {
        CompiledConstraint limited = compiler.compile(schema(pattern, least, limit));
        CompiledConstraint free = compiler.compile(schema(pattern, least, 2 * limit));
        for (int walk = 0; walk < WALKS; walk++) {
          List<Integer> tokens = walk(limited.matcher(CACHE), random, limit);
          String value = Json.parse(text(tokens)).asText();
          int length = value.codePointCount(0, value.length());
          assertTrue(form.matcher(value).find(), value);
          assertTrue(length >= least && length <= limit, () -> limit + ": " + value);
          List<Integer> other = walk(free.matcher(CACHE), random, limit);
          String longer = Json.parse(text(other)).asText();
          if (longer.codePointCount(0, longer.length()) <= limit) {
            follow(limited.matcher(CACHE), other);
          }
        }
      }
    }
  }

  /// Forms that differ in their bounds alone, or in whether there are any, do not get each other's
  /// masks where they allow other tokens; nor do places of one form that need more or less to come.
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "^(?:ab?)*$ ^(?:ab?){0,9}$ 0",
        "^(?:(?:ab?){0,40}x|(?:cd?)*y)$ ^(?:(?:ab?){0,40}x|(?:cd?){0,9}y)$ 0",
        "^(?:(?:ab?){0,7}x|(?:ab?){0,40}y)$ ^(?:(?:ab?){0,7}x|(?:ab?){0,9}y)$ 0",
        "^(?:ab?c?d?){0,20}$ ^(?:ab?c?d?){0,20}$ 66"
      })
  void formsThatDifferHaveMasksOfTheirOwn(String one, String other, int least) {
    ConstraintCompiler compiler = new ConstraintCompiler();
    SplittableRandom random = new SplittableRandom(19_026);
    for (int i = 0; i < WALKS * LIMITS.length; i++) {
      for (String pattern : List.of(one, other, one)) {
        List<Integer> tokens =
            walk(compiler.compile(schema(pattern, least, 200)).matcher(CACHE), random, 100);
        String value = Json.parse(text(tokens)).asText();
        assertTrue(Pattern.matches(pattern, value) && value.length() >= least, value);
      }
    }
  }

  /// The rest of a form is no rest of a character.
  @Test
  void whatIsOptionalBeforeALimitedRunCountsForItself() {
    String schema =
        """
        {"type": "string", "allOf": [
          {"pattern": "^[km](?:ab)?[a-z]{0,30}$"}, {"pattern": "^(?:k(?:cd){15}c|mx)$"}]}""";
    Matcher matcher =
        new ConstraintCompiler()
            .compile(new Constraint.JsonSchema(Json.parse(schema), JsonStyle.COMPACT))
            .matcher(CACHE);
    assertEquals("\"mx\"", new String(matcher.forced(), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"^foo\\b(?!bar)[a-z ]*$", "\\bfoo\\b(?! bar)", "^a$(?!c)b?"})
  void whatLooksAheadBesideAnAssertionIsRefused(String pattern) {
    assertThrows(
        ConstraintException.class, () -> new ConstraintCompiler().compile(schema(pattern, 0, 100)));
  }

  private static Constraint schema(String pattern, int least, int limit) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "string");
    schema.put("pattern", pattern).put("minLength", least).put("maxLength", limit);
    return new Constraint.JsonSchema(schema, JsonStyle.COMPACT);
  }

  /// Takes any of the allowed tokens until the text ends; after many, those that end it soon.
  private static List<Integer> walk(Matcher matcher, SplittableRandom random, int limit) {
    List<Integer> taken = new ArrayList<>();
    long[] mask = new long[CACHE.vocabulary().words()];
    while (true) {
      matcher.fill(mask);
      List<Integer> allowed = new ArrayList<>();
      for (int token = 0; token < CACHE.vocabulary().size(); token++) {
        if ((mask[token >>> 6] >>> token & 1) != 0) {
          allowed.add(token);
        }
      }
      assertTrue(!allowed.isEmpty(), () -> "nothing may follow " + text(taken));
      byte[] end = matcher.shortestEnd();
      boolean ends = taken.size() > random.nextInt(limit);
      int token = allowed.get(random.nextInt(allowed.size()));
      if (matcher.mustEnd() || CACHE.isEnd(token) || ends && end.length == 0) {
        return taken;
      }
      if (ends) {
        token = 1 + (end[0] & 0xff);
      }
      taken.add(token);
      assertTrue(matcher.accept(token), () -> "refused: " + text(taken));
    }
  }

  /// Follows `tokens`, each of which must be in its mask.
  private static void follow(Matcher matcher, List<Integer> tokens) {
    long[] mask = new long[CACHE.vocabulary().words()];
    for (int token : tokens) {
      matcher.fill(mask);
      assertTrue((mask[token >>> 6] >>> token & 1) != 0, () -> token + " of " + text(tokens));
      assertTrue(matcher.accept(token), () -> token + " of " + text(tokens));
    }
    assertTrue(matcher.mayEnd(), () -> text(tokens));
  }

  private static String text(List<Integer> tokens) {
    StringBuilder bytes = new StringBuilder();
    for (int token : tokens) {
      for (byte b : CACHE.vocabulary().bytes(token)) {
        bytes.append((char) (b & 0xff));
      }
    }
    return new String(
        bytes.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
