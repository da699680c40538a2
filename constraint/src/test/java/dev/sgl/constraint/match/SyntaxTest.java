package dev.sgl.constraint.match;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Objects in syntaxes other than JSON: the text of a walk is read as an object that satisfies the
/// schema, as another validator says.
class SyntaxTest {
  private static final int SCHEMAS = Integer.getInteger("schemas", 150);
  private static final int WALKS = 3;

  private static final Syntax TAGS =
      Syntax.of(
          new Syntax.Members(
              "",
              "<parameter=",
              ">\n",
              "",
              "\n</parameter>\n",
              "",
              "</function>",
              Optional.of(new Syntax.Raw("", "\n</parameter>\n"))));
  private static final Syntax TOLD =
      Syntax.of(
          new Syntax.Members(
              "",
              "<p name=\"",
              "\"",
              " string=\"false\">",
              "</p>\n",
              "",
              "</call>",
              Optional.of(new Syntax.Raw(" string=\"true\">", "</p>\n"))));
  private static final Syntax PYTHON =
      new Syntax(
          Optional.of(new Syntax.Members("(", "", "=", "", "", ", ", ")", Optional.empty())),
          Optional.empty(),
          Syntax.Scalars.PYTHON,
          false);
  private static final Syntax.Members BARE =
      new Syntax.Members("{", "", ":", "", "", ",", "}", Optional.empty());
  private static final Syntax MARKED =
      new Syntax(
          Optional.of(BARE),
          Optional.of(BARE),
          new Syntax.Scalars("None", "true", "false", Optional.of(new Syntax.Raw("<|", "|>"))),
          true);

  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  static List<Syntax> syntaxes() {
    return List.of(TAGS, TOLD, PYTHON, MARKED);
  }

  private CompiledConstraint compile(JsonNode schema, Syntax syntax) {
    JsonStyle style = JsonStyle.written(JsonStyle.Layout.COMPACT, syntax);
    return new ConstraintCompiler().compile(new Constraint.JsonSchema(schema, style));
  }

  private String read(JsonNode schema, Syntax syntax, String text, int piece) {
    SyntaxReader reader = new SyntaxReader(syntax, compile(schema, syntax.inJson()));
    StringBuilder pieces = new StringBuilder();
    for (int i = 0; i < text.length(); i += piece) {
      pieces.append(reader.read(text.substring(i, Math.min(text.length(), i + piece))));
    }
    assertTrue(reader.isWhole(), () -> schema + "\n" + text + "\n" + pieces);
    assertEquals("", reader.rest());
    assertEquals(reader.json(), pieces.toString());
    return pieces.toString();
  }

  @ParameterizedTest
  @MethodSource("syntaxes")
  void everyWalkIsReadAsAValidObject(Syntax syntax) {
    SplittableRandom random = new SplittableRandom(22_001);
    int texts = 0;
    for (int i = 0; i < SCHEMAS; i++) {
      JsonNode schema = Json.parse(new RandomSchemas(random).root());
      CompiledConstraint compiled;
      try {
        compiled = compile(schema, syntax);
      } catch (ConstraintException e) {
        continue; // no object satisfies it
      }
      Schema judge = registry.getSchema(schema.toString());
      for (int walk = 0; walk < WALKS; walk++) {
        String text;
        try {
          text = Walks.walk(compiled.matcher(Walks.BYTES), random, schema);
        } catch (ConstraintException e) {
          continue; // it takes too long to tell how the text ends
        }
        String json = read(schema, syntax, text, 1 + random.nextInt(9));
        List<Error> wrong = judge.validate(json, InputFormat.JSON);
        assertTrue(wrong.isEmpty(), () -> text + "\n" + json + "\n" + wrong + "\n" + schema);
        texts++;
      }
    }
    assertTrue(texts > SCHEMAS / 2, texts + " texts");
  }

  private static final String NOTE =
      """
      {"type": "object", "required": ["text"], "properties": {
        "text": {"type": ["string", "null", "integer"]}, "done": {"type": "boolean"}}}""";

  private static String element(String name, String value) {
    return "<parameter=%s>\n%s\n</parameter>\n".formatted(name, value);
  }

  private boolean isAllowed(String text) {
    return compile(Json.parse(NOTE), TAGS).matches(text);
  }

  @Test
  void aTextThatMayBeAnotherValueIsOne() {
    for (String[] one :
        new String[][] {
          {"7", "7"},
          {"null", "null"},
          {"None", "null"},
          {"7 days", "\"7 days\""},
          {"nullify", "\"nullify\""},
          {"\"so\"", "\"\\\"so\\\"\""},
          {"", "\"\""},
          {"{}", "\"{}\""},
          {"'a'", "\"'a'\""}
        }) {
      String text = element("text", one[0]) + element("done", "True") + "</function>";
      assertTrue(isAllowed(text), text);
      for (int piece : new int[] {1, 6, 11, 1_000}) {
        assertEquals(
            "{\"text\": %s, \"done\": true}".formatted(one[1]),
            read(Json.parse(NOTE), TAGS, text, piece));
      }
    }
    assertFalse(isAllowed(element("done", "true") + "</function>"));
    assertFalse(isAllowed(element("text", "a") + element("done", "yes") + "</function>"));
  }

  @Test
  void aStringIsReadAsItComesAndUpToWhereItIsCut() {
    SyntaxReader reader = new SyntaxReader(TAGS, compile(Json.parse(NOTE), TAGS.inJson()));
    assertEquals("{\"text\": ", reader.read("<parameter=text>\nn"));
    assertEquals("\"nobody kn", reader.read("obody kn"));
    assertEquals("ows\\\"", reader.read("ows\"\n</par"));
    assertEquals("\\n</par", reader.end());
    assertFalse(reader.isWhole());
    SyntaxReader number = new SyntaxReader(TAGS, compile(Json.parse(NOTE), TAGS.inJson()));
    assertEquals("{\"text\": ", number.read("<parameter=text>\n12"));
    assertEquals("\"12", number.end());
  }

  @Test
  void aNameThatCannotBeToldIsRefused() {
    String schema = "{\"type\":\"object\",\"properties\":{\"%s\":{}},\"required\":[\"%s\"]}";
    for (Syntax syntax : List.of(PYTHON, MARKED)) {
      String name = syntax == PYTHON ? "a=b" : "a:b";
      JsonNode both = Json.parse(schema.formatted(name, name));
      Matcher matcher = compile(both, syntax).matcher(Walks.BYTES);
      assertThrows(ConstraintException.class, () -> matcher.fill(new long[5]));
    }
  }
}
