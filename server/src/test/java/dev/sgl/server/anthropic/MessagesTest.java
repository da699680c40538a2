package dev.sgl.server.anthropic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.TestServer;
import dev.sgl.server.TestServer.Answer;
import dev.sgl.server.TestServer.Event;
import dev.sgl.server.keys.KeyRing;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Messages of the demo model, with the chat template of one that thinks and calls tools.
class MessagesTest {
  private static final String PATH = "/v1/messages";

  private static final String ASK =
      "'model':'demo','messages':[{'role':'user','content':'Who are you?'}]";

  private static final String TOOLS =
      """
      'tools':[{'name':'get_weather','description':'The weather.','input_schema':{'type':'object',
        'properties':{'city':{'type':'string','maxLength':12}},'required':['city']}}]""";

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
  private static String body(String members) {
    return "{\"temperature\":0," + members.replace('\'', '"') + "}";
  }

  private static JsonNode message(String members) throws IOException {
    Answer answer = server.post(PATH, body(members));
    assertEquals(200, answer.status(), answer.text());
    return answer.json();
  }

  private static Optional<JsonNode> block(JsonNode message, String type) {
    for (JsonNode block : message.path("content")) {
      if (block.path("type").asText().equals(type)) {
        return Optional.of(block);
      }
    }
    return Optional.empty();
  }

  private static String text(JsonNode message) {
    return block(message, "text").orElseThrow().path("text").asText();
  }

  /// The answer of the chat API to the same.
  private static JsonNode chat(String members) throws IOException {
    return server.post("/v1/chat/completions", body(members)).at("/choices/0/message");
  }

  @Test
  void theMessageIsTheOneOfAChat() throws IOException {
    JsonNode quiet = message(ASK + ",'max_tokens':60");
    JsonNode chat = chat(ASK + ",'max_tokens':60,'reasoning_effort':'none'");
    assertEquals(chat.path("content").asText(), text(quiet));
    assertTrue(block(quiet, "thinking").isEmpty());
    assertEquals("end_turn", quiet.path("stop_reason").asText());
    JsonNode thinking = message(ASK + ",'max_tokens':60,'thinking':{'type':'adaptive'}");
    chat = chat(ASK + ",'max_tokens':60");
    assertEquals(chat.path("content").asText(), text(thinking));
    assertEquals(
        chat.path("reasoning_content").asText(),
        block(thinking, "thinking").orElseThrow().path("thinking").asText());
  }

  @Test
  void aThoughtEndsWithItsBudget() throws IOException {
    String thinking = ",'max_tokens':60,'thinking':{'type':'enabled','budget_tokens':%d}";
    JsonNode free = message(ASK + thinking.formatted(59));
    JsonNode limited = message(ASK + thinking.formatted(5));
    String thought = block(limited, "thinking").orElseThrow().path("thinking").asText();
    String whole = block(free, "thinking").orElseThrow().path("thinking").asText();
    assertTrue(whole.startsWith(thought) && thought.length() < whole.length(), thought);
    assertFalse(text(limited).isEmpty());
    JsonNode hidden =
        message(ASK + ",'max_tokens':60,'thinking':{'type':'adaptive','display':'omitted'}");
    assertTrue(block(hidden, "thinking").isEmpty());
  }

  @Test
  void aStopSequenceIsTold() throws IOException {
    String text = text(message(ASK + ",'max_tokens':60"));
    String stop = text.substring(3, 5);
    JsonNode message = message(ASK + ",'max_tokens':60,'stop_sequences':['" + stop + "']");
    assertEquals("stop_sequence", message.path("stop_reason").asText());
    assertEquals(stop, message.path("stop_sequence").asText());
    assertEquals(text.substring(0, text.indexOf(stop)), text(message));
    assertEquals("max_tokens", message(ASK + ",'max_tokens':2").path("stop_reason").asText());
  }

  /// What a stream says step by step is what the message says as a whole.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'max_tokens':60",
        "'max_tokens':60,'thinking':{'type':'adaptive'}",
        "'max_tokens':200,'tool_choice':{'type':'any'},TOOLS",
      })
  void theEventsOfAStreamAddUpToTheMessage(String members) throws IOException {
    String call = ASK + "," + members.replace("TOOLS", TOOLS);
    JsonNode whole = message(call);
    List<Event> events = server.events(PATH, body(call + ",'stream':true"));
    assertEquals("message_start", events.getFirst().name());
    assertEquals("message_stop", events.getLast().name());
    List<StringBuilder> texts = new ArrayList<>();
    for (Event event : events) {
      assertEquals(event.name(), event.at("/type").asText());
      if (event.name().equals("content_block_start")) {
        assertEquals(texts.size(), event.at("/index").asInt());
        texts.add(new StringBuilder());
      }
      if (event.name().equals("content_block_delta")) {
        JsonNode delta = event.at("/delta");
        texts
            .get(event.at("/index").asInt())
            .append(delta.path("text").asText())
            .append(delta.path("thinking").asText())
            .append(delta.path("partial_json").asText());
      }
    }
    assertEquals(whole.path("content").size(), texts.size());
    for (int i = 0; i < texts.size(); i++) {
      JsonNode block = whole.path("content").get(i);
      switch (block.path("type").asText()) {
        case "tool_use" -> assertEquals(block.path("input"), Json.parse(texts.get(i).toString()));
        case String type -> assertEquals(block.path(type).asText(), texts.get(i).toString());
      }
    }
    JsonNode last = events.get(events.size() - 2).data();
    assertEquals(whole.path("stop_reason"), last.at("/delta/stop_reason"));
    assertEquals(whole.at("/usage/output_tokens"), last.at("/usage/output_tokens"));
  }

  @Test
  void aToolIsCalledAndItsResultIsRead() throws IOException {
    JsonNode message = message(ASK + ",'max_tokens':200,'tool_choice':{'type':'any'}," + TOOLS);
    assertEquals("tool_use", message.path("stop_reason").asText());
    JsonNode use = block(message, "tool_use").orElseThrow();
    assertTrue(use.at("/input/city").isTextual());
    String conversation =
        "'model':'demo','messages':[{'role':'user','content':'Who are you?'},{'role':'assistant','content':%s},{'role':'user','content':[{'type':'tool_result','tool_use_id':'%s','content':[{'type':'text','text':'Sunny.'}]},{'type':'text','text':'Well?'}]}],"
            .formatted(message.path("content"), use.path("id").asText());
    Answer counted =
        server.post(
            PATH + "/count_tokens", body(conversation + TOOLS).replace("\"temperature\":0,", ""));
    assertEquals(200, counted.status(), counted.text());
    JsonNode usage = message(conversation + "'max_tokens':9," + TOOLS).path("usage");
    assertEquals(
        counted.at("/input_tokens").asInt(),
        usage.path("input_tokens").asInt() + usage.path("cache_read_input_tokens").asInt());
  }

  @Test
  void theLastMessageOfTheAssistantGoesOn() throws IOException {
    String prefilled =
        "'model':'demo','max_tokens':20,'messages':[{'role':'user','content':'Go.'},{'role':'assistant','content':'I am'}]";
    JsonNode chat = chat(prefilled + ",'continue_final_message':true,'reasoning_effort':'none'");
    assertEquals(chat.path("content").asText(), text(message(prefilled)));
  }

  @Test
  void aFormatIsHeld() throws IOException {
    JsonNode message =
        message(
            ASK
                + ",'max_tokens':200,'output_config':{'format':{'type':'json_schema','schema':{'type':'object','properties':{'ok':{'type':'boolean'}},'required':['ok']}}}");
    assertTrue(Json.parse(text(message)).path("ok").isBoolean(), message.toString());
  }

  @Test
  void theKeyComesInItsOwnHeader() throws IOException {
    try (TestServer locked = TestServer.open(o -> o.withKeys(KeyRing.of("secret")))) {
      Answer refused = locked.post(PATH, body(ASK));
      assertEquals(401, refused.status());
      assertEquals("authentication_error", refused.at("/error/type").asText(), refused.text());
      Answer answer = locked.post(PATH, body(ASK + ",'max_tokens':3"), "x-api-key", "secret");
      assertEquals(200, answer.status(), answer.text());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'model':'demo','messages':[{'role':'user','content':'a'}] | 400 | you must provide max_tokens",
        "'model':'x','max_tokens':1,'messages':[{'role':'user','content':'a'}] | 404 | does not exist",
        "'model':'demo','max_tokens':1,'messages':[] | 400 | you must provide messages",
        "'model':'demo','max_tokens':1,'messages':[{'role':'user','content':[]}] | 400 | no content",
        "'model':'demo','max_tokens':1,'nonsense':1,'messages':[{'role':'user','content':'a'}] | 400 | no parameter nonsense",
        "'model':'demo','max_tokens':1,'messages':[{'role':'user','content':[{'type':'x'}]}] | 400 | blocks of type x",
        "'model':'demo','max_tokens':5,'thinking':{'type':'enabled','budget_tokens':9},'messages':[{'role':'user','content':'a'}] | 400 | must be greater than",
        "'model':'demo','max_tokens':1,'tools':[{'type':'bash_20250124','name':'bash'}],'messages':[{'role':'user','content':'a'}] | 400 | known to Anthropic's models only",
      })
  void whatCannotBeIsRefused(String members, int status, String message) throws IOException {
    Answer answer = server.post(PATH, body(members));
    assertEquals(status, answer.status(), answer.text());
    assertEquals("error", answer.at("/type").asText());
    assertTrue(answer.error().contains(message), answer.error());
  }

  @Test
  void aPromptThatIsTooLongIsKnownByItsFirstWords() throws IOException {
    String ask = ASK.replace("Who", "long ".repeat(9000)) + ",'max_tokens':5";
    Answer answer = server.post(PATH, body(ask));
    assertTrue(answer.error().startsWith("prompt is too long: "), answer.text());
  }
}
