package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.testing.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a schema lets be written, beyond what the official suite asks.
class JsonSchemaTest {
  private static CompiledConstraint compile(String schema, JsonStyle style) {
    return new ConstraintCompiler().compile(new Constraint.JsonSchema(Json.parse(schema), style));
  }

  private static void check(String schema, List<String> good, List<String> bad) {
    CompiledConstraint constraint = compile(schema, JsonStyle.COMPACT);
    good.forEach(text -> assertTrue(constraint.matches(text), text));
    bad.forEach(text -> assertEquals(false, constraint.matches(text), text));
  }

  @Test
  void aNameComesOnce() {
    check(
        "{\"type\":\"object\",\"minProperties\":2}",
        List.of("{\"x\":1,\"y\":2}", "{\"a\":[],\"b\":{},\"c\":\"\"}"),
        List.of("{\"x\":1,\"x\":2}", "{\"x\":1}"));
    check(
        "{\"type\":\"object\",\"patternProperties\":{\"^[ab]$\":{\"type\":\"integer\"}},"
            + "\"additionalProperties\":false,\"minProperties\":2}",
        List.of("{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}"),
        List.of("{\"a\":1}", "{\"a\":1,\"a\":2}"));
  }

  @Test
  void propertiesComeInTheOrderOfTheSchemaThenThoseRequiredThenOthers() {
    check(
        "{\"properties\":{\"b\":{},\"a\":{}},\"required\":[\"c\"],\"type\":\"object\"}",
        List.of("{\"b\":1,\"a\":2,\"c\":3,\"d\":4}", "{\"a\":2,\"c\":3}", "{\"c\":3}"),
        List.of("{\"a\":2,\"b\":1,\"c\":3}", "{\"d\":4,\"c\":3}", "{\"b\":1}"));
  }

  @Test
  void numbersAndTextsAreWrittenInTheUsualWay() {
    check(
        "{\"enum\":[\"a\\u0001b\",\"é/\",1.50,10,[1,{\"x\":null}]]}",
        List.of("\"a\\u0001b\"", "\"é/\"", "1.5", "10", "[1,{\"x\":null}]"),
        List.of("\"\\u00e9/\"", "\"é\\/\"", "1.50", "10.0", "1e1", "[1, {\"x\":null}]"));
    check(
        "{\"type\":\"integer\",\"minimum\":-10,\"maximum\":10}",
        List.of("-10", "0", "10"),
        List.of("-11", "11", "-0", "1.0", "05", "1e0"));
    check(
        "{\"type\":\"number\",\"minimum\":-1.5,\"exclusiveMaximum\":2.25}",
        List.of("-1.5", "-1.50", "2.249", "-0.5", "0", "2.0"),
        List.of("-1.51", "2.25", "2.3", "10", "1e0"));
  }

  @Test
  void uniqueItemsLeaveRoomForThoseThatMustFollow() {
    check(
        "{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":2,"
            + "\"prefixItems\":[{\"enum\":[1,2]},{\"enum\":[1]}],\"items\":{\"type\":\"integer\"}}",
        List.of("[2,1]", "[2,1,3]"),
        List.of("[1,1]", "[1,2]", "[2,1,2]", "[1"));
    check(
        "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"uniqueItems\":true}",
        List.of("[1,2]", "[0,1.5]"),
        List.of("[1,1.0]", "[1,1e0]", "[0,-0]", "[1e2,1e2]"));
  }

  @Test
  void arraysAndObjectsAreUniqueByTheirValues() {
    check(
        "{\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"object\",\"properties\":"
            + "{\"a\":{\"type\":\"number\"},\"b\":{\"type\":\"string\"}}}}",
        List.of(
            "[{\"a\":1,\"b\":\"x\"},{\"a\":1,\"b\":\"y\"},{\"a\":1},{\"b\":\"x\"},{}]",
            "[{\"a\":1,\"c\":[]},{\"a\":1,\"c\":[0]}]"),
        List.of(
            "[{\"a\":1,\"b\":\"x\"},{\"a\":1,\"b\":\"x\"}]",
            "[{},{\"a\":1},{}]",
            "[{\"a\":1},{\"a\":1.0}]",
            "[{\"c\":1,\"d\":2},{\"d\":2,\"c\":1}]"));
    check(
        "{\"type\":\"array\",\"uniqueItems\":true}",
        List.of("[[],[[]],{},0,\"0\",[0],[\"0\"],null,false]", "[[1,2],[2,1]]"),
        List.of("[[],[]]", "[[1,[2]],0,[1,[2]]]", "[[1],[1e0]]", "[null,null]"));
    check(
        "{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":3,\"items\":{\"type\":\"object\","
            + "\"required\":[\"id\"],\"properties\":{\"id\":{\"enum\":[1,2,3]},\"on\":{\"const\":true}}}}",
        List.of(
            "[{\"id\":1},{\"id\":2},{\"id\":3}]", "[{\"id\":1},{\"id\":1,\"on\":true},{\"id\":3}]"),
        List.of("[{\"id\":1},{\"id\":2}]", "[{\"id\":1},{\"id\":2},{\"id\":1}]"));
  }

  @Test
  void boundsOfBothKindsHoldBesideEachOther() {
    check(
        "{\"type\":\"number\",\"minimum\":0,\"exclusiveMinimum\":-5}",
        List.of("0", "0.1"),
        List.of("-1", "-5"));
  }

  @Test
  void longWordsTellChoicesApart() {
    String word = "xa".repeat(20_000);
    String choice =
        "{\"type\":\"object\",\"required\":[\"k\"],\"properties\":{\"k\":{\"const\":\"%s\"}}}";
    check(
        "{\"oneOf\":[" + choice.formatted(word) + "," + choice.formatted("b") + "]}",
        List.of("{\"k\":\"" + word + "\"}", "{\"k\":\"b\"}"),
        List.of("{\"k\":\"" + word + "b\"}", "{\"k\":\"xa\"}"));
  }

  @Test
  void largeObjectsAreNotDear() {
    StringBuilder properties = new StringBuilder();
    StringBuilder required = new StringBuilder();
    StringBuilder backwards = new StringBuilder();
    for (int i = 0; i < 600; i++) {
      String comma = i == 0 ? "" : ",";
      properties.append(comma).append("\"p" + i + "\":{\"type\":\"integer\"}");
      required.append(comma).append("\"p" + i + "\"");
      backwards.insert(0, "\"p" + i + "\":" + i + comma);
    }
    String schema =
        "{\"type\":\"object\",\"properties\":{" + properties + "},\"required\":[" + required + "]}";
    assertTrue(compile(schema, JsonStyle.ANY_ORDER).matches("{" + backwards + "}"));
    assertEquals(false, compile(schema, JsonStyle.COMPACT).matches("{\"p0\":0}"));
  }

  @Test
  void whatIsUsedForLongIsForgotten() {
    Constraint constraint =
        new Constraint.JsonSchema(
            Json.parse("{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}"));
    ConstraintCompiler compiler = new ConstraintCompiler();
    for (int i = 0; i < 2_000; i++) {
      String text = "{\"a" + i + "\":1,\"b" + i + "\":2,\"c" + i + "\":3}";
      assertTrue(compiler.compile(constraint).matches(text), text);
    }
  }

  @Test
  void stylesLayOutTheSameValues() {
    String schema = "{\"properties\":{\"a\":{\"type\":\"array\"},\"b\":{}},\"type\":\"object\"}";
    assertTrue(compile(schema, JsonStyle.SPACED).matches("{\"a\": [1, 2], \"b\": {}}"));
    assertTrue(compile(schema, JsonStyle.ANY_ORDER).matches("{\"b\":{},\"a\":[1,2.0]}"));
    CompiledConstraint free = compile(schema, JsonStyle.FREE);
    assertTrue(free.matches("{\"a\":[1,2],\"b\":{}}"));
    assertTrue(free.matches("{\n  \"a\" : [ 1, 2 ],\n\t\"b\": {\n    \"c\": []\n  }\n}"));
    assertTrue(free.matches("{\n  \"a\":\n    [\n        1\n  ]\n, \"b\": 1 }"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":[1,  2]}",
        "{\"a\":[1,\n\n2]}",
        "{\n     \"a\":[]}", // five blanks in the outermost value
        "{\n\t\t\"a\":[]}",
        "{\"a\": [\n         1]}",
        " {}",
        "{} ",
      })
  void whiteSpaceHasAnEnd(String text) {
    assertEquals(false, compile("{\"type\":\"object\"}", JsonStyle.FREE).matches(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0.5",
        "12345678901234567",
        "1234567890123456789",
        "3.1415926535897932",
        "0.000001",
        "1e308",
        "6.02214076e23",
        "1.0E-08",
        "-9007199254740993"
      })
  void numbersOfADoubleAreWritten(String number) {
    assertTrue(compile("{\"type\":\"number\"}", JsonStyle.FREE).matches(number));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3.14159265358979323",
        "12345678901234567890",
        "123456789012345678.5",
        "1e309",
        "1e0001",
        "0.000000000000000000000000001"
      })
  void numbersHaveAnEnd(String number) {
    assertEquals(false, compile("{\"type\":\"number\"}", JsonStyle.FREE).matches(number));
    assertTrue(compile("{\"type\":\"number\"}", JsonStyle.ANY_ORDER).matches(number));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u0001',
      value = {
        "{\"properties\":{\"a\":{\"pattern\":\"(?<=a)b\"}}} | look-behind is not supported",
        "{\"properties\":{\"a\":{\"pattern\":\"(a(?=b))*\"}}} | outside of repeats only",
        "{\"items\":[true]} | name the draft with `$schema`, or use `prefixItems`, at #",
        "{\"exclusiveMinimum\":true} | if the schema is of draft 4, name that with `$schema`, at #",
        "{\"type\":\"strin\"} | names an unknown type `strin`, at #",
        "{\"items\":{\"minLength\":-1}} | `minLength` needs a whole number from 0 on, at #/items",
        "{\"properties\":{\"a\":{\"pattern\":\"x at #(\"}}} | , at #/properties/a",
        "{\"properties\":{\"a\":{\"pattern\":\"(too complex\"}}} | , at #/properties/a",
        "{\"properties\":{\"a\":{\"$ref\":\"#/properties/a\"}}} | refers to itself without end",
        "{\"$ref\":\"#/$defs/b\"} | refers to `#/$defs/b`, which is not there, at #",
        "{\"$ref\":\"https://example.com/a.json\"} | which is not there, at #",
        "{\"allOf\":[{\"$ref\":\"#\"}]} | refers to itself without end",
        "{\"minimum\":1e4000} | `minimum` the bound has more than 400 digits, at #",
        "{\"properties\":3} | `properties` needs an object, at #",
        "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"minItems\":5,\"maxItems\":3} | no value",
        "{\"not\":{\"uniqueItems\":true,\"items\":{\"type\":\"integer\"}}} | not supported inside of",
        "{\"uniqueItems\":true,\"minItems\":2,\"items\":{\"type\":\"object\"}} | can tell enough items",
        "{\"uniqueItems\":true,\"items\":{\"type\":\"object\"},\"contains\":{\"type\":\"object\"},\"minContains\":2} | can tell enough items",
        "{\"uniqueItems\":true,\"prefixItems\":[{\"type\":\"array\"}]} | where each has few values only",
        "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]} | no value satisfies the schema",
        "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":false}} | no value satisfies",
        "{\"$defs\":{\"t\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#/$defs/t\"}}},\"$ref\":\"#/$defs/t\"} | no value satisfies the schema",
      })
  void whatCannotBeHeldToIsRefused(String schema, String message) {
    ConstraintException e =
        assertThrows(ConstraintException.class, () -> compile(schema, JsonStyle.COMPACT));
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  /// As ASCII writers do; half of a pair of surrogates is no character.
  @Test
  void anyCharacterMayBeEscapedByItsNumber() {
    check(
        "{\"type\":\"string\",\"maxLength\":3}",
        List.of("\"caé\"", "\"\\u00e9\"", "\"\\u4F60好\"", "\"\\ud83d\\ude00a\"", "\"\\u0000\""),
        List.of("\"\\ud83d\"", "\"\\ude00\"", "\"\\u4f6\"", "\"\\u0061\\u0062\\u0063d\""));
  }
}
