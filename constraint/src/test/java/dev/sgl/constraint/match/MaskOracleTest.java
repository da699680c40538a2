package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The mask against its plain twin: trying every token.
class MaskOracleTest {
  private static final int PAIRS = 2_000;
  private static final List<String> PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          "\"",
          ",",
          ":",
          "\",",
          "\":",
          "\",\"",
          "{\"",
          "\"}",
          "\"]",
          "[\"",
          "[[",
          "]]",
          "}}",
          ",\"",
          "a",
          "b",
          "c",
          "ab",
          "abc",
          "\"a",
          "\"a\"",
          "\"a\":",
          "a\":",
          "a\",\"b",
          "b\":1",
          "1",
          "2",
          "12",
          "0",
          "-",
          ".",
          "5",
          ".5",
          "e",
          "1,",
          "2]",
          "true",
          "false",
          "null",
          "tr",
          "ue",
          "nu",
          "é",
          "日",
          "日本",
          "\\",
          "\\n",
          "n\"",
          "\\\"",
          " ",
          "  ",
          "\n",
          "x",
          "y",
          "xy",
          "(",
          ")",
          "+",
          "*",
          "(a",
          "+b",
          "))",
          "aaaaaaaa",
          "bbbb",
          "b\"}",
          "1}",
          "[1",
          "2,1",
          "\"b\":[",
          "]}",
          "},{",
          "\"c\":",
          "c\":\"",
          "z",
          "zz\",\"z");

  private final Vocabulary vocabulary = new Vocabulary(tokens());
  private final MaskCache cache = new MaskCache(vocabulary, 0, 1);
  private final ConstraintCompiler compiler = new ConstraintCompiler();

  /// Two ends, all single bytes, the pieces, and two of them twice.
  private static byte[][] tokens() {
    List<byte[]> tokens = new ArrayList<>(List.of(new byte[0], new byte[0]));
    IntStream.range(0, 256).forEach(i -> tokens.add(new byte[] {(byte) i}));
    PIECES.forEach(p -> tokens.add(p.getBytes(StandardCharsets.UTF_8)));
    tokens.add("ab".getBytes(StandardCharsets.UTF_8));
    tokens.add("\",\"".getBytes(StandardCharsets.UTF_8));
    return tokens.toArray(byte[][]::new);
  }

  @Test
  void theMaskIsWhatTryingEveryTokenGives() {
    SplittableRandom random = new SplittableRandom(20_261_122);
    int over = 0;
    int under = 0;
    int pairs = 0;
    int constraints = 0;
    while (pairs < PAIRS) {
      Constraint constraint = random(random);
      CompiledConstraint compiled;
      try {
        compiled = compiler.compile(constraint);
      } catch (ConstraintException e) {
        continue; // has no text, or repeats what is unique
      }
      constraints++;
      Matcher matcher = compiled.matcher(cache);
      long[] mask = new long[vocabulary.words()];
      for (int step = 0; step < 12; step++) {
        matcher.fill(mask);
        pairs++;
        List<Integer> allowed = new ArrayList<>();
        for (int token = 0; token < vocabulary.size(); token++) {
          boolean inMask = (mask[token >>> 6] >>> token & 1) != 0;
          boolean inTruth = cache.isEnd(token) ? matcher.mayEnd() : matcher.fork().accept(token);
          over += inMask && !inTruth ? 1 : 0;
          under += inTruth && !inMask ? 1 : 0;
          if (inMask != inTruth) {
            System.out.println(
                constraint
                    + " step "
                    + step
                    + " token "
                    + token
                    + " '"
                    + new String(vocabulary.bytes(token), StandardCharsets.UTF_8)
                    + "' mask "
                    + inMask);
          }
          if (inTruth && !cache.isEnd(token)) {
            allowed.add(token);
          }
        }
        assertTrue(!allowed.isEmpty() || matcher.mayEnd(), "nothing may follow: " + constraint);
        checkUnlimited(matcher, mask);
        if (allowed.isEmpty()) {
          break;
        }
        matcher.accept(allowed.get(random.nextInt(allowed.size())));
      }
    }
    System.out.println("mask oracle: " + pairs + " masks of " + constraints + " constraints");
    assertEquals(0, over, "allowed, but leads nowhere");
    assertEquals(0, under, "not allowed, but leads on");
  }

  /// A mask without limits of length has at least the tokens of the exact one, and of each other
  /// token the part that is kept by the cut is allowed.
  private void checkUnlimited(Matcher matcher, long[] exact) {
    long[] unlimited = new long[exact.length];
    matcher.fillUnlimited(unlimited);
    for (int token = 0; token < vocabulary.size(); token++) {
      boolean isExact = (exact[token >>> 6] >>> token & 1) != 0;
      boolean isAllowed = (unlimited[token >>> 6] >>> token & 1) != 0;
      assertTrue(isAllowed || !isExact, "token " + token + " is missing without limits");
      if (isAllowed && !isExact) {
        byte[] kept =
            matcher.cut(new int[0], new double[0], 0, vocabulary.bytes(token), true).kept();
        assertTrue(kept.length == 0 || matcher.fork().accept(kept));
      }
    }
  }

  private static Constraint random(RandomGenerator random) {
    return switch (random.nextInt(10)) {
      case 0, 1 -> new Constraint.Pattern(pattern(random, 3));
      case 2 -> new Constraint.Grammar(grammar(random));
      case 3 ->
          new Constraint.OneOf(
              List.of(
                  new Constraint.Text(pick(random, "abc", "ab", "日本")),
                  new Constraint.Length(random.nextInt(3), 3 + random.nextInt(20)),
                  new Constraint.IntRange(-random.nextInt(50), random.nextInt(500))));
      default -> {
        JsonStyle style =
            switch (random.nextInt(4)) {
              case 0 -> JsonStyle.SPACED;
              case 1 -> JsonStyle.FREE;
              case 2 -> JsonStyle.ANY_ORDER;
              default -> JsonStyle.COMPACT;
            };
        Constraint value = new Constraint.JsonSchema(Json.parse(schema(random, 3)), style);
        yield random.nextInt(5) == 0 ? new Constraint.Followed(value, "}") : value;
      }
    };
  }

  private static String pattern(RandomGenerator random, int depth) {
    if (depth == 0) {
      return pick(random, "a", "b", "[abc]", "[^a]", ".", "日", "\\d", "ab");
    }
    String one = pattern(random, depth - 1);
    return switch (random.nextInt(6)) {
      case 0 -> "(" + one + "|" + pattern(random, depth - 1) + ")";
      case 1 -> "(" + one + "){" + random.nextInt(3) + "," + (3 + random.nextInt(9)) + "}";
      case 2 -> "(" + one + ")*";
      case 3 -> "(" + one + ")?" + pattern(random, depth - 1);
      case 4 -> "^" + one + "$";
      default -> one + pattern(random, depth - 1);
    };
  }

  private static String grammar(RandomGenerator random) {
    return pick(
        random,
        "root ::= root \"+\" term | term\nterm ::= \"a\" | \"(\" root \")\" | [xy]+",
        "root ::= \"a\" root \"b\" | \"\" | root root",
        "root ::= left\nleft ::= right \"a\" | \"x\"\nright ::= left \"b\" | \"y\" | left",
        "root ::= list\nlist ::= \"[\" (item (\",\" item)*)? \"]\"\nitem ::= list | [12]{1,3}",
        "root ::= opt root opt | \"c\"\nopt ::= [ab]?");
  }

  private static String schema(RandomGenerator random, int depth) {
    int kinds = depth == 0 ? 7 : 13;
    String a = depth == 0 ? "" : schema(random, depth - 1);
    String b = depth == 0 ? "" : schema(random, depth - 1);
    return switch (random.nextInt(kinds)) {
      case 0 -> "{\"type\":\"string\",\"maxLength\":" + random.nextInt(12) + "}";
      case 1 -> "{\"enum\":[\"a\",\"ab\",1,12,null,true,[\"a\"]]}";
      case 2 -> "{\"type\":\"integer\",\"minimum\":-3,\"maximum\":" + random.nextInt(300) + "}";
      case 3 -> "{\"type\":\"number\",\"multipleOf\":0.5,\"exclusiveMaximum\":12}";
      case 4 ->
          "{\"type\":\"string\",\"pattern\":\"" + pick(random, "^a", "b$", "[xy]", "^ab*$") + "\"}";
      case 5 -> pick(random, "true", "{\"type\":[\"null\",\"boolean\",\"number\"]}");
      case 6 -> "{\"type\":\"string\",\"not\":{\"enum\":[\"a\",\"ab\",\"日\"]}}";
      case 7 ->
          "{\"type\":\"object\",\"properties\":{\"a\":%s,\"b\":%s},\"required\":[\"%s\"]%s}"
              .formatted(
                  a,
                  b,
                  pick(random, "a", "b", "c"),
                  pick(
                      random,
                      "",
                      ",\"additionalProperties\":false",
                      ",\"maxProperties\":2",
                      ",\"minProperties\":2",
                      ",\"propertyNames\":{\"maxLength\":2}"));
      case 8 ->
          "{\"type\":\"array\",\"items\":%s,\"minItems\":%d,\"maxItems\":%d}"
              .formatted(a, random.nextInt(2), 2 + random.nextInt(3));
      case 9 -> "{\"%s\":[%s,%s]}".formatted(pick(random, "anyOf", "oneOf", "allOf"), a, b);
      case 10 -> "{\"type\":\"array\",\"prefixItems\":[%s],\"contains\":%s}".formatted(a, b);
      case 11 ->
          "{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"boolean\"],\"maxLength\":3},"
              + "\"uniqueItems\":true,\"minItems\":1}";
      default ->
          "{\"type\":\"object\",\"patternProperties\":{\"^a\":%s},\"additionalProperties\":%s}"
              .formatted(a, b);
    };
  }

  private static String pick(RandomGenerator random, String... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
