package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.compiler.Compiler;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.program.Program;
import dev.sgl.run.RunOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.program.Programs;
import dev.sgl.testing.Fuzz;
import dev.sgl.testing.Json;
import dev.sgl.testing.JsonMutator;
import dev.sgl.testing.Mutator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Bodies with random mistakes on all routes: each is answered, none by a mistake of the server,
/// and others are served after it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BodiesFuzzTest {
  /// Long enough for a thousand answers of full length beside other work of the machine.
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private static final int CONTEXT = 256; // tokens, so that no answer is long

  private static final String CHAT = "/v1/chat/completions";
  private static final String HELLO =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":1}";

  private static final String TEMPLATE =
      """
      {% for t in tools %}{{ t | tojson }} <tool_call>{"name": , "arguments": }</tool_call>
      {% endfor %}{% for m in messages %}<|im_start|>{{ m.role }} {{ m.content }}{% for c in
      m.tool_calls %}<tool_call>{"name": "{{ c.function.name }}", "arguments": {{
      c.function.arguments | tojson }}}</tool_call>{% endfor %}{{ m.reasoning_content }}<|im_end|>
      {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant {% endif %}
      """;

  private static final Program GREET =
      Compiler.compile(
              "greet.sgl",
              """
              type Person = { name: string, age?: int, tags: string[] }
              program greet(who: Person, times: int = 1) -> string {
                scratch { assistant gen word (max_tokens: 1) }
                return "{who.name} {times}"
              }
              """)
          .program()
          .get();

  /// A route and a body that it takes.
  private record Valid(String path, String body) {}

  private static final List<Valid> VALID =
      List.of(
          new Valid(
              CHAT,
              """
              {'model':'demo','messages':[{'role':'system','content':'Be brief.'},
               {'role':'user','content':[{'type':'text','text':'Hi'}],'name':'me'},
               {'role':'assistant','content':'','reasoning_content':'So.','tool_calls':[{'id':'c1',
                'type':'function','function':{'name':'add','arguments':'{\\"a\\":1}'}}]},
               {'role':'tool','tool_call_id':'c1','content':'2'}],
               'tools':[{'type':'function','function':{'name':'add','description':'adds','strict':true,
                'parameters':{'type':'object','properties':{'a':{'type':'integer'}},'required':['a']}}}],
               'tool_choice':'auto','parallel_tool_calls':false,'max_tokens':4,'temperature':0.5,
               'seed':1,'stop':['x'],'n':2,'logprobs':true,'top_logprobs':2,'stream':true,
               'stream_options':{'include_usage':true},'chat_template_kwargs':{'enable_thinking':false}}
              """),
          new Valid(
              CHAT,
              """
              {'messages':[{'role':'user','content':'Hi'}],'max_completion_tokens':5,
               'response_format':{'type':'json_schema','json_schema':{'name':'s','strict':true,
                'schema':{'type':'object','properties':{'a':{'type':'string','pattern':'^a+$'},
                 'b':{'type':'array','items':{'enum':[1,2]},'maxItems':2}},'required':['a'],
                 'additionalProperties':false}}},'reasoning_effort':'low','user':'u','priority':1}
              """),
          new Valid(
              "/v1/completions",
              """
              {'prompt':['Hi','Ho'],'max_tokens':3,'n':2,'best_of':2,'logprobs':2,'echo':false,
               'stop':'x','regex':'[ab]+','seed':7,'frequency_penalty':0.5,'presence_penalty':-0.5,
               'repetition_penalty':1.1,'top_p':0.9,'top_k':5,'min_p':0.01,'logit_bias':{'300':-1},
               'ignore_eos':false,'min_tokens':0,'rid':'r1'}
              """),
          new Valid(
              "/v1/completions", "{'prompt':[300,301],'max_tokens':2,'ebnf':'root ::= \\\"a\\\"'}"),
          new Valid(
              "/v1/embeddings",
              "{'input':['Hi','Ho'],'encoding_format':'base64','dimensions':8,'truncate_prompt_tokens':3}"),
          new Valid(
              "/v1/score",
              "{'query':'Hi','items':['Ho'],'label_token_ids':[5,6],'apply_softmax':true}"),
          new Valid("/pooling", "{'messages':[{'role':'user','content':'Hi'}],'normalize':true}"),
          new Valid(
              "/generate",
              """
              {'text':'Hi','sampling_params':{'max_new_tokens':3,'temperature':0.5,'stop':['x'],
               'json_schema':'{\\"type\\":\\"integer\\"}','n':1},'return_logprob':true,
               'top_logprobs_num':2,'logprob_start_len':0,'stream':false,'rid':'r2'}
              """),
          new Valid(
              "/generate", "{'input_ids':[[300],[301]],'sampling_params':{'max_new_tokens':1}}"),
          new Valid("/v1/select", "{'prompt':'Hi','choices':['yes','no'],'method':'greedy'}"),
          new Valid("/tokenize", "{'prompt':'Hi','add_special_tokens':true}"),
          new Valid("/detokenize", "{'tokens':[300,301]}"),
          new Valid(
              "/v1/programs/greet",
              "{'arguments':{'who':{'name':'Al','age':3,'tags':['a']},'times':2},'stream':true}"),
          new Valid(
              "/playground/run",
              "{'source':'program p(a: int) -> int { return a }','arguments':{'a':1}}"),
          new Valid("/abort_request", "{'rid':'','abort_all':true}"),
          new Valid("/flush_cache", "{}"));

  private final JsonMutator bodies =
      new JsonMutator(VALID.stream().map(v -> Json.parse(json(v))).toList());

  private TestServer server;

  private static String json(Valid valid) {
    return valid.body().replace('\'', '"');
  }

  @BeforeAll
  void open(@TempDir Path folder) throws IOException {
    Path template = Files.writeString(folder.resolve("template.jinja"), TEMPLATE);
    Programs programs = new Programs(Map.of("greet", GREET), _ -> RunOptions.DEFAULT);
    LocalOptions small =
        LocalOptions.DEFAULT
            .withChatTemplate(Optional.of(template))
            .withContext(OptionalInt.of(CONTEXT));
    server = TestServer.open(small, o -> o.withPrograms(programs));
  }

  @AfterAll
  void close() {
    server.close();
  }

  private record Sent(String path, byte[] body) {
    @Override
    public String toString() {
      return path + " " + new String(body, StandardCharsets.UTF_8);
    }
  }

  private Sent sent(SplittableRandom random) {
    Valid valid = Mutator.any(VALID, random);
    String body = bodies.mutate(Json.parse(json(valid)), random);
    return new Sent(valid.path(), Mutator.bytes(body, random));
  }

  @Test
  void theBodiesAreValid() throws IOException {
    for (Valid valid : VALID) {
      TestServer.Answer answer = server.post(valid.path(), json(valid));
      assertEquals(200, answer.status(), answer.text());
    }
  }

  @Test
  void mistakesAreAnsweredAndOthersAreServed() {
    Fuzz.run(
        LIMIT,
        this::sent,
        sent -> {
          TestServer.Answer answer = server.post(sent.path(), sent.body());
          int kind = answer.status() / 100;
          assertTrue(kind == 2 || kind == 4, answer.status() + " " + answer.text());
          assertFalse(answer.text().contains("a mistake of the server"), answer.text());
          assertEquals(200, server.get("/health").status());
          assertEquals(200, server.post(CHAT, HELLO).status());
        });
  }
}
