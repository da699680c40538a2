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
import dev.sgl.constraint.Syntax;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

  private final ConstraintCompiler compiler = new ConstraintCompiler();
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private CompiledConstraint compile(JsonNode schema) {
    return compiler.compile(new Constraint.JsonSchema(schema, JsonStyle.COMPACT));
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
    Matcher matcher = compile(one.get("schema")).matcher(Walks.BYTES);
    boolean accepted = true;
    for (byte next : one.get("text").asText().getBytes(StandardCharsets.UTF_8)) {
      accepted = accepted && matcher.accept(new byte[] {next});
    }
    assertEquals(
        one.get("valid").asBoolean(), accepted && matcher.mayEnd(), one.get("what").asText());
  }

  /// Of three different items two must be in a list, so the second has to be in it if the first is
  /// not.
  @Test
  void anItemThatLeavesTooFewPlacesIsNotAllowed() {
    JsonNode schema =
        Json.parse(
            """
            {"type": "array", "items": {"type": "string", "maxLength": 2}, "maxItems": 3,
              "contains": {"enum": ["x", "ab"]}, "minContains": 2, "uniqueItems": true}""");
    Matcher matcher = compile(schema).matcher(Walks.BYTES);
    assertTrue(matcher.accept("[\"T5\",\"".getBytes(StandardCharsets.UTF_8)));
    assertFalse(matcher.accept("!".getBytes(StandardCharsets.UTF_8)));
    assertTrue(matcher.accept("x\",\"ab\"]".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void everyWalkComesToAnEndThatIsValid() {
    SplittableRandom random = new SplittableRandom(19_021);
    int texts = 0;
    for (int i = 0; i < SCHEMAS; i++) {
      JsonNode schema = Json.parse(new RandomSchemas(random).root());
      CompiledConstraint compiled;
      try {
        compiled = compile(schema);
      } catch (ConstraintException e) {
        continue; // nothing satisfies it
      }
      Schema judge = registry.getSchema(schema.toString());
      for (int walk = 0; walk < WALKS; walk++) {
        String text = Walks.walk(compiled.matcher(Walks.BYTES), random, schema);
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
      JsonNode schema = Json.parse(new RandomSchemas(random).root());
      Schema judge = registry.getSchema(schema.toString());
      Optional<CompiledConstraint> compiled = anyOrder(schema);
      for (int j = 0; j < VALUES; j++) {
        String text = value(random, 3);
        if (compiled.isPresent() && judge.validate(text, InputFormat.JSON).isEmpty()) {
          Matcher matcher = compiled.get().matcher(Walks.BYTES);
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
    JsonStyle style = new JsonStyle(JsonStyle.Layout.COMPACT, true, true, Syntax.JSON);
    try {
      return Optional.of(compiler.compile(new Constraint.JsonSchema(schema, style)));
    } catch (ConstraintException e) {
      return Optional.empty();
    }
  }

  private static String value(SplittableRandom random, int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 8)) {
      case 0 -> Integer.toString(random.nextInt(32));
      case 1 -> "null";
      case 2 -> "\"x\"";
      case 3 -> "\"" + RandomSchemas.NAMES.get(random.nextInt(RandomSchemas.NAMES.size())) + "\"";
      case 4, 5 ->
          IntStream.range(0, random.nextInt(3))
              .mapToObj(_ -> value(random, depth - 1))
              .collect(Collectors.joining(",", "[", "]"));
      default ->
          RandomSchemas.NAMES.stream()
              .filter(_ -> random.nextInt(3) == 0)
              .map(name -> "\"" + name + "\":" + value(random, depth - 1))
              .collect(Collectors.joining(",", "{", "}"));
    };
  }
}
