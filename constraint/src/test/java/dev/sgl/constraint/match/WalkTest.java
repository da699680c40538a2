package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sgl.constraint.Constraint;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.testing.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole texts, from the first token to the end: each place leads on, and what comes out satisfies
/// its schema, as another validator says.
class WalkTest {
  private static final int SCHEMAS = 400;
  private static final int WALKS = 3;
  private static final int VALUES = 60;
  private static final int LONGEST = 120;

  private static final MaskCache BYTES =
      new MaskCache(
          new Vocabulary(
              IntStream.rangeClosed(0, 256)
                  .mapToObj(i -> i == 256 ? new byte[0] : new byte[] {(byte) i})
                  .toArray(byte[][]::new)),
          256);

  private final ConstraintCompiler compiler = new ConstraintCompiler();
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private CompiledConstraint compile(JsonNode schema) {
    return compiler.compile(new Constraint.JsonSchema(schema, JsonStyle.COMPACT, true, Map.of()));
  }

  static Stream<JsonNode> cases() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(WalkTest.class.getResourceAsStream("/schema-cases.jsonl"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines().map(Json::parse).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatWentWrongOnceIsRight(JsonNode one) {
    Matcher matcher = compile(one.get("schema")).matcher(BYTES);
    boolean accepted = true;
    for (byte next : one.get("text").asText().getBytes(StandardCharsets.UTF_8)) {
      accepted = accepted && matcher.accept(new byte[] {next});
    }
    assertEquals(
        one.get("valid").asBoolean(), accepted && matcher.mayEnd(), one.get("what").asText());
  }

  @Test
  void everyWalkComesToAnEndThatIsValid() {
    SplittableRandom random = new SplittableRandom(19_021);
    int texts = 0;
    for (int i = 0; i < SCHEMAS; i++) {
      JsonNode schema = Json.parse(new Schemas(random).root());
      CompiledConstraint compiled;
      try {
        compiled = compile(schema);
      } catch (ConstraintException e) {
        continue; // nothing satisfies it
      }
      Schema judge = registry.getSchema(schema.toString());
      for (int walk = 0; walk < WALKS; walk++) {
        String text = walk(compiled.matcher(BYTES), random, schema);
        List<Error> wrong = judge.validate(text, InputFormat.JSON);
        assertTrue(wrong.isEmpty(), () -> schema + "\n" + text + "\n" + wrong);
        texts++;
      }
    }
    assertTrue(texts > SCHEMAS, texts + " texts");
  }

  @Test
  void everyValidTextIsAccepted() {
    SplittableRandom random = new SplittableRandom(19_022);
    int texts = 0;
    for (int i = 0; i < SCHEMAS; i++) {
      JsonNode schema = Json.parse(new Schemas(random).root());
      Schema judge = registry.getSchema(schema.toString());
      Optional<CompiledConstraint> compiled = anyOrder(schema);
      for (int j = 0; j < VALUES; j++) {
        String text = value(random, 3);
        if (compiled.isPresent() && judge.validate(text, InputFormat.JSON).isEmpty()) {
          Matcher matcher = compiled.get().matcher(BYTES);
          boolean accepted = matcher.accept(text.getBytes(StandardCharsets.UTF_8));
          assertTrue(accepted && matcher.mayEnd(), () -> schema + "\n" + text);
          texts++;
        }
      }
    }
    assertTrue(texts > SCHEMAS, texts + " texts");
  }

  /// The constraint with properties in any order; none if it cannot be had.
  private Optional<CompiledConstraint> anyOrder(JsonNode schema) {
    JsonStyle style = new JsonStyle(JsonStyle.Layout.COMPACT, true, true);
    try {
      return Optional.of(
          compiler.compile(new Constraint.JsonSchema(schema, style, true, Map.of())));
    } catch (ConstraintException e) {
      return Optional.empty();
    }
  }

  private static String value(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 8)) {
      case 0 -> Integer.toString(random.nextInt(32));
      case 1 -> "null";
      case 2 -> "\"x\"";
      case 3 -> "\"" + Schemas.NAMES.get(random.nextInt(Schemas.NAMES.size())) + "\"";
      case 4, 5 ->
          IntStream.range(0, random.nextInt(3))
              .mapToObj(_ -> value(random, depth - 1))
              .collect(Collectors.joining(",", "[", "]"));
      default ->
          Schemas.NAMES.stream()
              .filter(_ -> random.nextInt(3) == 0)
              .map(name -> "\"" + name + "\":" + value(random, depth - 1))
              .collect(Collectors.joining(",", "{", "}"));
    };
  }

  /// Takes bytes at random, and after a while the shortest end.
  private static String walk(Matcher matcher, SplittableRandom random, JsonNode schema) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    long[] mask = new long[5];
    for (int step = 0; step < LONGEST; step++) {
      matcher.fill(mask);
      List<Integer> allowed = new ArrayList<>();
      for (int token = 0; token <= 256; token++) {
        if ((mask[token >> 6] >>> token & 1) != 0) {
          allowed.add(token);
        }
      }
      assertFalse(allowed.isEmpty(), () -> schema + "\n" + text);
      List<Integer> usual = allowed.stream().filter(WalkTest::isUsual).toList();
      List<Integer> from = usual.isEmpty() || random.nextInt(20) == 0 ? allowed : usual;
      int next = from.get(random.nextInt(from.size()));
      if (next == 256) {
        return text.toString(StandardCharsets.UTF_8);
      }
      assertTrue(matcher.accept(next), () -> schema + "\n" + text);
      text.write(next);
    }
    for (byte next : matcher.shortestEnd()) {
      assertTrue(matcher.accept(new byte[] {next}), () -> schema + "\n" + text);
      text.write(next);
    }
    assertTrue(matcher.mayEnd(), () -> schema + "\n" + text);
    return text.toString(StandardCharsets.UTF_8);
  }

  /// Not the beginnings of long characters and escapes, of which there are so many.
  private static boolean isUsual(int token) {
    return token == 256 || token > ' ' && token < 127 && token != '\\';
  }

  /// Makes schemas in which assertions meet: counts and recursion, denied names, choices.
  private static final class Schemas {
    private static final List<String> NAMES = List.of("a", "b", "ab", "1", "2");

    private final SplittableRandom random;

    Schemas(SplittableRandom random) {
      this.random = random;
    }

    String root() {
      return "{\"$defs\":{\"A\":%s,\"B\":%s},\"$ref\":\"#/$defs/A\"}"
          .formatted(definition(3), definition(2));
    }

    /// No bare reference: one that leads back to itself asks nothing.
    private String definition(int depth) {
      String schema = schema(depth);
      return schema.startsWith("{\"$ref\"") ? definition(depth) : schema;
    }

    private String schema(int depth) {
      return switch (random.nextInt(depth == 0 ? 4 : 9)) {
        case 0 -> "{\"type\":\"integer\",\"minimum\":1,\"maximum\":%d}".formatted(number(1, 30));
        case 1 -> "{\"enum\":[\"x\",\"%s\",%d,null]}".formatted(name(), number(0, 3));
        case 2 -> "{\"type\":\"string\",\"maxLength\":%d}".formatted(number(0, 4));
        case 3 -> "{\"$ref\":\"#/$defs/%s\"}".formatted(random.nextBoolean() ? "A" : "B");
        case 4 -> array(depth - 1);
        case 5 -> choice(depth - 1);
        default -> object(depth - 1);
      };
    }

    private String array(int depth) {
      String more =
          switch (random.nextInt(4)) {
            case 0 -> ",\"contains\":%s,\"minContains\":%d".formatted(schema(depth), number(0, 2));
            case 1 -> ",\"prefixItems\":[%s]".formatted(schema(depth));
            case 2 -> ",\"minItems\":1";
            default -> "";
          };
      String unique = random.nextInt(3) == 0 ? ",\"uniqueItems\":true" : "";
      return "{\"type\":\"array\",\"items\":%s,\"maxItems\":%d%s%s}"
          .formatted(schema(depth), number(1, 3), more, unique);
    }

    private String choice(int depth) {
      String kind = List.of("anyOf", "oneOf", "allOf").get(random.nextInt(3));
      return "{\"%s\":[%s,%s]}".formatted(kind, schema(depth), schema(depth));
    }

    private String object(int depth) {
      StringBuilder all = new StringBuilder("{\"type\":\"object\",\"properties\":{");
      all.append("\"%s\":%s,\"%s\":%s}".formatted("a", schema(depth), "b", schema(depth)));
      switch (random.nextInt(3)) {
        case 0 -> all.append(",\"additionalProperties\":false");
        case 1 -> all.append(",\"additionalProperties\":").append(schema(depth));
        default ->
            all.append(",\"patternProperties\":{\"^[0-9]$\":%s}".formatted(schema(depth)))
                .append(",\"additionalProperties\":false");
      }
      if (random.nextInt(2) == 0) {
        all.append(",\"minProperties\":%d".formatted(number(1, 2)));
      }
      if (random.nextInt(2) == 0) {
        all.append(",\"maxProperties\":%d".formatted(number(1, 3)));
      }
      switch (random.nextInt(6)) {
        case 0 -> all.append(",\"required\":[\"%s\"]".formatted(name()));
        case 1 ->
            all.append(",\"propertyNames\":{\"enum\":[\"%s\",\"%s\"]}".formatted(name(), name()));
        case 2 ->
            all.append(
                ",\"not\":{\"propertyNames\":{\"not\":{\"enum\":[\"%s\"]}}}".formatted(name()));
        case 3 -> all.append(",\"not\":{\"required\":[\"%s\"]}".formatted(name()));
        case 4 -> all.append(",\"dependentRequired\":{\"%s\":[\"%s\"]}".formatted(name(), name()));
        default -> {}
      }
      return all.append('}').toString();
    }

    private String name() {
      return NAMES.get(random.nextInt(NAMES.size()));
    }

    private int number(int least, int most) {
      return random.nextInt(least, most + 1);
    }
  }
}
