package dev.sgl.server.ollama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.TestServer;
import dev.sgl.server.TestServer.Answer;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The demo model through Ollama's API, with the chat template of one that thinks and calls tools.
class OllamaTest {
  private static final String ASK =
      "'model':'demo','messages':[{'role':'user','content':'Who are you?'}]";

  private static final String TOOLS =
      """
      'tools':[{'type':'function','function':{'name':'get_weather','parameters':{'type':'object',
        'properties':{'city':{'type':'string','maxLength':12}},'required':['city']}}}]""";

  private static TestServer server;

  @BeforeAll
  static void open() throws IOException {
    server = TestServer.withQwen3();
  }

  @AfterAll
  static void close() {
    server.close();
  }

  /// A call with single quotes, of temperature 0.
  private static String body(String members, int tokens) {
    return "{'options':{'temperature':0,'num_predict':%d},%s}"
        .formatted(tokens, members)
        .replace('\'', '"');
  }

  private static JsonNode ask(String path, String members) throws IOException {
    Answer answer = server.post(path, body(members + ",'stream':false", 60));
    assertEquals(200, answer.status(), answer.text());
    return answer.json();
  }

  private static JsonNode chat(String members) throws IOException {
    String call = "{'temperature':0,'max_tokens':60," + members + "}";
    return server.post("/v1/chat/completions", call.replace('\'', '"')).at("/choices/0/message");
  }

  /// Open WebUI moves a system message there.
  @Test
  void aSystemMessageBesideTheMessagesIsTheFirst() throws IOException {
    String user = "{'role':'user','content':'Who are you?'}";
    String system = "{'role':'system','content':'Be a pirate.'}";
    String quiet = "'model':'demo','think':false,'metadata':{'chat_id':'x'}";
    JsonNode beside =
        ask("/api/chat", "'messages':[" + user + "],'system':'Be a pirate.'," + quiet);
    JsonNode first = ask("/api/chat", "'messages':[" + system + "," + user + "]," + quiet);
    assertEquals(first.at("/message/content"), beside.at("/message/content"));
    assertEquals(first.path("prompt_eval_count"), beside.path("prompt_eval_count"));
  }

  @Test
  void theMessageIsTheOneOfAChat() throws IOException {
    JsonNode chat = chat(ASK);
    JsonNode body = ask("/api/chat", ASK);
    assertEquals(chat.path("content"), body.at("/message/content"));
    assertEquals(chat.path("reasoning_content"), body.at("/message/thinking"));
    assertTrue(body.path("done").asBoolean());
    assertEquals("stop", body.path("done_reason").asText());
    assertTrue(body.path("eval_count").asInt() > 0 && body.path("eval_duration").asLong() > 0);
    JsonNode quiet = ask("/api/chat", ASK + ",'think':false");
    assertEquals(
        chat(ASK + ",'reasoning_effort':'none'").path("content"), quiet.at("/message/content"));
    assertFalse(quiet.path("message").has("thinking"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "demo:latest"})
  void aTextIsTheAnswerToAPrompt(String name) throws IOException {
    JsonNode body = ask("/api/generate", "'model':'" + name + "','prompt':'Who are you?'");
    assertEquals(chat(ASK).path("content"), body.path("response"));
    assertEquals(name, body.path("model").asText());
    JsonNode raw = ask("/api/generate", "'model':'demo','prompt':'Who are','raw':true");
    String completion = "{\"temperature\":0,\"max_tokens\":60,\"prompt\":\"Who are\"}";
    assertEquals(
        server.post("/v1/completions", completion).at("/choices/0/text"), raw.path("response"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/chat | 'model':'demo','messages':[{'role':'user','content':'Who are you?'}]",
        "/api/generate | 'model':'demo','prompt':'Who are you?'",
      })
  void theLinesOfAStreamAddUpToTheAnswer(String path, String members) throws IOException {
    JsonNode whole = ask(path, members);
    List<JsonNode> lines = server.lines(path, body(members, 60));
    StringBuilder text = new StringBuilder();
    StringBuilder thought = new StringBuilder();
    for (JsonNode line : lines) {
      assertEquals(line == lines.getLast(), line.path("done").asBoolean());
      JsonNode inner = path.endsWith("chat") ? line.path("message") : line;
      text.append(inner.path("content").asText()).append(inner.path("response").asText());
      thought.append(inner.path("thinking").asText());
    }
    JsonNode inner = path.endsWith("chat") ? whole.path("message") : whole;
    assertEquals(inner.path("content").asText() + inner.path("response").asText(), text.toString());
    assertEquals(inner.path("thinking").asText(), thought.toString());
    assertEquals(whole.path("eval_count"), lines.getLast().path("eval_count"));
  }

  @Test
  void aToolIsCalledAndItsResultIsRead() throws IOException {
    String forced = ASK + ",'think':false,'tool_choice':'required'," + TOOLS;
    JsonNode call = ask("/api/chat", forced).at("/message/tool_calls/0/function");
    assertTrue(call.at("/arguments/city").isTextual(), call.toString());
    String conversation =
        "'model':'demo','messages':[{'role':'user','content':'Who are you?'},{'role':'assistant','content':'','tool_calls':[{'function':{'name':'get_weather','arguments':%s}}]},{'role':'tool','tool_name':'get_weather','content':'Sunny.'}],"
            .formatted(call.path("arguments"));
    JsonNode answer = ask("/api/chat", conversation + TOOLS);
    String same =
        conversation
            .replace("{'function'", "{'id':'call00000','type':'function','function'")
            .replace("'tool_name':'get_weather'", "'tool_call_id':'call00000'")
            .replace(
                "'arguments':" + call.path("arguments"),
                "'arguments':'" + call.path("arguments").toString().replace("\"", "\\'") + "'");
    assertEquals(chat(same + TOOLS).path("content"), answer.at("/message/content"));
    List<JsonNode> lines = server.lines("/api/chat", body(forced, 60));
    assertTrue(
        lines.stream()
            .anyMatch(
                line -> line.at("/message/tool_calls/0/function/arguments/city").isTextual()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'json'",
        "{'type':'object','properties':{'ok':{'type':'boolean'}},'required':['ok']}"
      })
  void aFormatIsHeld(String format) throws IOException {
    String asked = ASK + ",'stream':false,'think':false,'format':" + format;
    String text = server.post("/api/chat", body(asked, 300)).at("/message/content").asText();
    assertTrue(Json.parse(text).isObject(), text);
    assertTrue(format.contains("json") || Json.parse(text).path("ok").isBoolean(), text);
  }

  @Test
  void theModelIsShown() throws IOException {
    assertEquals("demo", server.get("/api/tags").at("/models/0/name").asText());
    assertTrue(server.get("/api/tags").at("/models/0/size").asLong() > 0);
    assertEquals("demo", server.get("/api/ps").at("/models/0/model").asText());
    JsonNode shown = server.post("/api/show", "{\"model\":\"demo\"}").json();
    assertEquals("[\"completion\",\"tools\",\"thinking\"]", shown.path("capabilities").toString());
    assertEquals(2048, shown.at("/model_info/llama.context_length").asInt(), shown.toString());
    assertTrue(server.get("/api/version").at("/version").isTextual());
    assertEquals(
        "success",
        server.post("/api/pull", "{\"model\":\"demo\",\"stream\":false}").at("/status").asText());
  }

  @Test
  void aCallWithoutAnythingToSayLoadsTheModel() throws IOException {
    Answer answer = server.post("/api/generate", "{\"model\":\"demo\",\"keep_alive\":-1}");
    assertEquals("load", answer.at("/done_reason").asText(), answer.text());
    answer = server.post("/api/chat", "{\"model\":\"demo\",\"messages\":[]}");
    assertEquals("load", answer.at("/done_reason").asText(), answer.text());
  }

  @Test
  void textsAreVectors() throws IOException {
    JsonNode many =
        server.post("/api/embed", "{\"model\":\"demo\",\"input\":[\"a\",\"b\"]}").json();
    JsonNode one = server.post("/api/embeddings", "{\"model\":\"demo\",\"prompt\":\"a\"}").json();
    assertEquals(2, many.path("embeddings").size(), many.toString());
    assertEquals(many.at("/embeddings/0"), one.path("embedding"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/chat | 'model':'x','messages':[{'role':'user','content':'a'}] | 404 | does not exist",
        "/api/chat | 'model':'demo','messages':[{'role':'x','content':'a'}] | 400 | messages[0].role must be",
        "/api/chat | 'model':'demo','messages':[{'role':'user','content':'a'}],'format':'xml' | 400 | format must be json",
        "/api/generate | 'model':'demo','prompt':'a','options':{'mirostat':2} | 400 | options.mirostat",
        "/api/generate | 'model':'demo','prompt':'a','suffix':'b' | 400 | filling a gap",
        "/api/chat | 'model':'demo','messages':[],'bogus':1 | 400 | no parameter bogus",
        "/api/generate | 'model':'demo','prompt':'','bogus':1 | 400 | no parameter bogus",
        "/api/generate | 'model':'demo','prompt':'a','raw':true,'system':'b' | 400 | with raw there is no system",
        "/api/generate | 'model':'demo','prompt':'a','format':-1 | 400 | must be a JSON Schema",
        "/api/pull | 'model':'x' | 404 | does not exist",
      })
  void whatCannotBeIsRefused(String path, String members, int status, String message)
      throws IOException {
    Answer answer = server.post(path, "{" + members.replace('\'', '"') + "}");
    assertEquals(status, answer.status(), answer.text());
    assertTrue(answer.at("/error").asText().contains(message), answer.text());
  }
}
