package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.program.Programs;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Parameters that ask for nothing, and those that ask for what is not there.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NoEffectTest {
  private static final String CHAT = "/v1/chat/completions";
  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    Programs programs =
        new Programs(
            Map.of(
                "two",
                Compiler.compile("two.sgl", "program two() -> int { return 2 }").program().get()),
            _ -> RunOptions.DEFAULT);
    server = TestServer.open(o -> o.withPrograms(programs));
  }

  @AfterAll
  void close() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        CHAT + " | {'messages':[{'role':'user','content':'Hi'}],'max_tokens':1",
        "/v1/completions | {'prompt':'Hi','max_tokens':1",
        "/v1/embeddings | {'input':'Hi'",
        "/generate | {'text':'Hi','sampling_params':{'max_new_tokens':1}",
        "/generate | {'text':'Hi','sampling_params':{'max_new_tokens':1,'skip_special_tokens':true,"
            + "'spaces_between_special_tokens':true,'no_stop_trim':false,'stop_regex':[],"
            + "'min_new_tokens':0,'custom_params':null,'stream_interval':null}",
        "/v1/select | {'prompt':'Hi','choices':['a','b']",
        "/tokenize | {'prompt':'Hi'",
        "/detokenize | {'tokens':[300]",
        "/v1/programs/two | {'arguments':{}",
        "/playground/run | {'source':'program two() -> int { return 2 }'",
      })
  void everyRouteTakesWhatAsksForNothing(String path, String body) throws IOException {
    String more =
        """
        ,'audio':null,'nobody_knows_this':null,'modalities':['text'],'best_of':1,'n':1,'echo':false,\
        'skip_special_tokens':true,'logit_bias':{},'tool_choice':'auto','parallel_tool_calls':true,\
        'service_tier':'auto','store':false,'user':'me','metadata':{},'functions':[],'stop':[],\
        'return_hidden_states':false,'lora_path':null,'length_penalty':1.0,'use_beam_search':false,\
        'frequency_penalty':0.0,'verbosity':'medium','guided_decoding_backend':'auto'}""";
    TestServer.Answer answer = server.post(path, (body + more).replace('\'', '"'));
    assertEquals(200, answer.status(), answer.text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'nobody_knows_this':0 | nobody_knows_this | there is no parameter nobody_knows_this",
        "'modalities':['text','audio'] | modalities | can only be [\"text\"] or []",
        "'skip_special_tokens':false | skip_special_tokens | can only be true",
        "'length_penalty':2 | length_penalty | can only be 1",
        "'verbosity':'loud' | verbosity | can only be \"low\"",
        "'echo':true | echo | can only be false",
        "'audio':{'voice':'ash'} | audio | there is no parameter audio",
        "'reasoning_effort':'extreme' | reasoning_effort | must be one of none, minimal, low, medium, high",
      })
  void whatAsksForMoreIsRefusedByItsName(String more, String param, String message)
      throws IOException {
    String body = "{'messages':[{'role':'user','content':'Hi'}],'max_tokens':1," + more + "}";
    TestServer.Answer answer = server.post(CHAT, body.replace('\'', '"'));
    assertEquals(400, answer.status(), answer.text());
    assertEquals(param, answer.at("/error/param").asText());
    assertTrue(answer.error().contains(message), answer.error());
  }

  /// An answer as the clients of OpenAI, vLLM, SGLang and LiteLLM hold it, sent back.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'refusal':null,'annotations':[],'audio':null,'function_call':null,'tool_calls':null",
        "'reasoning':'I see.','reasoning_content':'I see.','tool_calls':[]",
        "'parsed':{'a':1},'provider_specific_fields':{'x':null},'prefix':false,'name':'me'",
        "'cache_control':{'type':'ephemeral'}",
      })
  void aWholeAnswerComesBack(String more) throws IOException {
    String body =
        "{'messages':[{'role':'user','content':[{'type':'text','text':'Hi','cache_control':{},"
            + "'annotations':null}]},{'role':'assistant','content':'Yes.',"
            + more
            + "},{'role':'user','content':'Go on.','refusal':null}],'max_tokens':1}";
    TestServer.Answer answer = server.post(CHAT, body.replace('\'', '"'));
    assertEquals(200, answer.status(), answer.text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'role':'user','content':'Hi','contnet':'x'} | messages[0].contnet | did you mean messages[0].content?",
        "{'role':'user','content':'Hi','weight':0} | messages[0].weight | no parameter",
        "{'role':'user','content':'Hi','tool_calls':[{'id':'a'}]} | messages[0].tool_calls | can only be []",
        "{'role':'user','content':[{'type':'text','text':'Hi','txet':'x'}]} | messages[0].content[0].txet | did you mean",
        "{'role':'assistant','content':'Hi','audio':{'id':'a'}} | messages[0].audio | no parameter",
        "{'role':'assistant','tool_calls':[{'id':'a','type':'function','function':{'name':'f','arguments':'','args':'x'}}]} | messages[0].tool_calls[0].function.args | no parameter",
        "{'role':'assistant','tool_calls':[{'id':'a','type':'custom','function':{'name':'f','arguments':''}}]} | messages[0].tool_calls[0].type | must be function",
      })
  void unknownMembersOfMessagesAreRefused(String message, String param, String says)
      throws IOException {
    String body = "{'messages':[" + message + "],'max_tokens':1}";
    TestServer.Answer answer = server.post(CHAT, body.replace('\'', '"'));
    assertEquals(400, answer.status(), answer.text());
    assertEquals(param, answer.at("/error/param").asText());
    assertTrue(answer.error().contains(says), answer.error());
  }

  /// An id comes back as it was given, or it is refused: nobody could find the answer by another.
  @Test
  void anIdIsKeptOrRefused() throws IOException {
    String body = "{\"prompt\":\"Hi\",\"text\":\"Hi\",\"max_tokens\":1,%s}";
    String completion = body.replace("\"text\":\"Hi\",", "");
    String generate = body.replace("\"prompt\":\"Hi\",", "").replace("\"max_tokens\":1,", "");
    String odd = "\"rid\":\"a/b:c-~{}\"";
    assertEquals(
        "a/b:c-~{}", server.post("/v1/completions", completion.formatted(odd)).at("/id").asText());
    assertEquals(
        "a/b:c-~{}",
        server.post("/generate", generate.formatted(odd)).at("/meta_info/id").asText());
    for (String bad : new String[] {"a b", "ä", "", "x".repeat(129)}) {
      String member = "\"rid\":\"" + bad + "\"";
      for (TestServer.Answer answer :
          new TestServer.Answer[] {
            server.post("/v1/completions", completion.formatted(member)),
            server.post("/generate", generate.formatted(member)),
            server.post(
                "/v1/completions", completion.formatted(member.replace("rid", "request_id")))
          }) {
        assertEquals(400, answer.status(), answer.text());
        assertTrue(answer.at("/error/param").asText().matches("rid|request_id"), answer.text());
      }
    }
    String both = "\"rid\":\"a\",\"request_id\":\"b\"";
    assertEquals(400, server.post("/v1/completions", completion.formatted(both)).status());
    String one = "\"n\":1";
    assertEquals(
        400,
        server.post("/v1/completions", completion.formatted(one), "X-Request-Id", "a b").status());
    assertEquals(
        "mine",
        server
            .post("/v1/completions", completion.formatted(one), "X-Request-Id", "mine")
            .at("/id")
            .asText());
  }
}
