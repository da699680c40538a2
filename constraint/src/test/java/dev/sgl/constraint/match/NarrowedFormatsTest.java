package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.io.ByteArrayOutputStream;
import java.net.IDN;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Formats that are no regular languages: each text that is allowed is valid.
class NarrowedFormatsTest {
  private static final int WALKS = 2_000;
  private static final MaskCache ASCII =
      new MaskCache(
          new Vocabulary(
              IntStream.range(0, 128)
                  .mapToObj(i -> i == 0 ? new byte[0] : new byte[] {(byte) i})
                  .toArray(byte[][]::new)),
          0);

  private static CompiledConstraint compile(String schema) {
    return new ConstraintCompiler()
        .compile(new Constraint.JsonSchema(Json.parse(schema), JsonStyle.COMPACT));
  }

  private static CompiledConstraint format(String name) {
    return compile("{\"type\":\"string\",\"format\":\"" + name + "\"}");
  }

  @Test
  void regularExpressionsAreRead() {
    CompiledConstraint regex = format("regex");
    SplittableRandom random = new SplittableRandom(19_024);
    for (int i = 0; i < WALKS; i++) {
      Pattern.compile(walk(regex.matcher(ASCII), random));
    }
  }

  @Test
  void hostNamesHaveAnAsciiForm() {
    CompiledConstraint host = format("hostname");
    SplittableRandom random = new SplittableRandom(19_025);
    for (int i = 0; i < WALKS; i++) {
      String name = walk(host.matcher(ASCII), random);
      assertEquals(name, IDN.toASCII(name, IDN.USE_STD3_ASCII_RULES));
      assertEquals(name, IDN.toUnicode(name), "encodes nothing");
    }
  }

  /// What programs read: Java's own reader knows neither a second 60 nor, as Python's, a year 0000.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{'format':'time'} | 23:59:60Z | 23:59:59Z",
        "{'format':'date-time'} | 2016-12-31T23:59:60Z | 2016-12-31T23:59:59Z",
        "{'format':'date-time'} | 0000-02-29T00:00:00Z | 0001-02-28T00:00:00Z",
        "{'format':'date'} | 0000-02-29 | 1000-01-01",
      })
  void datesAndTimesAreThoseThatProgramsRead(String schema, String odd, String usual) {
    JsonNode json = Json.parse(schema.replace('\'', '"'));
    CompiledConstraint all = new ConstraintCompiler().compile(new Constraint.JsonSchema(json));
    assertTrue(all.matches(quoted(odd)));
    CompiledConstraint some = usual(json);
    assertFalse(some.matches(quoted(odd)));
    assertTrue(some.matches(quoted(usual)));
    assertTrue(some.matches("5"));
    JsonNode denied = Json.parse("{\"type\":\"string\",\"not\":" + json + "}");
    assertFalse(usual(denied).matches(quoted(odd)), "it is a date, so it is denied");
  }

  @Test
  void aPatternThatAsksForALeapSecondAllowsNothing() {
    JsonNode schema =
        Json.parse("{\"type\":\"string\",\"format\":\"time\",\"pattern\":\"^20:02:60\"}");
    assertThrows(ConstraintException.class, () -> usual(schema));
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  private static CompiledConstraint usual(JsonNode schema) {
    return new ConstraintCompiler()
        .compile(
            new Constraint.JsonSchema(
                schema, JsonStyle.FREE, Constraint.JsonSchema.Formats.USUAL, Map.of()));
  }

  private static String walk(Matcher matcher, SplittableRandom random) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    long[] mask = new long[2];
    int most = 1 + random.nextInt(40);
    while (!matcher.mustEnd()) {
      byte[] end = matcher.shortestEnd();
      if (text.size() >= most) {
        text.writeBytes(end);
        assertTrue(matcher.accept(end));
        continue;
      }
      matcher.fill(mask);
      int[] allowed = IntStream.range(1, 128).filter(i -> (mask[i >>> 6] >>> i & 1) != 0).toArray();
      byte[] next = {(byte) allowed[random.nextInt(allowed.length)]};
      assertTrue(matcher.accept(next));
      text.writeBytes(next);
    }
    return Json.parse(text.toString()).asText();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "hostname a-b.example.com true",
        "hostname a--b.com true",
        "hostname xn--4gbwdl.xn--wgbh1c false",
        "hostname ab--c.com false",
        "hostname -a false",
        "regex ^[a-zA-Z_][a-zA-Z0-9_-]*$ true",
        "regex (foo|ba?r)+\\\\.(?:x{2,}|\\\\d{1,3})$ true",
        "regex [a-z false",
        "regex (a false",
        "regex a** false",
        "regex [z-a] false"
      })
  void whatIsUsualIsAllowed(String format, String text, boolean valid) {
    assertEquals(valid, format(format).matches("\"" + text + "\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"not\":{\"format\":\"regex\"}}",
        "{\"oneOf\":[{\"format\":\"hostname\"},{\"type\":\"integer\"}]}",
        "{\"if\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/h\"}}},\"then\":{\"minProperties\":2},"
            + "\"$defs\":{\"h\":{\"format\":\"hostname\"}}}",
        "{\"propertyNames\":{\"not\":{\"format\":\"idn-hostname\"}}}"
      })
  void theyAreNotDenied(String schema) {
    ConstraintException refused = assertThrows(ConstraintException.class, () -> compile(schema));
    assertTrue(String.valueOf(refused.getMessage()).contains("only a part"), refused.getMessage());
  }
}
