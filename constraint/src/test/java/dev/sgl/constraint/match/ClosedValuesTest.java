package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Values that are closed in the middle: what is written behind them, in each layout.
class ClosedValuesTest {
  private static final MaskCache BYTES = new MaskCache(new Vocabulary(new byte[][] {{'a'}}));

  private static String end(Constraint constraint, String begun) {
    Matcher matcher = new ConstraintCompiler().compile(constraint).matcher(BYTES);
    if (!begun.isEmpty()) {
      assertEquals(true, matcher.accept(begun.getBytes(StandardCharsets.UTF_8)), begun);
    }
    String end = new String(matcher.shortestEnd(), StandardCharsets.UTF_8);
    assertEquals(end.getBytes(StandardCharsets.UTF_8).length, matcher.shortestEndLength());
    if (!end.isEmpty()) {
      assertEquals(true, matcher.accept(end.getBytes(StandardCharsets.UTF_8)), end);
    }
    assertEquals(true, matcher.mayEnd(), begun + end);
    return end;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{\"type\":\"string\",\"minLength\":3}},\"required\":[\"a\",\"b\"]} | {\"a\":{\"x\":[1,{\"y\":\"z | \"}]},\"b\":\"   \"}",
        "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":4} | [7 | ,0,0,0]",
        "{\"$ref\":\"#/$defs/t\",\"$defs\":{\"t\":{\"properties\":{\"n\":{\"$ref\":\"#/$defs/t\"}},\"required\":[\"v\"],\"type\":\"object\",\"additionalProperties\":{\"type\":\"null\"}}}} | {\"n\":{ | \"v\":null},\"v\":null}",
        "{\"enum\":[\"long one\",{\"k\":[12,34]}]} | {\"k | \":[12,34]}",
        "{\"type\":\"number\"} | -1. | 0",
        "true | [[[[[[[[[[[[[[[[[[[[[[[[[[ | ]]]]]]]]]]]]]]]]]]]]]]]]]]",
      })
  void valuesAreClosed(String schema, String begun, String end) {
    for (JsonStyle style : new JsonStyle[] {JsonStyle.COMPACT, JsonStyle.FREE}) {
      assertEquals(end, end(new Constraint.JsonSchema(Json.parse(schema), style), begun));
    }
  }

  @Test
  void otherTextsAreClosed() {
    assertEquals("   ", end(new Constraint.Length(5, 9), "ab"));
    assertEquals("", end(new Constraint.Pattern("[a-z]+( [a-z]+)*"), "ab cd"));
    assertEquals("))", end(new Constraint.Grammar("root ::= \"(\" root \")\" | [a-z]+"), "((x"));
  }
}
