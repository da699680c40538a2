package dev.sgl.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sgl.server.TestServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The parameters that speak of tokens: which may come, where they end, and which are reported.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokensTest {
  private static final String TOOL =
      "{'type':'function','function':{'name':'look','parameters':{'type':'object','properties':"
          + "{'at':{'enum':['left','right']}},'required':['at']}}}";

  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    server = TestServer.withQwen3();
  }

  @AfterAll
  void close() {
    server.close();
  }

  private static String quoted(String text) {
    return text.replace('\'', '"');
  }

  private TestServer.Answer complete(String members) throws IOException {
    return server.post(
        "/v1/completions",
        quoted("{'prompt':'The lamp','max_tokens':40,'temperature':1,'seed':3," + members + "}"));
  }

  private String completed(String members) throws IOException {
    return complete(members).at("/choices/0/text").asText();
  }

  private static List<Integer> integers(JsonNode list) {
    List<Integer> all = new ArrayList<>();
    list.forEach(item -> all.add(item.asInt()));
    return all;
  }

  @Test
  void aTextEndsBeforeTheFirstMatchOfAPattern() throws IOException {
    String whole = completed("'ignore_eos':true");
    var matcher = Pattern.compile("[aeiou][a-z] ").matcher(whole);
    assertTrue(matcher.find(), whole);
    TestServer.Answer answer = complete("'ignore_eos':true,'stop_regex':'[aeiou][a-z] '");
    assertEquals(whole.substring(0, matcher.start()), answer.at("/choices/0/text").asText());
    assertEquals("[aeiou][a-z] ", answer.at("/choices/0/matched_stop").asText());
    assertEquals("stop", answer.at("/choices/0/finish_reason").asText());
  }

  @Test
  void aBannedTextNeverComesInWhateverTokens() throws IOException {
    String whole = completed("'ignore_eos':true");
    for (int at = 0; at + 2 < whole.length(); at += 3) {
      String banned = whole.substring(at, at + 2);
      String json = new TextNode(banned).toString();
      String text =
          server
              .post(
                  "/v1/completions",
                  quoted("{'prompt':'The lamp','max_tokens':40,'temperature':1,'seed':3,")
                      + "\"ignore_eos\":true,\"bad_words\":["
                      + json
                      + "]}")
              .at("/choices/0/text")
              .asText();
      assertFalse(text.contains(banned), text);
      assertFalse(text.isEmpty());
    }
  }

  @Test
  void onlyAllowedTokensCome() throws IOException {
    List<Integer> some = List.of(300, 301, 302);
    JsonNode answer = complete("'allowed_token_ids':" + some + ",'return_token_ids':true").json();
    List<Integer> ids = integers(answer.at("/choices/0/token_ids"));
    assertEquals(40, ids.size(), answer.toString());
    assertTrue(some.containsAll(ids), ids.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stop_regex ^a",
        "stop_regex a*",
        "stop_regex (",
        "bad_words ",
        "allowed_token_ids -1",
        "truncate_prompt_tokens 0",
        "prompt_logprobs 21",
        "length_penalty 2"
      })
  void whatCannotBeDoneIsRefusedByName(String given) throws IOException {
    String name = given.split(" ", 2)[0];
    String value = given.split(" ", 2)[1];
    boolean isNumber = value.matches("-?[0-9]+");
    boolean isList = name.startsWith("allowed");
    String json = isList ? "[" + value + "]" : isNumber ? value : "['" + value + "']";
    TestServer.Answer answer = complete("'" + name + "':" + json);
    assertEquals(400, answer.status(), answer.text());
    assertTrue(answer.error().contains(name), answer.error());
  }

  @ParameterizedTest
  @ValueSource(strings = {"'response_format':{'type':'json_object'}", "'tools':[TOOL]"})
  void wordsAreNotLimitedWhereATypeSaysWhichCome(String members) throws IOException {
    for (String words : List.of("'bad_words':['a']", "'allowed_token_ids':[7]")) {
      String body = "{'messages':[{'role':'user','content':'Go.'}],'max_tokens':4," + words + ",";
      TestServer.Answer answer =
          server.post("/v1/chat/completions", quoted(body + members.replace("TOOL", TOOL) + "}"));
      assertEquals(400, answer.status(), answer.text());
      assertTrue(answer.error().contains("free text"), answer.error());
    }
  }

  /// The ids of thoughts, calls and ends are among those of an answer: as many as are counted.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'reasoning_effort':'none'",
        "'reasoning_effort':'medium'",
        "'reasoning_effort':'medium','response_format':{'type':'json_object'}",
        "'reasoning_effort':'none','tools':[TOOL]",
        "'reasoning_effort':'medium','tools':[TOOL],'tool_choice':'required'",
        "'stop':['a','e']"
      })
  void anAnswerIsReportedAsAllItsTokens(String members) throws IOException {
    for (int seed = 0; seed < 4; seed++) {
      String body =
          quoted(
              "{'messages':[{'role':'user','content':'Go.'}],'max_tokens':120,'temperature':1,"
                  + ("'return_token_ids':true,'seed':" + seed + "," + members)
                      .replace("TOOL", TOOL));
      JsonNode answer = server.post("/v1/chat/completions", body + "}").json();
      List<Integer> ids = integers(answer.at("/choices/0/token_ids"));
      assertEquals(answer.at("/usage/completion_tokens").asInt(), ids.size(), answer.toString());
      List<Integer> prompt = integers(answer.at("/prompt_token_ids"));
      assertEquals(answer.at("/usage/prompt_tokens").asInt(), prompt.size());
      List<Integer> streamed = new ArrayList<>();
      List<Integer> before = new ArrayList<>();
      for (JsonNode event : server.stream("/v1/chat/completions", body + ",\"stream\":true}")) {
        streamed.addAll(integers(event.at("/choices/0/token_ids")));
        before.addAll(integers(event.at("/prompt_token_ids")));
      }
      assertEquals(ids, streamed);
      assertEquals(prompt, before);
    }
  }

  @Test
  void theLogprobsOfAPromptAreThoseOfItsEcho() throws IOException {
    JsonNode echoed = complete("'logprobs':3,'echo':true").at("/choices/0");
    JsonNode answer = complete("'prompt_logprobs':3,'return_token_ids':true").at("/choices/0");
    ArrayNode prompt = (ArrayNode) answer.path("prompt_logprobs");
    List<Integer> ids = integers(answer.path("prompt_token_ids"));
    assertEquals(ids.size(), prompt.size());
    assertTrue(prompt.get(0).isNull());
    for (int i = 1; i < ids.size(); i++) {
      JsonNode own = prompt.get(i).path(ids.get(i).toString());
      assertEquals(echoed.at("/logprobs/token_logprobs").get(i), own.path("logprob"));
      assertTrue(prompt.get(i).size() >= 3, prompt.toString());
      long first =
          prompt.get(i).properties().stream()
              .filter(e -> e.getValue().path("rank").asInt() == 1)
              .count();
      assertEquals(1, first);
    }
    JsonNode chat =
        server
            .post(
                "/v1/chat/completions",
                quoted(
                    "{'messages':[{'role':'user','content':'Go.'}],'max_tokens':1,"
                        + "'prompt_logprobs':0}"))
            .json();
    assertEquals(chat.at("/usage/prompt_tokens").asInt(), chat.path("prompt_logprobs").size());
  }

  @Test
  void aPromptIsCutToItsLastTokens() throws IOException {
    Function<JsonNode, List<Integer>> ids = node -> integers(node.path("prompt_token_ids"));
    List<Integer> whole = ids.apply(complete("'return_token_ids':true").at("/choices/0"));
    List<Integer> cut =
        ids.apply(complete("'return_token_ids':true,'truncate_prompt_tokens':2").at("/choices/0"));
    assertEquals(whole.subList(whole.size() - 2, whole.size()), cut);
    String body =
        "{'messages':[{'role':'user','content':'" + "Go on. ".repeat(3000) + "'}],'max_tokens':7";
    assertEquals(400, server.post("/v1/chat/completions", quoted(body + "}")).status());
    JsonNode chat =
        server.post("/v1/chat/completions", quoted(body + ",'truncate_prompt_tokens':-1}")).json();
    int context = server.backend().card().context();
    assertEquals(context - 7, chat.at("/usage/prompt_tokens").asInt(), chat.toString());
  }
}
