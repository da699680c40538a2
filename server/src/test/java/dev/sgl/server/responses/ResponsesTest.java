package dev.sgl.server.responses;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.TestServer;
import dev.sgl.server.TestServer.Answer;
import dev.sgl.server.TestServer.Event;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Responses of the demo model, with the chat template of one that thinks and calls tools.
class ResponsesTest {
  private static final String PATH = "/v1/responses";

  private static final String TOOLS =
      """
      "tools":[{"type":"function","name":"get_weather","parameters":{"type":"object",
        "properties":{"city":{"type":"string","maxLength":12}},"required":["city"]}}]""";

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

  private static JsonNode respond(String members) throws IOException {
    Answer answer = server.post(PATH, body(members));
    assertEquals(200, answer.status(), answer.text());
    return answer.json();
  }

  private static JsonNode item(JsonNode response, String type) {
    for (JsonNode item : response.path("output")) {
      if (item.path("type").asText().equals(type)) {
        return item;
      }
    }
    throw new AssertionError("no " + type + " in " + response);
  }

  private static String text(JsonNode response) {
    return item(response, "message").at("/content/0/text").asText();
  }

  @Test
  void aResponseHasItsItemsAndItsUsage() throws IOException {
    JsonNode response = respond("'input':'Who are you?','max_output_tokens':60");
    assertTrue(response.path("id").asText().startsWith("resp_"));
    assertEquals("completed", response.path("status").asText(), response.toString());
    assertFalse(item(response, "reasoning").at("/content/0/text").asText().isBlank());
    assertEquals("assistant", item(response, "message").path("role").asText());
    JsonNode usage = response.path("usage");
    int output = usage.path("output_tokens").asInt();
    assertEquals(usage.path("total_tokens").asInt(), usage.path("input_tokens").asInt() + output);
    int thought = usage.at("/output_tokens_details/reasoning_tokens").asInt();
    assertTrue(thought > 0 && thought < output, usage.toString());
  }

  @Test
  void theAnswerIsTheOneOfAChat() throws IOException {
    String chat =
        """
        {"temperature":0,"max_tokens":60,"messages":[{"role":"system","content":"Be brief."},
          {"role":"user","content":"Who are you?"}]}""";
    JsonNode message = server.post("/v1/chat/completions", chat).at("/choices/0/message");
    JsonNode response =
        respond("'instructions':'Be brief.','input':'Who are you?','max_output_tokens':60");
    assertEquals(message.path("content").asText(), text(response));
    assertEquals(
        message.path("reasoning_content").asText(),
        item(response, "reasoning").at("/content/0/text").asText());
  }

  // --- tools as agents offer them

  private static final String OF_AGENTS =
      """
      'tools':[{'type':'namespace','name':'files','description':'Files.','tools':[
          {'type':'function','name':'read','parameters':{'type':'object',
            'properties':{'at':{'enum':['left','right']}},'required':['at']}}]},
        {'type':'custom','name':'shout','description':'Shouts.',
          'format':{'type':'grammar','syntax':'regex','definition':'[A-Z]{3}!'}},
        {'type':'web_search','external_web_access':false}],
      'client_metadata':{'x':'y'},'text':{'verbosity':'low'},'max_output_tokens':400""";

  @Test
  void aFunctionOfANamespaceIsCalledByItsOwnName() throws IOException {
    JsonNode response =
        respond(
            "'input':'Go.',"
                + OF_AGENTS
                + ",'tool_choice':{'type':'function','namespace':'files','name':'read'}");
    JsonNode call = item(response, "function_call");
    assertEquals("files", call.path("namespace").asText(), response.toString());
    assertEquals("read", call.path("name").asText());
    String at = Json.parse(call.path("arguments").asText()).path("at").asText();
    assertTrue(List.of("left", "right").contains(at), at);
    String result =
        "{'type':'function_call_output','call_id':'%s','output':'A map.'}"
            .formatted(call.path("call_id").asText());
    String more = "'previous_response_id':'" + response.path("id").asText() + "','input':[";
    assertEquals("completed", respond(more + result + "]," + OF_AGENTS).path("status").asText());
  }

  @Test
  void aCustomToolGetsAText() throws IOException {
    String body = "'input':'Go.'," + OF_AGENTS + ",'tool_choice':{'type':'custom','name':'shout'}";
    JsonNode response = respond(body);
    JsonNode call = item(response, "custom_tool_call");
    assertTrue(call.path("input").asText().matches("[A-Z]{3}!"), response.toString());
    StringBuilder streamed = new StringBuilder();
    for (Event event : server.events(PATH, body(body + ",'stream':true"))) {
      if (event.name().equals("response.custom_tool_call_input.delta")) {
        streamed.append(event.at("/delta").asText());
      }
    }
    assertEquals(call.path("input").asText(), streamed.toString());
    String result =
        "{'type':'custom_tool_call_output','call_id':'%s','output':'Done.'}"
            .formatted(call.path("call_id").asText());
    String more = "'previous_response_id':'" + response.path("id").asText() + "','input':[";
    assertEquals("completed", respond(more + result + "]," + OF_AGENTS).path("status").asText());
  }

  @Test
  void toolsOfOtherServersAreLeftOutBesideOthersAndRefusedAlone() throws IOException {
    String alone = "'input':'Go.','tools':[{'type':'web_search'}]";
    TestServer.Answer refused = server.post(PATH, body(alone));
    assertEquals(400, refused.status());
    assertTrue(refused.error().contains("web_search"), refused.error());
    try (var answer = server.call(PATH, body("'input':'Go.'," + OF_AGENTS)).execute()) {
      assertEquals(200, answer.code());
      assertEquals("web_search", answer.header("X-Ignored-Tools"));
    }
  }

  // --- streams

  /// What a stream says step by step is what the response says as a whole.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'input':'Who are you?','max_output_tokens':60",
        "'input':'Who are you?','max_output_tokens':60,'reasoning':{'summary':'auto'}",
        "'input':'Who are you?','max_output_tokens':4",
        "'input':'Who are you?','max_output_tokens':60,'reasoning':{'effort':'none'},"
            + "'include':['message.output_text.logprobs'],'top_logprobs':2",
        "'input':'Weather in Rome?','max_output_tokens':300,'tool_choice':'required',TOOLS",
      })
  void theEventsOfAStreamAddUpToTheResponse(String members) throws IOException {
    String call = members.replace("TOOLS", TOOLS);
    JsonNode whole = respond(call);
    List<Event> events = server.events(PATH, body(call + ",'stream':true"));
    List<String> names = events.stream().map(Event::name).toList();
    assertEquals(List.of("response.created", "response.in_progress"), names.subList(0, 2));
    assertEquals("response." + whole.path("status").asText(), names.getLast());
    List<StringBuilder> texts = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      assertEquals(event.name(), event.at("/type").asText());
      assertEquals(i, event.at("/sequence_number").asInt());
      int index = event.at("/output_index").asInt();
      if (event.name().equals("response.output_item.added")) {
        assertEquals(texts.size(), index);
        texts.add(new StringBuilder());
      }
      if (event.name().endsWith(".delta")) {
        texts.get(index).append(event.at("/delta").asText());
      }
      if (event.name().equals("response.output_item.done")) {
        assertEquals(words(event.at("/item")), texts.get(index).toString());
      }
    }
    JsonNode streamed = events.getLast().at("/response");
    assertEquals(whole.path("output").size(), streamed.path("output").size());
    for (int i = 0; i < texts.size(); i++) {
      assertEquals(words(whole.at("/output/" + i)), texts.get(i).toString());
      assertEquals(words(streamed.at("/output/" + i)), texts.get(i).toString());
    }
    assertEquals(whole.at("/usage/output_tokens"), streamed.at("/usage/output_tokens"));
  }

  private static String words(JsonNode item) {
    return item.path("type").asText().equals("function_call")
        ? item.path("arguments").asText()
        : item.at("/content/0/text").asText(item.at("/summary/0/text").asText());
  }

  @Test
  void aCallThatIsRefusedIsNoStream() throws IOException {
    Answer answer = server.post(PATH, body("'stream':true,'input':'" + "long ".repeat(9000) + "'"));
    assertEquals(400, answer.status());
    assertEquals("context_length_exceeded", answer.at("/error/code").asText());
    assertTrue(answer.error().startsWith("This model's maximum context length is 2048 tokens."));
  }

  // --- conversations

  @Test
  void aResponseGoesOnWithAnEarlierOne() throws IOException {
    JsonNode first = respond("'input':'Who are you?','max_output_tokens':60");
    String id = first.path("id").asText();
    JsonNode second =
        respond("'previous_response_id':'" + id + "','input':'And now?','max_output_tokens':40");
    String items =
        "[{'role':'user','content':'Who are you?'},"
            + first.path("output").toString().replaceFirst("^\\[", "").replaceFirst("]$", "")
            + ",{'role':'user','content':'And now?'}]";
    JsonNode same = respond("'input':" + items + ",'max_output_tokens':40");
    assertEquals(second.at("/usage/input_tokens"), same.at("/usage/input_tokens"));
    assertEquals(
        second.path("output").findValuesAsText("text"),
        same.path("output").findValuesAsText("text"));
    Answer kept = server.get(PATH + "/" + id);
    assertEquals(first, kept.json());
    Answer input = server.get(PATH + "/" + second.path("id").asText() + "/input_items");
    assertEquals("And now?", input.at("/data/0/content/0/text").asText(), input.text());
    assertTrue(server.delete(PATH + "/" + id).at("/deleted").asBoolean());
    assertEquals(404, server.get(PATH + "/" + id).status());
    Answer gone = server.post(PATH, body("'input':'a','previous_response_id':'" + id + "'"));
    assertEquals("previous_response_not_found", gone.at("/error/code").asText());
  }

  @Test
  void whatIsNotStoredIsNotThere() throws IOException {
    JsonNode response = respond("'input':'a','store':false,'max_output_tokens':3");
    assertEquals(404, server.get(PATH + "/" + response.path("id").asText()).status());
  }

  @Test
  void itemsMayBeReferredTo() throws IOException {
    JsonNode first = respond("'input':'Who are you?','max_output_tokens':60");
    String id = item(first, "message").path("id").asText();
    String more = "{'role':'user','content':'More.'}],'max_output_tokens':5";
    JsonNode by = respond("'input':[{'type':'item_reference','id':'" + id + "'}," + more);
    JsonNode with = respond("'input':[" + item(first, "message") + "," + more);
    assertEquals(with.at("/usage/input_tokens"), by.at("/usage/input_tokens"));
    Answer none = server.post(PATH, body("'input':[{'type':'item_reference','id':'x'}]"));
    assertEquals("input[0].id", none.at("/error/param").asText());
  }

  /// An item of a client cannot take the place of another, whatever its id.
  @Test
  void anItemKeepsItsId() throws IOException {
    JsonNode first = respond("'input':'Who are you?','max_output_tokens':60");
    String id = item(first, "message").path("id").asText();
    String other =
        "{'role':'assistant','id':'%s','content':'Other.'},{'role':'user','content':'a'}";
    respond("'max_output_tokens':2,'input':[" + other.formatted(id) + "]");
    String more = ",{'role':'user','content':'More.'}],'max_output_tokens':5";
    JsonNode by = respond("'input':[{'type':'item_reference','id':'" + id + "'}" + more);
    JsonNode with = respond("'input':[" + item(first, "message") + more);
    assertEquals(with.at("/usage/input_tokens"), by.at("/usage/input_tokens"));
  }

  @Test
  void anItemStaysAsLongAsAConversationHasIt() throws IOException {
    String conversation = server.post("/v1/conversations", "{}").at("/id").asText();
    JsonNode first =
        respond("'conversation':'%s','input':'Hi.','max_output_tokens':60".formatted(conversation));
    server.delete(PATH + "/" + first.path("id").asText());
    String id = item(first, "message").path("id").asText();
    respond(
        "'conversation':'%s','max_output_tokens':3,'input':[{'type':'item_reference','id':'%s'}]"
            .formatted(conversation, id));
    String path = "/v1/conversations/" + conversation + "/items?limit=100";
    List<String> ids = server.get(path).json().path("data").findValuesAsText("id");
    assertEquals(ids.size(), Set.copyOf(ids).size(), "an item is there twice");
  }

  @Test
  void aConversationGrowsWithItsResponses() throws IOException {
    Answer begun =
        server.post(
            "/v1/conversations",
            body("'items':[{'role':'user','content':'I am Ada.'}],'metadata':{'a':'b'}")
                .replace("\"temperature\":0,", ""));
    assertEquals(200, begun.status(), begun.text());
    String path = "/v1/conversations/" + begun.at("/id").asText();
    respond(
        "'conversation':'%s','input':'Who am I?','max_output_tokens':60"
            .formatted(begun.at("/id").asText()));
    Answer items = server.get(path + "/items?order=asc&limit=2");
    assertEquals(2, items.at("/data").size());
    assertTrue(items.at("/has_more").asBoolean());
    Answer rest = server.get(path + "/items?order=asc&after=" + items.at("/last_id").asText());
    assertEquals("reasoning", rest.at("/data/0/type").asText(), rest.text());
    assertEquals("message", rest.at("/data/1/type").asText());
    String first = items.at("/first_id").asText();
    assertEquals("I am Ada.", server.get(path + "/items/" + first).at("/content/0/text").asText());
    assertEquals(200, server.delete(path + "/items/" + first).status());
    assertEquals(404, server.get(path + "/items/" + first).status());
    assertEquals("c", server.post(path, "{\"metadata\":{\"b\":\"c\"}}").at("/metadata/b").asText());
    assertTrue(server.delete(path).at("/deleted").asBoolean());
    assertEquals(404, server.get(path).status());
  }

  // --- tools, formats, thoughts

  @Test
  void aToolIsCalledAndItsResultIsRead() throws IOException {
    JsonNode response =
        respond("'input':'Weather?','tool_choice':'required','max_output_tokens':200," + TOOLS);
    JsonNode call = item(response, "function_call");
    assertTrue(Json.parse(call.path("arguments").asText()).path("city").isTextual());
    String result =
        "{'type':'function_call_output','call_id':'%s','output':'Sunny.'}],'max_output_tokens':9"
            .formatted(call.path("call_id").asText());
    JsonNode kept =
        respond(
            "'previous_response_id':'%s','input':[%s"
                .formatted(response.path("id").asText(), result));
    JsonNode sent =
        respond(
            "'input':[{'role':'user','content':'Weather?'},%s,%s,%s"
                .formatted(item(response, "reasoning"), call, result));
    assertEquals(sent.at("/usage/input_tokens"), kept.at("/usage/input_tokens"));
    assertEquals(sent.at("/output/0/content"), kept.at("/output/0/content"));
  }

  @Test
  void aFormatIsHeld() throws IOException {
    JsonNode response =
        respond(
            "'input':'Go.','max_output_tokens':300,'text':{'format':{'type':'json_schema','name':'x','schema':{'type':'object','properties':{'ok':{'type':'boolean'}},'required':['ok']}}}");
    assertTrue(Json.parse(text(response)).path("ok").isBoolean(), response.toString());
    assertEquals("x", response.at("/text/format/name").asText());
  }

  @Test
  void aClientMayKeepTheThought() throws IOException {
    JsonNode response =
        respond(
            "'input':'Who are you?','store':false,'include':['reasoning.encrypted_content'],'max_output_tokens':60");
    JsonNode thought = item(response, "reasoning");
    String kept =
        "{'type':'reasoning','id':'rs_1','summary':[],'encrypted_content':'"
            + thought.path("encrypted_content").asText()
            + "'}";
    String next =
        ",{'type':'function_call','call_id':'a','name':'get_weather','arguments':'{}'},{'type':'function_call_output','call_id':'a','output':'x'}],'max_output_tokens':3,"
            + TOOLS;
    String question = "'input':[{'role':'user','content':'Who are you?'},";
    assertEquals(
        respond(question + thought + next).at("/usage/input_tokens"),
        respond(question + kept + next).at("/usage/input_tokens"));
  }

  @Test
  void aConversationThatIsTooLongLosesItsBeginning() throws IOException {
    String items =
        "[{'role':'system','content':'S'},{'role':'user','content':'%s'},{'role':'user','content':'Hi.'}]"
            .formatted("long ".repeat(3000));
    assertEquals(400, server.post(PATH, body("'input':" + items)).status());
    JsonNode cut = respond("'truncation':'auto','max_output_tokens':3,'input':" + items);
    JsonNode rest =
        respond(
            "'max_output_tokens':3,'input':[{'role':'system','content':'S'},{'role':'user','content':'Hi.'}]");
    assertEquals(rest.at("/usage/input_tokens"), cut.at("/usage/input_tokens"));
    String many = String.join(",", Collections.nCopies(9000, "{'role':'user','content':'a'}"));
    JsonNode long_ = respond("'truncation':'auto','max_output_tokens':3,'input':[" + many + "]");
    int tokens = long_.at("/usage/input_tokens").asInt();
    assertTrue(tokens < 2048 && tokens > 2000, long_.path("usage").toString());
  }

  // --- in the background

  @Test
  void aResponseInTheBackgroundIsAskedForLater() throws IOException, InterruptedException {
    JsonNode begun = respond("'background':true,'input':'Hi.','max_output_tokens':20");
    assertEquals("in_progress", begun.path("status").asText());
    String path = PATH + "/" + begun.path("id").asText();
    JsonNode now = begun;
    for (int i = 0; i < 2000 && now.path("status").asText().equals("in_progress"); i++) {
      Thread.sleep(10);
      now = server.get(path).json();
    }
    assertTrue(List.of("completed", "incomplete").contains(now.path("status").asText()));
    assertFalse(now.path("output").isEmpty());
    assertEquals(now, server.post(path + "/cancel", "{}").json()); // too late
  }

  @Test
  void aResponseInTheBackgroundCanBeCancelled() throws IOException, InterruptedException {
    String long_ =
        "'background':true,'input':'Hi.','ignore_eos':true,'reasoning':{'effort':'none'}";
    JsonNode begun = respond(long_);
    String path = PATH + "/" + begun.path("id").asText();
    assertEquals("cancelled", server.post(path + "/cancel", "{}").at("/status").asText());
    assertEquals(0, server.runningInTheEnd());
    assertEquals("cancelled", server.get(path).at("/status").asText());
  }

  @Test
  void aResponseThatIsDeletedWhileItIsAnsweredStaysAway() throws Exception {
    JsonNode begun =
        respond("'background':true,'input':'Hi.','ignore_eos':true,'reasoning':{'effort':'none'}");
    String path = PATH + "/" + begun.path("id").asText();
    assertTrue(server.delete(path).at("/deleted").asBoolean());
    assertEquals(0, server.runningInTheEnd());
    Thread.sleep(50); // for the thread that would keep it
    assertEquals(404, server.get(path).status());
  }

  // --- what is refused

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'input':'a','nonsense':1 | nonsense | there is no parameter",
        "'input':'a','max_tokens':1 | max_tokens | max_output_tokens",
        "'input':[] | input | you must provide",
        "'input':[{'role':'user','content':[{'type':'input_file','file_id':'x'}]}] | input[0].content[0].type | input_file",
        "'input':[{'type':'web_search_call','id':'x'}] | input[0].type | web_search_call",
        "'input':'a','tools':[{'type':'web_search'}] | tools[0].type | runs no tools",
        "'input':'a','tool_choice':'required' | tool_choice | needs tools",
        "'input':'a','include':['x'] | include | cannot be included",
        "'input':'a','truncation':'x' | truncation | auto or disabled",
        "'input':'a','conversation':'conv_x' | conversation | no conversation",
        "'input':'a','background':true,'store':false | store | needs store: true",
        "'input':'a','reasoning':{'effort':'x'} | reasoning.effort | must be one of",
        "'input':'a','text':{'format':{'type':'x'}} | text.format.type | must be text",
        "'input':'a','metadata':{'a':1} | metadata.a | a string",
        "'input':'a','model':'x' | model | does not exist",
        "'input':'a','text':{'verbosity':'loud'} | text.verbosity | can only be",
        "'input':'a','tools':[{'type':'function','name':'f','parameters':5}] | tools[0].parameters | must be a JSON Schema",
        "'input':'a','text':{'format':{'type':'json_schema','schema':-1}} | text.format.schema | must be a JSON Schema",
      })
  void whatCannotBeIsRefusedByName(String members, String param, String message)
      throws IOException {
    Answer answer = server.post(PATH, body(members));
    assertTrue(answer.status() == 400 || answer.status() == 404, answer.text());
    assertEquals(param, answer.at("/error/param").asText(), answer.text());
    assertTrue(answer.error().contains(message), answer.error());
  }
}
