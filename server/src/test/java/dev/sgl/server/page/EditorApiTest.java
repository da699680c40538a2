package dev.sgl.server.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.TestServer;
import dev.sgl.server.TestServer.Answer;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the page's editor is told about a program.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EditorApiTest {
  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    server = TestServer.open();
  }

  @AfterAll
  void close() {
    server.close();
  }

  private Answer call(String route, String source, int offset) throws IOException {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("source", source);
    if (offset >= 0) {
      body.put("offset", offset);
    }
    return server.post("/playground/" + route, body.toString());
  }

  private Answer check(String source) throws IOException {
    return call("check", source, -1);
  }

  private static String at(String source, JsonNode place) {
    return source.substring(place.path("from").asInt(), place.path("to").asInt());
  }

  @Test
  void aMistakeIsWhereTheTextHasIt() throws IOException {
    String source = "program p() -> string { user \"\uD83D\uDE00 hello\" return nane }";
    JsonNode diagnostic = check(source).at("/diagnostics/0");
    assertEquals("nane", at(source, diagnostic), diagnostic.toString());
    assertEquals("error", diagnostic.path("severity").asText());
    assertTrue(diagnostic.path("message").asText().contains("`nane` is not defined"));
  }

  @Test
  void wordsHaveTheColoursOfTheirKinds() throws IOException {
    String source = "// \uD83D\uDE00\nprogram p(n: int) -> int { return n + 12 }";
    List<String> coloured = new ArrayList<>();
    for (JsonNode one : check(source).at("/highlights")) {
      coloured.add(one.path("kind").asText() + " " + at(source, one));
    }
    assertTrue(
        coloured.containsAll(List.of("comment // \uD83D\uDE00", "keyword program", "number 12")),
        coloured.toString());
  }

  @Test
  void aSoundProgramTellsItsNameAndDocumentation() throws IOException {
    Answer answer = check("/// Counts.\nprogram count(to: int<1..9>) -> int { return to }");
    assertEquals(0, answer.at("/diagnostics").size());
    assertEquals("count", answer.at("/program/name").asText());
    assertEquals("Counts.", answer.at("/program/documentation").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "string<..9> = \"a\";{'type':'string','maxLength':9};'a'",
        "int<1..8> = 3;{'type':'integer','minimum':1,'maximum':8};3",
        "float;{'type':'number'};",
        "bool = true;{'type':'boolean'};true",
        "\"low\" | \"high\" = \"low\";{'enum':['low','high']};'low'",
        "string[] = [\"a\", \"b\"];{'type':'array','items':{'type':'string'}};['a','b']",
        "{ a: int } = { a: 1 };{'type':'object','required':['a']};{'a':1}",
        "int = 1 + 1;{'type':'integer'};"
      })
  void aParameterHasItsSchemaAndItsDefault(String written, String schema, String standard)
      throws IOException {
    String source = "program p(x: " + written + ") { user \"hi\" }";
    JsonNode parameter = check(source).at("/program/parameters/0");
    assertEquals("x", parameter.path("name").asText());
    JsonNode expected = Json.parse(schema.replace('\'', '"'));
    for (var member : expected.properties()) {
      assertEquals(member.getValue(), parameter.path("schema").path(member.getKey()), source);
    }
    assertEquals(!written.contains("="), parameter.path("required").asBoolean(), source);
    assertEquals(
        standard == null ? "" : standard.replace('\'', '"'),
        parameter.path("default").toString(),
        source);
  }

  @Test
  void whatCouldBeTypedIsKnownAtAPlace() throws IOException {
    String source = "program p(topic: string) {\n  user \"\uD83D\uDE00 {to}\"\n}";
    Answer answer = call("complete", source, source.indexOf("}"));
    List<String> texts = answer.at("/completions").findValuesAsText("text");
    assertTrue(texts.contains("topic"), texts.toString());
  }

  @Test
  void aNameTellsItsType() throws IOException {
    String source = "program p(topic: string<..9>) { user \"\uD83D\uDE00 {topic}\" }";
    Answer answer = call("hover", source, source.lastIndexOf("topic") + 1);
    assertEquals("topic", at(source, answer.json()));
    assertEquals(source.lastIndexOf("topic"), answer.at("/from").asInt());
    assertEquals("topic: string<..9>", answer.at("/shown").asText());
    assertEquals("{}", call("hover", source, 0).text());
  }

  @Test
  void anOffsetOutsideOfTheTextIsRefused() throws IOException {
    Answer answer = call("hover", "program", 8);
    assertEquals(400, answer.status());
    assertEquals("offset", answer.at("/error/param").asText());
    assertEquals("you must provide offset", call("complete", "program", -1).error());
  }

  @Test
  void aProgramThatIsTooLongIsRefused() throws IOException {
    Answer answer = check(" ".repeat((1 << 20) + 1));
    assertEquals("the program is too long", answer.error());
  }
}
