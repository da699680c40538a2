package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Constraints that are made to cost much: compiling and each mask end in little time, with an
/// error if need be.
class HostileTest {
  private static final MaskCache BYTES =
      new MaskCache(
          new Vocabulary(
              IntStream.range(0, 256).mapToObj(i -> new byte[] {(byte) i}).toArray(byte[][]::new)));

  /// Many times what is allowed: it is to tell what never ends, on a machine that may be busy.
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static Constraint pattern(String regex) {
    return new Constraint.Pattern(regex);
  }

  private static Constraint schema(String text) {
    return new Constraint.JsonSchema(Json.parse(text));
  }

  private static String numbered(int count, String format, String separator) {
    return IntStream.range(0, count)
        .mapToObj(i -> format.replace("#", "" + i))
        .collect(Collectors.joining(separator));
  }

  static Stream<Constraint> hostile() {
    String nested = "{\"allOf\":[".repeat(400) + "true" + "]}".repeat(400);
    String names = numbered(18, "{\"required\":[\"p#\"]}", ",");
    String overlapping = numbered(24, "{\"properties\":{\"a\":{\"pattern\":\"x{#}y*\"}}}", ",");
    String fans =
        numbered(
            60,
            "\"d#\":{\"anyOf\":[{\"items\":{\"$ref\":\"#/$defs/d@\"}},{\"not\":{\"$ref\":\"#/$defs/d@\"}}]}",
            ",");
    for (int i = 0; i < 60; i++) {
      fans = fans.replaceFirst("d@", "d" + (i + 1) % 60).replaceFirst("d@", "d" + (i + 1) % 60);
    }
    return Stream.of(
        pattern("((a*)*)*b"),
        pattern("(a|b)*a(a|b){5000}"),
        pattern("((a{0,300}){0,300}){0,300}"),
        pattern("(".repeat(20_000) + "a" + ")".repeat(20_000)),
        pattern("(a?){1000}(a?){1000}a{1000}"),
        pattern("(\\b\\w+\\b|^$){40}"),
        pattern("(.*a.*b.*c|.*d.*e.*f|.*g.*h.*i){9}"),
        schema("{\"oneOf\":[" + names + "]}"),
        schema("{\"oneOf\":[" + overlapping + "]}"),
        schema("{\"allOf\":[" + overlapping + "]}"),
        schema(nested),
        schema("{\"type\":\"array\",\"minItems\":100000000,\"items\":{\"const\":1}}"),
        schema("{\"type\":\"object\",\"minProperties\":100000}"),
        schema(
            "{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":5000,\"items\":{\"type\":\"integer\"}}"),
        schema("{\"type\":\"string\",\"minLength\":1000000,\"pattern\":\"^(a|b)*a(a|b){300}$\"}"),
        schema("{\"multipleOf\":1e-18,\"not\":{\"multipleOf\":0.000123457}}"),
        schema("{\"minimum\":1e300,\"multipleOf\":1234567}"),
        schema(
            "{\"patternProperties\":{"
                + numbered(40, "\"a#|b*c\":true", ",")
                + "},\"additionalProperties\":{\"type\":\"null\"}}"),
        schema("{\"$defs\":{" + fans + "},\"$ref\":\"#/$defs/d0\"}"),
        schema("{\"enum\":[" + numbered(20_000, "\"value number #\"", ",") + "]}"),
        new Constraint.Grammar("root ::= root root | \"a\" | root root root | \"\""),
        new Constraint.Grammar("root ::= x{0,9999} root?\nx ::= \"a\"{0,9999} | root \"b\""),
        new Constraint.Grammar(
            numbered(26, "r# ::= q# q#\nq# ::= r@ | \"a\"", "\n")
                    .lines()
                    .map(line -> line.replaceFirst("@", next(line)))
                    .collect(Collectors.joining("\n"))
                + "\nr26 ::= \"b\"\nroot ::= r0"));
  }

  private static String next(String line) {
    String digits = line.replaceFirst("^.(\\d+).*", "$1");
    return digits.equals(line) ? "" : "" + (Integer.parseInt(digits) + 1);
  }

  /// What is too long to be followed is refused before it is read.
  @ParameterizedTest
  @ValueSource(strings = {"pattern", "grammar", "const", "schema pattern", "text"})
  void whatIsTooLongIsRefusedAtOnce(String kind) {
    String text = "a".repeat(8_000_000);
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    Constraint constraint =
        switch (kind) {
          case "pattern" -> pattern(text);
          case "grammar" -> new Constraint.Grammar("root ::= \"" + text + "\"");
          case "const" -> new Constraint.JsonSchema(schema.put("const", text));
          case "schema pattern" -> new Constraint.JsonSchema(schema.put("pattern", text));
          default -> new Constraint.Text(text);
        };
    ConstraintException refused =
        assertThrows(ConstraintException.class, () -> new ConstraintCompiler().compile(constraint));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains("too long") || message.contains("too many states"), message);
    assertTrue(message.length() < 200, message);
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void endsInTime(Constraint constraint) {
    try {
      Matcher matcher =
          assertTimeoutPreemptively(
              LIMIT, () -> new ConstraintCompiler().compile(constraint).matcher(BYTES));
      long[] mask = new long[4];
      for (int step = 0; step < 40; step++) {
        assertTimeoutPreemptively(LIMIT, () -> matcher.fill(mask));
        int token = first(mask);
        if (token < 0) {
          assertTrue(matcher.mayEnd(), "nothing may follow");
          break;
        }
        assertTrue(matcher.accept(token));
      }
    } catch (ConstraintException e) {
      assertTrue(String.valueOf(e.getMessage()).length() > 10);
    }
  }

  /// Arrays of unique items, nested in each other, once took all memory where the shortest end was
  /// looked for.
  @Test
  void uniqueItemsInsideOfUniqueItemsEndOrAreRefused() {
    String schema =
        """
        {"$defs": {"A": {"oneOf": [
          {"type": "array", "items": {"$ref": "#/$defs/A"}, "maxItems": 3, "minItems": 1,
            "uniqueItems": true},
          {"type": "object", "properties": {
            "a": {"oneOf": [{"$ref": "#/$defs/A"}, {"type": "string", "maxLength": 2}]},
            "b": {"$ref": "#/$defs/A"}},
            "additionalProperties": {"$ref": "#/$defs/A"}, "maxProperties": 3,
            "required": ["a"]}]}},
          "$ref": "#/$defs/A"}""";
    SplittableRandom random = new SplittableRandom(3);
    int ended = 0;
    for (int walk = 0; walk < 40; walk++) {
      Matcher matcher = new ConstraintCompiler().compile(schema(schema)).matcher(Walks.BYTES);
      try {
        Walks.walk(matcher, random, Json.parse(schema));
        ended++;
      } catch (ConstraintException e) {
        assertTrue(String.valueOf(e.getMessage()).contains("too complex"), e.getMessage());
      }
    }
    assertTrue(ended > 0, "some end");
  }

  private static int first(long[] mask) {
    for (int i = 0; i < 256; i++) {
      if ((mask[i >> 6] >>> i & 1) != 0) {
        return i;
      }
    }
    return -1;
  }
}
