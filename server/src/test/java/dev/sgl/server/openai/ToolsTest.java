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
import java.util.Set;
import java.util.TreeMap;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Tools with the chat templates of models that know them. The model here does not; its calls are
/// what the constraint makes of them, which is the point: they are always well formed.
class ToolsTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String TOOLS =
      """
      "tools": [
        {"type": "function", "function": {"name": "get_weather", "description": "The weather.",
          "parameters": {"type": "object", "properties": {
            "city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["C", "F"]}},
            "required": ["city", "unit"], "additionalProperties": false}}},
        {"type": "function", "function": {"name": "get_time", "description": "The time."}}
      ]""";

  private static String ask(String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"How is the weather in Rome?\"}],"
        + "\"temperature\":0,\"chat_template_kwargs\":{\"enable_thinking\":false},"
        + TOOLS
        + ","
        + more
        + "}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Qwen-Qwen2.5-7B-Instruct",
        "Qwen-Qwen3-0.6B",
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
        "meta-llama-Llama-3.1-8B-Instruct",
        "meta-llama-Llama-3.2-3B-Instruct",
        "mistralai-Mistral-Nemo-Instruct-2407",
        "Mistral-Small-3.2-24B-Instruct-2506",
        "Qwen3-Coder",
        "ByteDance-Seed-OSS",
        "GLM-4.6",
        "GLM-4.7-Flash",
        "deepseek-ai-DeepSeek-V3.1",
        "deepseek-ai-DeepSeek-V3.2",
        "moonshotai-Kimi-K2",
        "google-gemma-4-31B-it",
        "LFM2-8B-A1B",
        "Apertus-8B-Instruct",
        "ibm-granite-granite-3.3-2B-Instruct",
        "meetkai-functionary-medium-v3.1",
      })
  void aCallIsWellFormedWhateverTheModelSays(String template) throws IOException {
    try (TestServer server = TestServer.withTemplateOf(template)) {
      JsonNode body =
          server
              .post(
                  PATH,
                  ask(
                      "\"tool_choice\":\"required\",\"parallel_tool_calls\":false,\"max_tokens\":200"))
              .json();
      JsonNode choice = body.at("/choices/0");
      assertEquals("tool_calls", choice.path("finish_reason").asText(), body.toString());
      assertTrue(choice.at("/message/content").isNull());
      choice.at("/message/tool_calls").forEach(ToolsTest::check);
      JsonNode named =
          server
              .post(
                  PATH,
                  ask(
                      "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}},"
                          + "\"max_tokens\":200"))
              .json();
      assertEquals("stop", named.at("/choices/0/finish_reason").asText());
      JsonNode calls = named.at("/choices/0/message/tool_calls");
      assertEquals(1, calls.size());
      assertEquals("get_weather", calls.at("/0/function/name").asText());
      check(calls.get(0));
    }
  }

  private static void check(JsonNode call) {
    JsonNode arguments = Json.parse(call.at("/function/arguments").asText());
    assertEquals("function", call.path("type").asText());
    if (call.at("/function/name").asText().equals("get_weather")) {
      assertEquals(2, arguments.size(), arguments.toString());
      assertTrue(Set.of("C", "F").contains(arguments.path("unit").asText()));
    } else {
      assertEquals("get_time", call.at("/function/name").asText());
      assertTrue(arguments.isEmpty() && arguments.isObject());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Qwen-Qwen2.5-7B-Instruct", "Qwen3-Coder", "google-gemma-4-31B-it", "LFM2-8B-A1B"})
  void aStreamedCallIsTheSame(String template) throws IOException {
    try (TestServer server = TestServer.withTemplateOf(template)) {
      String more = "\"tool_choice\":\"required\",\"parallel_tool_calls\":false,\"max_tokens\":200";
      JsonNode whole = server.post(PATH, ask(more)).json().at("/choices/0/message/tool_calls");
      List<JsonNode> events = server.stream(PATH, ask(more + ",\"stream\":true"));
      TreeMap<Integer, List<String>> calls = new TreeMap<>(); // name, then pieces of arguments
      String finish = "";
      for (JsonNode event : events) {
        for (JsonNode call : event.at("/choices/0/delta/tool_calls")) {
          List<String> pieces =
              calls.computeIfAbsent(call.path("index").asInt(), _ -> new ArrayList<>());
          if (pieces.isEmpty()) {
            assertTrue(call.path("id").asText().startsWith("call_"));
            pieces.add(call.at("/function/name").asText());
          }
          pieces.add(call.at("/function/arguments").asText());
        }
        finish = event.at("/choices/0/finish_reason").asText();
      }
      assertEquals("tool_calls", finish);
      assertEquals(1, calls.size());
      List<String> pieces = calls.firstEntry().getValue();
      assertTrue(pieces.size() > 3, "the arguments come in pieces: " + pieces);
      assertEquals(whole.at("/0/function/name").asText(), pieces.getFirst());
      assertEquals(
          whole.at("/0/function/arguments").asText(),
          String.join("", pieces.subList(1, pieces.size())));
    }
  }

  @Test
  void answersOfToolsGoIntoTheConversation() throws IOException {
    try (TestServer server = TestServer.withTemplateOf("Qwen-Qwen2.5-7B-Instruct")) {
      String messages =
          """
          "messages": [
            {"role": "user", "content": "How is the weather in Rome?"},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",
              "function": {"name": "get_weather", "arguments": "{\\"city\\":\\"Rome\\",\\"unit\\":\\"C\\"}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"}]""";
      String body = "{" + messages + "," + TOOLS + "}";
      JsonNode tokens =
          server
              .post(
                  "/tokenize",
                  body.substring(0, body.length() - 1) + ",\"return_token_strs\":true}")
              .json();
      StringBuilder text = new StringBuilder();
      tokens.path("token_strs").forEach(token -> text.append(token.asText()));
      assertTrue(
          text.toString()
              .contains(
                  "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\", \"unit\": \"C\"}}"),
          text.toString());
      assertTrue(text.toString().contains("<tool_response>\n21 degrees"), text.toString());
      assertTrue(text.toString().contains("\"description\": \"The weather.\""), text.toString());
    }
  }

  @Test
  void aThoughtIsToldApartFromWhatIsSaid() throws IOException {
    try (TestServer server = TestServer.withQwen3()) {
      String thinking =
          ask("\"max_tokens\":12").replace("\"enable_thinking\":false", "\"enable_thinking\":true");
      JsonNode message = server.post(PATH, thinking).json().at("/choices/0/message");
      assertTrue(message.path("reasoning_content").isTextual(), message.toString());
      assertFalse(message.path("content").asText().contains("think>"), message.toString());
      String together =
          thinking.replace("\"max_tokens\"", "\"separate_reasoning\":false,\"max_tokens\"");
      assertTrue(
          server
              .post(PATH, together)
              .at("/choices/0/message/content")
              .asText()
              .startsWith("<think>"));
      JsonNode silent = server.post(PATH, ask("\"max_tokens\":12")).json().at("/choices/0/message");
      assertTrue(silent.path("reasoning_content").isMissingNode(), silent.toString());
    }
  }

  @Test
  void streamedLogprobsAreThoseOfTheWholeAnswer() throws IOException {
    try (TestServer server = TestServer.withQwen3()) {
      for (int seed = 0; seed < 5; seed++) {
        String more = "\"max_tokens\":40,\"logprobs\":true,\"top_logprobs\":1,\"seed\":" + seed;
        String body = ask(more).replace("\"temperature\":0", "\"temperature\":1.3");
        List<String> whole = new ArrayList<>();
        server
            .post(PATH, body)
            .at("/choices/0/logprobs/content")
            .forEach(one -> whole.add(one.path("token").asText()));
        List<String> streamed = new ArrayList<>();
        for (JsonNode event : server.stream(PATH, body.replaceFirst("\\{", "{\"stream\":true,"))) {
          event
              .at("/choices/0/logprobs/content")
              .forEach(one -> streamed.add(one.path("token").asText()));
        }
        assertFalse(whole.isEmpty());
        assertEquals(whole, streamed);
      }
    }
  }

  /// As Pydantic writes optional parameters, and as strict callers fill them in.
  @Test
  void thereMayBeNullsInToolsAndInCalls() throws IOException {
    String tools =
        """
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{
          "a":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null},"b":{"enum":["x",null]}}}}}]""";
    String messages =
        """
        "messages":[{"role":"user","content":"Go."},
          {"role":"assistant","content":null,"tool_calls":[{"id":"call00001","type":"function",
            "function":{"name":"f","arguments":"%s"}}]},
          {"role":"tool","tool_call_id":"call00001","content":"done"}]""";
    try (TestServer server = TestServer.withQwen3()) {
      String asked = messages.formatted("{\\\"a\\\":null}");
      TestServer.Answer answer =
          server.post(PATH, "{%s,%s,\"max_tokens\":8}".formatted(asked, tools));
      assertEquals(200, answer.status(), answer.text());
      TestServer.Answer tokens = server.post("/tokenize", "{%s,%s}".formatted(asked, tools));
      assertEquals(200, tokens.status(), tokens.text());
      TestServer.Answer none = server.post(PATH, "{%s}".formatted(messages.formatted("null")));
      assertEquals(400, none.status(), none.text());
      assertTrue(none.error().contains("must be a JSON object"), none.error());
    }
  }

  /// Schemas of tools in the wild: `enum` beside a type that no value has, keywords that nobody
  /// knows, `nullable`, and a required parameter without a schema.
  @Test
  void aToolIsOfferedAsItsAuthorMeantIt() throws IOException {
    String tools =
        """
        {"messages":[{"role":"user","content":"Go."}],"temperature":0,"max_tokens":200,
          "tool_choice":"required","parallel_tool_calls":false,"on_length":"close",
          "chat_template_kwargs":{"enable_thinking":false},
          "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object",
            "properties":{
              "a":{"type":"array","items":{"type":"string"},"enum":["trust","buzz"],"optional":true},
              "b":{"type":"boolean","nullable":true,"const":null},
              "c":{"type":"string","enum":["x"]}},
            "required":["a","b","c","d"],"optional":["a"]}}}]}""";
    try (TestServer server = TestServer.withQwen3()) {
      try (Response response = server.call(PATH, tools).execute()) {
        JsonNode body = Json.parse(response.body().string());
        assertEquals(200, response.code(), body.toString());
        assertEquals("optional", response.header("X-Ignored-Schema-Keywords"));
        String text = body.at("/choices/0/message/tool_calls/0/function/arguments").asText();
        JsonNode arguments = Json.parse(text);
        assertTrue(Set.of("trust", "buzz").contains(arguments.path("a").asText()), text);
        assertTrue(arguments.path("b").isNull() && arguments.has("d"), text);
        assertEquals(4, arguments.size(), text);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "required"})
  void onlyAllowedToolsAreCalled(String mode) throws IOException {
    try (TestServer server = TestServer.withQwen3()) {
      String allowed =
          """
          "max_tokens":200,"parallel_tool_calls":false,"tool_choice":{"type":"allowed_tools",
            "allowed_tools":{"mode":"%s","tools":[{"type":"function","function":{"name":"%s"}}]}}""";
      TestServer.Answer answer = server.post(PATH, ask(allowed.formatted(mode, "get_time")));
      assertEquals(200, answer.status(), answer.text());
      JsonNode calls = answer.at("/choices/0/message/tool_calls");
      calls.forEach(call -> assertEquals("get_time", call.at("/function/name").asText()));
      assertTrue(mode.equals("auto") || calls.size() == 1, answer.text());
      TestServer.Answer none = server.post(PATH, ask(allowed.formatted(mode, "get_tim")));
      assertEquals(400, none.status());
      assertTrue(none.error().contains("there is no tool get_tim"), none.error());
    }
  }

  @Test
  void aParameterThatTheFormatCannotNameIsRefused() throws IOException {
    try (TestServer server = TestServer.withTemplateOf("Qwen3-Coder")) {
      String odd = ask("\"n\":1").replace("\"city\"", "\"a>\\nb\"");
      TestServer.Answer refused = server.post(PATH, odd);
      assertEquals(400, refused.status());
      assertTrue(refused.error().contains("cannot be written"), refused.error());
    }
  }

  @Test
  void theArgumentsOfAToolAreAnObject() throws IOException {
    try (TestServer server = TestServer.withTemplateOf("Qwen-Qwen2.5-7B-Instruct")) {
      for (String schema : List.of("{}", "{\"properties\":{\"a\":{\"type\":\"boolean\"}}}")) {
        String body =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Go.\"}],\"max_tokens\":60,"
                + "\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":"
                + "{\"name\":\"go\",\"parameters\":"
                + schema
                + "}}]}";
        String arguments =
            server
                .post(PATH, body)
                .at("/choices/0/message/tool_calls/0/function/arguments")
                .asText();
        assertTrue(arguments.startsWith("{"), arguments);
      }
      String list = ask("\"n\":1").replace("\"type\": \"object\"", "\"type\": \"array\"");
      assertEquals(400, server.post(PATH, list).status());
    }
  }

  /// A turn that reaches the end of the context is cut, not refused: its beginning was said.
  @Test
  void theEndOfTheContextEndsATurn() throws IOException {
    try (TestServer server = TestServer.withTemplateOf("Qwen-Qwen2.5-7B-Instruct")) {
      int context = server.get("/get_model_info").at("/context_length").asInt();
      String body = ask("\"tool_choice\":\"required\"");
      String tokenized =
          body.replace("\"temperature\":0,", "").replace(",\"tool_choice\":\"required\"", "");
      int tokens = server.post("/tokenize", tokenized).at("/count").asInt();
      assertTrue(tokens > 0);
      String filler = " a".repeat(context - tokens - 10);
      String longer = body.replace("in Rome?", "in Rome?" + filler);
      TestServer.Answer answer = server.post(PATH, longer);
      assertEquals(200, answer.status(), answer.text());
      assertEquals("length", answer.at("/choices/0/finish_reason").asText(), answer.text());
    }
  }

  /// BFCL's multi-turn calls describe results of functions, which no API does.
  @Test
  void membersOfFunctionsThatAreNotKnownAreLeftOutAndNamed() throws IOException {
    String tool =
        "{'type':'function','function':{'name':'f','response':{'type':'string'},'parameters':"
            + "{'type':'object','properties':{}}}}";
    String body =
        "{'messages':[{'role':'user','content':'Go.'}],'max_tokens':2,'tools':[" + tool + "]}";
    try (TestServer server = TestServer.withTemplateOf("Qwen-Qwen2.5-7B-Instruct");
        var answer = server.call("/v1/chat/completions", body.replace('\'', '"')).execute()) {
      assertEquals(200, answer.code());
      assertEquals("response", answer.header("X-Ignored-Schema-Keywords"));
    }
  }
}
