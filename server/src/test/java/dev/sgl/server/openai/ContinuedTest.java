package dev.sgl.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.server.TestServer;
import dev.sgl.testing.Json;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The assistant's last message, continued; and calls that come back as they were cut.
class ContinuedTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String CALL =
      "'tool_calls':[{'id':'call00001','type':'function','function':"
          + "{'name':'f','arguments':'{\\\"a\\\": 1}'}}]";

  private static String asked(String last, String more) {
    return ("{'messages':[{'role':'user','content':'Go.'},{'role':'assistant',"
            + last
            + "}]"
            + more)
        .replace('\'', '"');
  }

  /// What the model sees.
  private static String seen(TestServer server, String last, String more) throws IOException {
    TestServer.Answer tokens = server.post("/tokenize", asked(last, more + "}"));
    assertEquals(200, tokens.status(), tokens.text());
    String body = Json.MAPPER.createObjectNode().set("tokens", tokens.at("/tokens")).toString();
    return server.post("/detokenize", body).at("/text").asText();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'content':'One,' | assistant\\nOne,",
        "'content':'One,','reasoning_content':'I see.' | <think>\\nI see.\\n</think>\\n\\nOne,",
        "'content':'One,','reasoning':'I see.' | <think>\\nI see.\\n</think>\\n\\nOne,",
        "'content':[{'type':'text','text':'One,'}],'reasoning_content':'I see.' | <think>\\nI see.\\n</think>\\n\\nOne,",
        "'content':'','reasoning_content':'I see' | assistant\\n<think>\\nI see",
        "'content':null,'reasoning_content':'I see' | assistant\\n<think>\\nI see",
        "'content':'One,',"
            + CALL
            + " | One,\\n<tool_call>\\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\\n</tool_call>",
        "'reasoning_content':'I see.',"
            + CALL
            + " | </think>\\n\\n<tool_call>\\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\\n</tool_call>",
      })
  void theLastMessageIsKeptAndContinued(String last, String end) throws IOException {
    try (TestServer server = TestServer.withQwen3()) {
      String seen = seen(server, last, ",'continue_final_message':true");
      assertTrue(seen.endsWith(end.replace("\\n", "\n")), seen);
      assertEquals(seen, seen(server, last + ",'prefix':true", ""));
      String body = asked(last + ",'prefix':true", ",'max_tokens':4}");
      TestServer.Answer answer = server.post(CHAT, body);
      assertEquals(200, answer.status(), answer.text());
      boolean isThought = end.endsWith("I see");
      assertEquals(isThought, answer.at("/choices/0/message").has("reasoning_content"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Qwen-Qwen2.5-7B-Instruct",
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
        "meta-llama-Llama-3.2-3B-Instruct",
        "mistralai-Mistral-Nemo-Instruct-2407",
      })
  void aMessageGoesOnBehindItsCalls(String template) throws IOException {
    try (TestServer server = TestServer.withTemplateOf(template)) {
      String seen = seen(server, CALL, ",'continue_final_message':true").stripTrailing();
      assertTrue(seen.endsWith("}") || seen.endsWith("]") || seen.endsWith("</tool_call>"), seen);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'role':'assistant','content':'a','prefix':true},{'role':'user','content':'b'} | messages[0].prefix | only the last",
        "{'role':'user','content':'b','prefix':true} | messages[0].prefix | not the assistant's",
        "{'role':'assistant','content':'a','prefix':'yes'} | messages[0].prefix | true or false",
        "{'role':'assistant','prefix':true,'tool_calls':[{'id':'a','function':{'name':'f','arguments':'{'}}]} | messages[0].prefix | the arguments of call 1 are cut off",
      })
  void whatCannotBeContinuedIsRefused(String messages, String param, String message)
      throws IOException {
    try (TestServer server = TestServer.open()) {
      String body = ("{'messages':[" + messages + "]}").replace('\'', '"');
      TestServer.Answer answer = server.post(CHAT, body);
      assertEquals(400, answer.status(), answer.text());
      assertEquals(param, answer.at("/error/param").asText());
      assertTrue(answer.error().contains(message), answer.error());
    }
  }

  /// A template that does not show thoughts cannot show one that is continued.
  @Test
  void aThoughtThatIsNotShownIsNotContinued() throws IOException {
    try (TestServer server = TestServer.withTemplateOf("meta-llama-Llama-3.2-3B-Instruct")) {
      String body = asked("'reasoning_content':'I see','prefix':true", "}");
      TestServer.Answer answer = server.post(CHAT, body);
      assertEquals(400, answer.status(), answer.text());
      assertTrue(answer.error().contains("does not show"), answer.error());
    }
  }

  /// A call of ours that `max_tokens` cut off is what clients send back with all else.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Qwen-Qwen2.5-7B-Instruct",
        "Qwen-Qwen3-0.6B",
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
        "meta-llama-Llama-3.1-8B-Instruct",
        "meta-llama-Llama-3.2-3B-Instruct",
        "mistralai-Mistral-Nemo-Instruct-2407",
      })
  void aCallThatWasCutComesBack(String template) throws IOException {
    try (TestServer server = TestServer.withTemplateOf(template)) {
      String tools =
          """
          "tools":[{"type":"function","function":{"name":"find","parameters":{"type":"object",
            "properties":{"text":{"type":"string","minLength":200}},"required":["text"]}}}]""";
      String question =
          "\"chat_template_kwargs\":{\"enable_thinking\":false},\"messages\":["
              + "{\"role\":\"user\",\"content\":\"Go.\"}";
      TestServer.Answer cut =
          server.post(
              CHAT,
              "{%s],%s,\"tool_choice\":\"required\",\"max_tokens\":40}".formatted(question, tools));
      assertEquals("length", cut.at("/choices/0/finish_reason").asText(), cut.text());
      String call = cut.at("/choices/0/message/tool_calls/0").toString();
      String arguments = cut.at("/choices/0/message/tool_calls/0/function/arguments").asText();
      assertTrue(arguments.startsWith("{") && !arguments.endsWith("}"), cut.text());
      String back =
          question
              + ","
              + cut.at("/choices/0/message")
              + ",{\"role\":\"tool\",\"tool_call_id\":\"%s\",\"content\":\"That is no JSON.\"}"
                  .formatted(Json.parse(call).path("id").asText())
              + "]";
      TestServer.Answer answer =
          server.post(CHAT, "{%s,%s,\"max_tokens\":4}".formatted(back, tools));
      assertEquals(200, answer.status(), answer.text());
    }
  }
}
