package dev.sgl.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.TestServer;
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
import org.junit.jupiter.params.provider.ValueSource;

/// `POST /v1/chat/completions` as clients know it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChatTest {
  private static final String PATH = "/v1/chat/completions";
  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    server = TestServer.open();
  }

  @AfterAll
  void close() {
    server.close();
  }

  /// A call that asks for tips, with some more members.
  private static String tips(String more) {
    return "{\"model\":\"demo\",\"messages\":[{\"role\":\"user\",\"content\":"
        + "\"Give 2 different tips about staying healthy.\"}],\"temperature\":0"
        + (more.isEmpty() ? "" : "," + more)
        + "}";
  }

  private static String content(JsonNode body) {
    return body.at("/choices/0/message/content").asText();
  }

  @Test
  void templatesAreNotToldAnotherConversation() throws IOException {
    for (String name : List.of("messages", "tools", "add_generation_prompt", "bos_token")) {
      TestServer.Answer answer =
          server.post(
              "/v1/chat/completions",
              "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"chat_template_kwargs\":{\""
                  + name
                  + "\":[]}}");
      assertEquals(400, answer.status(), answer.text());
      assertEquals("chat_template_kwargs." + name, answer.at("/error/param").asText());
    }
  }

  @Test
  void anAnswerHasTheShapeOfOpenAi() throws IOException {
    TestServer.Answer answer = server.post(PATH, tips("\"max_tokens\":12"));
    assertEquals(200, answer.status());
    assertTrue(answer.at("/id").asText().startsWith("chatcmpl-"));
    assertEquals("chat.completion", answer.at("/object").asText());
    assertEquals("demo", answer.at("/model").asText());
    assertEquals("assistant", answer.at("/choices/0/message/role").asText());
    assertEquals("length", answer.at("/choices/0/finish_reason").asText());
    assertEquals(12, answer.at("/usage/completion_tokens").asInt());
    assertEquals(
        answer.at("/usage/prompt_tokens").asInt() + 12, answer.at("/usage/total_tokens").asInt());
    assertTrue(answer.at("/usage/prompt_tokens_details/cached_tokens").isInt());
  }

  @Test
  void aStreamSaysTheSameAsAWholeAnswer() throws IOException {
    String more = "\"max_tokens\":20,\"n\":2,\"logprobs\":true,\"top_logprobs\":3";
    JsonNode whole = server.post(PATH, tips(more)).json();
    List<JsonNode> events =
        server.stream(
            PATH, tips(more + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    for (int index = 0; index < 2; index++) {
      StringBuilder text = new StringBuilder();
      List<JsonNode> logprobs = new ArrayList<>();
      String role = "";
      String finish = "";
      for (JsonNode event : events) {
        for (JsonNode choice : event.path("choices")) {
          if (choice.path("index").asInt() == index) {
            role += choice.at("/delta/role").asText("");
            text.append(choice.at("/delta/content").asText(""));
            choice.at("/logprobs/content").forEach(logprobs::add);
            finish += choice.path("finish_reason").asText("").replace("null", "");
          }
        }
      }
      JsonNode choice = whole.path("choices").path(index);
      assertEquals("assistant", role);
      assertEquals(choice.at("/message/content").asText(), text.toString());
      assertEquals(choice.at("/finish_reason").asText(), finish);
      assertEquals(20, logprobs.size());
      assertEquals(
          choice.at("/logprobs/content").toString(),
          logprobs.toString().replace(", {\"token\"", ",{\"token\""));
    }
    JsonNode last = events.getLast();
    assertTrue(last.path("choices").isEmpty());
    assertEquals(40, last.at("/usage/completion_tokens").asInt());
  }

  @Test
  void aSecondCallFindsItsPromptInTheCache() throws IOException {
    server.post(PATH, tips("\"max_tokens\":1"));
    JsonNode again = server.post(PATH, tips("\"max_tokens\":1")).json();
    int cached = again.at("/usage/prompt_tokens_details/cached_tokens").asInt();
    assertEquals(again.at("/usage/prompt_tokens").asInt() - 1, cached);
    JsonNode other = server.post(PATH, tips("\"max_tokens\":1,\"cache_salt\":\"other\"")).json();
    assertEquals(0, other.at("/usage/prompt_tokens_details/cached_tokens").asInt());
  }

  @Test
  void whatTheModelSaidComesBackAsItsOwnTokens() throws IOException {
    JsonNode first = server.post(PATH, tips("\"max_tokens\":9")).json();
    String said = content(first);
    String conversation =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Give 2 different tips about staying"
            + " healthy.\"},{\"role\":\"assistant\",\"content\":"
            + Json.MAPPER.writeValueAsString(said)
            + "},{\"role\":\"user\",\"content\":\"And why?\"}],\"max_tokens\":1}";
    JsonNode second = server.post(PATH, conversation).json();
    int known = first.at("/usage/prompt_tokens").asInt() + 9;
    int cached = second.at("/usage/prompt_tokens_details/cached_tokens").asInt();
    assertTrue(cached >= known - 1, cached + " of " + known);
  }

  @Test
  void aSchemaIsFollowed() throws IOException {
    String schema =
        "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":12},"
            + "\"people\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":99}},"
            + "\"required\":[\"city\",\"people\"],\"additionalProperties\":false}";
    JsonNode body =
        server
            .post(
                PATH,
                tips(
                    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\","
                        + "\"strict\":true,\"schema\":"
                        + schema
                        + "}}"))
            .json();
    JsonNode value = Json.parse(content(body));
    assertTrue(value.path("city").isTextual() && value.path("people").isInt(), value.toString());
    assertEquals("stop", body.at("/choices/0/finish_reason").asText());
    assertTrue(
        Json.parse(
                content(
                    server
                        .post(
                            PATH,
                            tips(
                                "\"response_format\":{\"type\":\"json_object\"},\"max_tokens\":200"))
                        .json()))
            .isObject());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "\"regex\":\"[0-9]{3}-[a-c]+!\" ~ [0-9]{3}-[a-c]+!",
        "\"guided_choice\":[\"red\",\"green\"] ~ red|green",
        "\"ebnf\":\"root ::= \\\"a\\\" [0-9] \\\"b\\\"\" ~ a[0-9]b",
        "\"structured_outputs\":{\"regex\":\"x{1,3}y\"} ~ x{1,3}y",
      })
  void otherFormatsAreFollowed(String format, String expected) throws IOException {
    JsonNode body = server.post(PATH, tips(format + ",\"max_tokens\":40")).json();
    assertTrue(content(body).matches(expected), body.toString());
  }

  /// The prompt is the one of a question that has the description in it.
  @Test
  void aTypeIsDescribedBehindTheQuestion() throws IOException {
    String format =
        "\"max_tokens\":4,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
            + "{\"name\":\"e\",\"schema\":{\"type\":\"object\",\"properties\":{\"effort\":"
            + "{\"enum\":[\"low\",\"high\"]}},\"required\":[\"effort\"]}}}";
    String words =
        "\\n\\nAnswer with nothing but JSON of this type:\\n"
            + "{\\n  \\\"effort\\\": \\\"low\\\" | \\\"high\\\"\\n}";
    int described =
        server.post(PATH, tips("\"describe\":true," + format)).at("/usage/prompt_tokens").asInt();
    int written =
        server
            .post(PATH, tips(format).replace("healthy.", "healthy." + words))
            .at("/usage/prompt_tokens")
            .asInt();
    int plain = server.post(PATH, tips(format)).at("/usage/prompt_tokens").asInt();
    assertEquals(written, described);
    assertTrue(described > plain);
    assertEquals(
        "describe", server.post(PATH, tips("\"describe\":true")).at("/error/param").asText());
  }

  @Test
  void stopsEndAnAnswerAndAreNoPartOfIt() throws IOException {
    String whole = content(server.post(PATH, tips("\"max_tokens\":30")).json());
    String stop = whole.substring(5, 8);
    JsonNode stopped =
        server
            .post(
                PATH,
                tips("\"max_tokens\":30,\"stop\":[" + Json.MAPPER.writeValueAsString(stop) + "]"))
            .json();
    assertEquals(whole.substring(0, whole.indexOf(stop)), content(stopped));
    assertEquals("stop", stopped.at("/choices/0/finish_reason").asText());
    assertEquals(stop, stopped.at("/choices/0/matched_stop").asText());
  }

  @Test
  void aSeedMakesAnswersRepeatableAndDifferentFromEachOther() throws IOException {
    String more = "\"max_tokens\":12,\"seed\":7,\"n\":3";
    String hot = tips(more).replace("\"temperature\":0", "\"temperature\":2");
    JsonNode one = server.post(PATH, hot).json();
    JsonNode two = server.post(PATH, hot).json();
    assertEquals(one.path("choices"), two.path("choices"));
    assertFalse(content(one).equals(one.at("/choices/1/message/content").asText()), one.toString());
  }

  @Test
  void aBegunAnswerIsContinued() throws IOException {
    String begun =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Give 2 different tips about staying"
            + " healthy.\"},{\"role\":\"assistant\",\"content\":\"{\\\"title\\\":\\\"Drink\"}],"
            + "\"continue_final_message\":true,\"add_generation_prompt\":false,\"max_tokens\":8,"
            + "\"temperature\":0}";
    String whole = content(server.post(PATH, tips("\"max_tokens\":30")).json());
    assertTrue(whole.startsWith("{\"title\":\"Drink"), whole);
    String rest = content(server.post(PATH, begun).json());
    assertTrue(whole.startsWith("{\"title\":\"Drink" + rest), rest);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"temprature\":1 | 400 | temprature | did you mean temperature?",
        "\"temperature\":9 | 400 | temperature | from 0.0 to 2.0",
        "\"max_tokens\":\"many\" | 400 | max_tokens | must be an integer",
        "\"max_tokens\":0 | 400 | max_tokens | from 1",
        "\"n\":1000 | 400 | n | from 1 to 128",
        "\"model\":\"gpt-4\" | 404 | model | does not exist",
        "\"stop\":[\"\"] | 400 | stop | must not be empty",
        "\"logit_bias\":{\"99999999\":1} | 400 | logit_bias.99999999 | has no token",
        "\"top_logprobs\":2 | 400 | top_logprobs | needs logprobs",
        "\"response_format\":{\"type\":\"xml\"} | 400 | response_format.type | not xml",
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"strin\"}}} | 400 | response_format.json_schema.schema | strin",
        "\"regex\":\"(\" | 400 | regex | regex",
        "\"regex\":\"a\",\"ebnf\":\"root ::= \\\"a\\\"\" | 400 | ebnf | cannot both",
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}] | 400 | tools | knows no tools",
        "\"tool_choice\":\"required\" | 400 | tool_choice | needs tools",
      })
  void whatCannotBeIsRefusedByItsName(String more, int status, String param, String message)
      throws IOException {
    String body = tips(more);
    if (more.startsWith("\"temperature\"")) {
      body = body.replace("\"temperature\":0,", "");
    }
    if (more.startsWith("\"model\"")) {
      body = body.replace("\"model\":\"demo\",", "");
    }
    TestServer.Answer answer = server.post(PATH, body);
    assertEquals(status, answer.status(), answer.text());
    assertEquals(param, answer.at("/error/param").asText());
    assertTrue(answer.error().contains(message), answer.error());
    assertEquals("invalid_request_error", answer.at("/error/type").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | you must provide messages",
        "[] | must be a JSON object",
        "{\"messages\":[]} | you must provide messages",
        "{\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]} | not king",
        "{\"messages\":[{\"role\":\"user\"}]} | messages[0].content",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,\"}}]}]} | sees no pictures",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"continue_final_message\":true} | not the assistant's",
        "{\"messages\" | not JSON",
      })
  void messagesThatAreNoneAreRefused(String body, String message) throws IOException {
    TestServer.Answer answer = server.post(PATH, body);
    assertEquals(400, answer.status());
    assertTrue(answer.error().contains(message), answer.error());
  }

  @Test
  void aPromptThatIsTooLongIsRefusedBeforeAStreamBegins() throws IOException {
    String body =
        "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\""
            + "word ".repeat(5000)
            + "\"}]}";
    TestServer.Answer answer = server.post(PATH, body);
    assertEquals(400, answer.status());
    assertTrue(
        answer.error().startsWith("This model's maximum context length is 2048 tokens."),
        answer.error());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"guided_choice\":[]",
        "\"structured_outputs\":{}",
        "\"structured_outputs\":{\"choice\":[]}",
        "\"guided_json\":{\"type\":\"integer\"},\"json_schema\":{\"type\":\"string\"}",
      })
  void nothingRunsUnconstrainedThatWasToBeConstrained(String constraint) throws IOException {
    String body =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":2,"
            + constraint
            + "}";
    TestServer.Answer answer = server.post("/v1/chat/completions", body);
    assertEquals(400, answer.status(), answer.text());
  }
}
