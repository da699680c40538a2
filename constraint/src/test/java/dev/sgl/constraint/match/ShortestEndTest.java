package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The shortest way to an end, from wherever a text was left.
class ShortestEndTest {
  private static final MaskCache BYTES =
      new MaskCache(
          new Vocabulary(
              IntStream.range(0, 256).mapToObj(i -> new byte[] {(byte) i}).toArray(byte[][]::new)));

  private static final String PERSON =
      "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":3},\"age\":{\"type\":\"integer\",\"minimum\":10},\"tags\":{\"type\":\"array\",\"items\":{\"enum\":[\"long one\",\"b\"]},\"minItems\":2}},\"required\":[\"name\",\"age\",\"tags\"],\"additionalProperties\":false}";

  private static String end(Constraint constraint, String so) {
    CompiledConstraint compiled = new ConstraintCompiler().compile(constraint);
    Matcher matcher = compiled.matcher(BYTES);
    byte[] bytes = so.getBytes(StandardCharsets.UTF_8);
    assertTrue(bytes.length == 0 || matcher.accept(bytes));
    String end = new String(matcher.shortestEnd(), StandardCharsets.UTF_8);
    assertTrue(compiled.matches(so + end), so + "|" + end);
    return end;
  }

  @Test
  void closesWhatIsOpenWithAsLittleAsItMay() {
    Constraint person = new Constraint.JsonSchema(Json.parse(PERSON));
    assertEquals(
        "{\"name\":\"   \",\"age\":10,\"tags\":[\"b\",\"b\"]}".length(), end(person, "").length());
    assertEquals(
        "a\",\"age\":10,\"tags\":[\"b\",\"b\"]}".length(), end(person, "{\"name\":\"An").length());
    assertEquals(",\"tags\":[\"b\",\"b\"]}", end(person, "{\"name\":\"Anna\",\"age\":41"));
    assertEquals("ng one\",\"b\"]}", end(person, "{\"name\":\"Anna\",\"age\":41,\"tags\":[\"lo"));
    assertEquals("", end(person, "{\"name\":\"Anna\",\"age\":41,\"tags\":[\"b\",\"b\"]}"));
  }

  @Test
  void isTheShortestOfAll() {
    for (String regex : List.of("(ab|cde)*x{2}", "a{3,9}b?", "(xyz|xy|[0-9]{7})+!", "é+|ab{4}")) {
      Constraint pattern = new Constraint.Pattern(regex);
      assertEquals(
          shortest(regex), end(pattern, "").getBytes(StandardCharsets.UTF_8).length, regex);
    }
  }

  private static int shortest(String regex) {
    return switch (regex) {
      case "(ab|cde)*x{2}" -> 2;
      case "a{3,9}b?" -> 3;
      case "(xyz|xy|[0-9]{7})+!" -> 3;
      default -> 2;
    };
  }
}
