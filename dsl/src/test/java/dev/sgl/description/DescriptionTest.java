package dev.sgl.description;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.sgl.annotation.Length;
import dev.sgl.annotation.Range;
import dev.sgl.program.Type;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Types as models read them.
class DescriptionTest {
  enum Effort {
    LOW,
    HIGH
  }

  record Step(String text, @Range(min = 1, max = 60) int minutes) {}

  record Tip(
      @Length(min = 1, max = 60) @JsonPropertyDescription("What to do.") String title,
      Effort effort,
      @JsonPropertyDescription("In order.") @Length(max = 3) List<Step> steps,
      Optional<@Length(max = 9) List<String>> tags,
      double share) {}

  @Test
  void aRecordIsWrittenAsInTypeScriptWithLimitsAsComments() {
    assertEquals(
        """
        {
          "title": string, // What to do; 1 to 60 characters
          "effort": "low" | "high",
          // In order; at most 3 items
          "steps": {
            "text": string,
            "minutes": integer // 1 to 60
          }[],
          "tags"?: string[], // at most 9 items
          "share": number
        }""",
        Description.of(Type.of(Tip.class)));
  }

  @Test
  void simpleTypesAreOneLine() {
    assertEquals("integer // 1 to 5", Description.of(new Type.Int(1, 5)));
    assertEquals("boolean", Description.of(Type.BOOL));
    assertEquals(
        "string // at least 3 characters", Description.of(new Type.Str(3, Type.UNBOUNDED)));
    assertEquals("number[] // 2 items", Description.of(new Type.Array(Type.FLOAT, 2, 2)));
    assertEquals(
        "(\"a\" | 1)[]",
        Description.of(
            Type.array(new Type.OneOf(List.of(new Type.Literal("a"), new Type.Literal(1L))))));
    assertEquals("{ [key: string]: boolean }", Description.of(new Type.MapOf(Type.BOOL)));
    assertEquals("string // matches ^(?:[A-Z]+)$", Description.of(new Type.Pattern("[A-Z]+")));
  }

  @Test
  void aRecursiveTypeIsDescribedByItsName() {
    Type item = new Type.Array(new Type.Ref("Tree"), 0, Type.UNBOUNDED);
    Type tree =
        new Type.Recursive("Tree", new Type.Rec(List.of(new Type.Field("of", item, false))));
    assertEquals(
        """
        Tree

        Tree = {
          "of": Tree[]
        }""",
        Description.of(tree));
  }

  @Test
  void aSchemaSpeaksLikeATypeAsFarAsItSaysNoMore() {
    assertEquals(
        """
        {
          "day": string, // The day of arrival; a date
          "n"?: integer | null // more than 0
        }""",
        Description.of(
            new Type.Schema(
                """
                {"type":"object","title":"Stay","properties":{
                  "day":{"type":"string","format":"date","description":"The day\\n of arrival"},
                  "n":{"type":["integer","null"],"exclusiveMinimum":0}},
                 "required":["day"],"additionalProperties":false}""")));
    String more = "{\"type\":\"object\",\"not\":{\"required\":[\"a\"]}}";
    assertEquals(more, Description.of(new Type.Schema(more)));
    String other = "{\"$ref\":\"https://example.com/a\"}";
    assertEquals(other, Description.of(new Type.Schema(other)));
  }

  @Test
  void limitsOfPartsAreComments() {
    assertEquals(
        """
        {
          "n"?: integer | null, // 0 to 10
          "tags"?: string[][], // each: at most 2 items; each: each: 1 to 9 characters
          "scores"?: { [key: string]: number } // each: at least 0
        }""",
        Description.of(
            new Type.Schema(
                """
                {"type":"object","properties":{
                  "n":{"anyOf":[{"type":"integer","minimum":0,"maximum":10},{"type":"null"}]},
                  "tags":{"type":"array","items":{"type":"array","maxItems":2,
                    "items":{"type":"string","minLength":1,"maxLength":9}}},
                  "scores":{"type":"object","additionalProperties":{"type":"number","minimum":0}}}}
                """)));
    assertEquals(
        "object",
        Description.of(new Type.Schema("{\"type\":\"object\",\"additionalProperties\":true}")));
    assertEquals(
        "{}",
        Description.of(new Type.Schema("{\"type\":\"object\",\"additionalProperties\":false}")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"$ref\":\"#/$defs/A\",\"maxLength\":3,\"$defs\":{\"A\":{\"type\":\"string\"}}}",
        "{\"$ref\":\"#/$defs/A/items\",\"$defs\":{\"A\":{\"items\":true}}}",
        "{\"$ref\":\"#/$defs/B\",\"$defs\":{\"A\":{\"type\":\"string\"}}}",
        "{\"items\":{\"$ref\":\"#/$defs/A\",\"$defs\":{\"A\":{}}},\"$defs\":{\"A\":{}}}",
        "{\"enum\":[\"a\",\"b\"],\"minLength\":1}",
        "{\"anyOf\":[{\"maxLength\":3},{\"minimum\":1}]}",
        "{\"anyOf\":[{\"type\":\"string\"}],\"maxLength\":3}",
        "{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"b\"]}",
        "{\"type\":\"object\",\"properties\":{\"a\":{}},\"additionalProperties\":{\"type\":\"string\"}}",
      })
  void aSchemaThatSaysMoreIsDescribedByItself(String schema) {
    assertEquals(schema, Description.of(new Type.Schema(schema)));
  }

  @Test
  void aGrammarIsDescribedByItsRules() {
    Type grammar = new Type.Grammar("root ::= [0-9]+ \"!\"\n");
    assertEquals("root ::= [0-9]+ \"!\"", Description.of(grammar));
    assertEquals(
        "root ::= [0-9]+ \"!\"\n| boolean",
        Description.of(new Type.OneOf(List.of(grammar, Type.BOOL))));
    assertEquals("string[]", Description.of(Type.array(grammar)));
  }

  @Test
  void anAnswerIsAskedForInItsForm() {
    assertEquals(
        "Answer with nothing but one of these:\n- no\n- a text that matches the regular expression"
            + " [a-z]+\n- JSON of this type:\ninteger",
        Description.asking(
            new Type.OneOf(List.of(new Type.Literal("no"), new Type.Pattern("[a-z]+"), Type.INT))));
    assertEquals(
        "Answer with nothing but one of these:\n- yes\n- no",
        Description.asking(
            new Type.OneOf(List.of(new Type.Literal("yes"), new Type.Literal("no")))));
    assertEquals(
        "Answer with nothing but JSON of this type:\ninteger", Description.asking(Type.INT));
    assertEquals(
        "Answer with nothing but a text that matches the regular expression [a-z]+",
        Description.asking(new Type.Pattern("[a-z]+")));
  }
}
