package dev.sgl.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.program.Programs;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// All routes but chats.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtherRoutesTest {
  private static final String TIP =
      """
      /// A tip.
      program tip(topic: string = "sleep") -> {title: string<1..20>} {
        user "Give a tip about {topic}."
        assistant gen tip: {title: string<1..20>} (temperature: 0)
        return tip
      }
      """;

  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    var program = Compiler.compile("tip.sgl", TIP).program().orElseThrow();
    Programs programs = new Programs(Map.of("tip", program), _ -> RunOptions.DEFAULT);
    server = TestServer.open(options -> options.withPrograms(programs));
  }

  @AfterAll
  void close() {
    server.close();
  }

  @Test
  void theTokenizerTellsOfItself() throws IOException {
    TestServer.Answer info = server.get("/tokenizer_info");
    assertTrue(info.at("/eos_token").isTextual(), info.text());
    assertTrue(info.at("/chat_template").asText().contains("message"));
  }

  /// As GuideLLM asks for it.
  @Test
  void eachPieceHasTheUsageSoFar() throws IOException {
    String options = "\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":%s}}";
    for (String call :
        List.of(
            "/v1/completions {\"prompt\":\"Hi\",\"max_tokens\":5,",
            "/v1/chat/completions {\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":5,")) {
      String path = call.split(" ", 2)[0];
      String body = call.split(" ", 2)[1] + "\"stream\":true,";
      List<JsonNode> events = server.stream(path, body + options.formatted(true));
      JsonNode last = events.getLast().path("usage");
      int before = 0;
      for (JsonNode event : events) {
        int generated = event.at("/usage/completion_tokens").asInt(-1);
        assertTrue(generated >= before, event.toString());
        assertEquals(last.path("prompt_tokens"), event.at("/usage/prompt_tokens"));
        before = generated;
      }
      assertEquals(before, last.path("completion_tokens").asInt());
      List<JsonNode> others = server.stream(path, body + options.formatted(false));
      assertTrue(others.getFirst().path("usage").isNull(), others.getFirst().toString());
    }
  }

  @Test
  void severalAnswersHaveIdsOfTheirOwn() throws IOException {
    String body =
        "{\"text\":\"Hi\",\"rid\":\"me\",\"sampling_params\":{\"max_new_tokens\":2,\"n\":2}}";
    TestServer.Answer answer = server.post("/generate", body);
    assertEquals("me_0", answer.at("/0/meta_info/id").asText(), answer.text());
    assertEquals("me_1", answer.at("/1/meta_info/id").asText());
  }

  /// The token that ends an answer was generated, too.
  @Test
  void theEndOfAnAnswerCounts() throws IOException {
    String body =
        "{\"text\":\"Q: Who? A:\",\"sampling_params\":{\"max_new_tokens\":300,\"temperature\":0}}";
    JsonNode answer = server.post("/generate", body).json();
    assertEquals("stop", answer.at("/meta_info/finish_reason/type").asText(), answer.toString());
    assertEquals(
        answer.path("output_ids").size(),
        answer.at("/meta_info/completion_tokens").asInt(),
        answer.toString());
  }

  @Test
  void aCompletionEchoesItsPromptWithLogprobs() throws IOException {
    String body =
        "{\"prompt\":\"The lamp is nice\",\"max_tokens\":3,\"logprobs\":2,\"temperature\":0";
    JsonNode plain = server.post("/v1/completions", body + "}").at("/choices/0");
    JsonNode echoed = server.post("/v1/completions", body + ",\"echo\":true}").at("/choices/0");
    assertEquals("The lamp is nice" + plain.path("text").asText(), echoed.path("text").asText());
    JsonNode values = echoed.at("/logprobs/token_logprobs");
    assertTrue(values.get(0).isNull());
    int prompt = values.size() - 3;
    for (int i = 0; i < 3; i++) {
      assertEquals(
          plain.at("/logprobs/token_logprobs").get(i).asDouble(),
          values.get(prompt + i).asDouble(),
          1e-9);
    }
    JsonNode scored =
        server
            .post(
                "/v1/completions",
                "{\"prompt\":\"The lamp is nice\",\"max_tokens\":0,\"logprobs\":2,\"echo\":true}")
            .at("/choices/0");
    assertEquals("The lamp is nice", scored.path("text").asText());
    assertEquals(prompt, scored.at("/logprobs/tokens").size());
    assertEquals(values.get(1), scored.at("/logprobs/token_logprobs").get(1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"4294967296", "-9223372036854775808", "18446744073709551617", "2.5", "21"})
  void logprobsAreNeverTakenForAnotherNumber(String count) throws IOException {
    String body = "{\"prompt\":\"Hi\",\"max_tokens\":1,\"logprobs\":%s}";
    TestServer.Answer answer = server.post("/v1/completions", body.formatted(count));
    assertEquals(400, answer.status());
    assertTrue(answer.error().contains("logprobs"), answer.error());
    assertEquals(200, server.post("/v1/completions", body.formatted("2.0")).status());
  }

  @Test
  void severalPromptsThatAreTooLongAreRefusedOnce() throws IOException {
    String tooLong = "[" + "5,".repeat(2100) + "5]";
    String body = "{\"prompt\":[" + (tooLong + ",").repeat(60) + tooLong + "],\"max_tokens\":1}";
    for (int i = 0; i < 5; i++) {
      TestServer.Answer answer = server.post("/v1/completions", body);
      assertEquals(400, answer.status(), answer.text());
      assertEquals("context_length_exceeded", answer.at("/error/code").asText());
    }
  }

  @Test
  void severalPromptsGetSeveralAnswersEach() throws IOException {
    JsonNode ids = server.post("/tokenize", "{\"prompt\":\"a lamp\"}").at("/tokens");
    TestServer.Answer answer =
        server.post(
            "/v1/completions",
            "{\"prompt\":[\"a lamp\",\"a book\"],\"n\":2,\"max_tokens\":2,\"temperature\":0}");
    assertEquals(4, answer.at("/choices").size());
    assertEquals(answer.at("/choices/0/text"), answer.at("/choices/1/text"));
    assertEquals(8, answer.at("/usage/completion_tokens").asInt());
    JsonNode tokens =
        server
            .post("/v1/completions", "{\"prompt\":" + ids + ",\"max_tokens\":2,\"temperature\":0}")
            .json();
    assertEquals(answer.at("/choices/0/text"), tokens.at("/choices/0/text"));
    List<JsonNode> events =
        server.stream(
            "/v1/completions",
            "{\"prompt\":\"a lamp\",\"max_tokens\":2,\"temperature\":0,\"stream\":true}");
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.at("/choices/0/text").asText()));
    assertEquals(answer.at("/choices/0/text").asText(), text.toString());
    assertEquals(
        400, server.post("/v1/completions", "{\"prompt\":\"a\",\"suffix\":\"b\"}").status());
  }

  @Test
  void embeddingsHaveLengthOneInBothEncodings() throws IOException {
    JsonNode body = server.post("/v1/embeddings", "{\"input\":[\"a lamp\",\"a book\"]}").json();
    double sum = 0;
    for (JsonNode number : body.at("/data/0/embedding")) {
      sum += number.asDouble() * number.asDouble();
    }
    assertEquals(1, sum, 1e-5);
    assertEquals(1, body.at("/data/1/index").asInt());
    String encoded =
        server
            .post("/v1/embeddings", "{\"input\":\"a lamp\",\"encoding_format\":\"base64\"}")
            .at("/data/0/embedding")
            .asText();
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(encoded)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(body.at("/data/0/embedding").get(3).floatValue(), bytes.getFloat(12), 1e-9);
  }

  @Test
  void tokensGoThereAndBack() throws IOException {
    JsonNode tokens = server.post("/tokenize", "{\"text\":\"Caf\u00e9, twice.\"}").json();
    assertEquals(tokens.path("tokens").size(), tokens.path("count").asInt());
    TestServer.Answer text =
        server.post(
            "/detokenize",
            "{\"tokens\":" + tokens.path("tokens") + ",\"skip_special_tokens\":true}");
    assertEquals("Caf\u00e9, twice.", text.at("/prompt").asText());
    assertEquals(400, server.post("/detokenize", "{\"tokens\":[99999999]}").status());
  }

  @Test
  void azuresPathsNameTheModel() throws IOException {
    String azure = "/openai/deployments/%s/completions?api-version=2024-10-21";
    String body = "{\"prompt\":\"a lamp\",\"max_tokens\":3,\"temperature\":0}";
    assertEquals(
        server.post("/v1/completions", body).at("/choices/0/text"),
        server.post(azure.formatted("demo"), body).at("/choices/0/text"));
    TestServer.Answer other = server.post(azure.formatted("other"), body);
    assertEquals(404, other.status());
    assertEquals("model_not_found", other.at("/error/code").asText());
  }

  @Test
  void sglangsOwnRouteGenerates() throws IOException {
    String body = "\"sampling_params\":{\"max_new_tokens\":4,\"temperature\":0}";
    JsonNode one = server.post("/generate", "{\"text\":\"a lamp\"," + body + "}").json();
    assertEquals("length", one.at("/meta_info/finish_reason/type").asText());
    assertEquals(4, one.path("output_ids").size());
    JsonNode two =
        server
            .post("/generate", "{\"text\":[\"a lamp\",\"b\"],\"return_logprob\":true," + body + "}")
            .json();
    assertEquals(one.path("text"), two.at("/0/text"));
    assertEquals(4, two.at("/0/meta_info/output_token_logprobs").size());
    List<JsonNode> events =
        server.stream("/generate", "{\"text\":\"a lamp\",\"stream\":true," + body + "}");
    assertEquals(one.path("text"), events.getLast().path("text"));
    JsonNode typed =
        server
            .post("/generate", "{\"text\":\"a\",\"sampling_params\":{\"regex\":\"[0-9]{2}\"}}")
            .json();
    assertTrue(typed.path("text").asText().matches("[0-9]{2}"));
    JsonNode number =
        server
            .post(
                "/generate",
                "{\"text\":\"a\",\"sampling_params\":{\"max_new_tokens\":3,\"dtype\":\"int\"}}")
            .json();
    assertTrue(number.path("text").asText().matches("[-+]?[0-9]+"), number.toString());
  }

  @Test
  void theServerTellsOfItself() throws IOException {
    assertEquals("ok", server.get("/health").at("/status").asText());
    assertEquals("demo", server.get("/v1/models").at("/data/0/id").asText());
    assertEquals("demo", server.get("/v1/models/demo").at("/id").asText());
    assertEquals(404, server.get("/v1/models/Org/Other").status());
    assertEquals(2048, server.get("/get_model_info").at("/context_length").asInt());
    assertEquals(2048, server.get("/model_info").at("/context_length").asInt());
    for (String path : List.of("/server_info", "/get_server_info")) {
      TestServer.Answer info = server.get(path);
      assertTrue(info.at("/max_total_num_tokens").asInt() >= 2048, info.text());
      assertEquals(2048, info.at("/max_req_input_len").asInt());
      assertEquals(0, info.at("/internal_states/0/num_running_reqs").asInt(-1));
      assertEquals(server.get("/version").at("/version"), info.at("/version"));
    }
    assertEquals(0, server.get("/v1/loads").at("/loads/0/num_waiting_reqs").asInt(-1));
    assertEquals("ok", server.get("/health_generate").at("/status").asText());
    server.post("/v1/completions", "{\"prompt\":\"a lamp\",\"max_tokens\":1}");
    assertTrue(server.get("/cache").at("/runs").size() > 0);
    assertEquals(405, server.get("/flush_cache").status());
    assertEquals(200, server.post("/flush_cache", "{}").status());
    assertEquals(0, server.get("/cache").at("/runs").size());
    String metrics = server.get("/metrics").text();
    assertTrue(metrics.contains("sgl_http_seconds_bucket{route=\"/v1/models\""), metrics);
    assertTrue(
        metrics.contains("# HELP sgl_http_calls_open Calls that are being answered"), metrics);
  }

  /// The calls of the manual are answered.
  @Test
  void whatTheManualShowsWorks() throws IOException, InterruptedException {
    String manual = Files.readString(Path.of("../docs/serving.md"));
    Matcher calls =
        Pattern.compile("curl http://127\\.0\\.0\\.1:30000(\\S+) .*?-d '(.*?)'", Pattern.DOTALL)
            .matcher(manual);
    int count = 0;
    while (calls.find()) {
      TestServer.Answer answer = server.post(calls.group(1), calls.group(2));
      assertEquals(200, answer.status(), answer.text());
      count++;
      String typed = calls.group().replace("http://127.0.0.1:30000", server.url(""));
      Process curl =
          new ProcessBuilder("bash", "-c", typed.replaceFirst("^curl", "curl -s --fail-with-body"))
              .redirectErrorStream(true)
              .start();
      String said = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(curl.waitFor(60, TimeUnit.SECONDS));
      boolean isThere = curl.exitValue() != 127;
      assertTrue(!isThere || curl.exitValue() == 0, said);
      assertTrue(!isThere || Json.parse(said).has("usage"), said);
    }
    assertTrue(count > 0);
  }

  /// What OpenAI's API does not have, or has and nobody else tests here.
  @Test
  void parametersOfSamplingDoWhatTheySay() throws IOException {
    String body = "{\"prompt\":\"Once upon a time\",\"max_tokens\":24,\"seed\":5,%s}";
    String plain = text(body.formatted("\"temperature\":0"));
    assertEquals(plain, text(body.formatted("\"temperature\":1.5,\"top_k\":1")));
    assertEquals(plain, text(body.formatted("\"temperature\":1.5,\"min_p\":1")));
    assertEquals(plain, text(body.formatted("\"temperature\":0,\"priority\":3")));
    String other = text(body.formatted("\"temperature\":0,\"frequency_penalty\":2"));
    assertTrue(!other.equals(plain), "what was said is penalized: " + other);
    other = text(body.formatted("\"temperature\":0,\"presence_penalty\":2"));
    assertTrue(!other.equals(plain), other);
    other = text(body.formatted("\"temperature\":0,\"repetition_penalty\":2"));
    assertTrue(!other.equals(plain), other);

    JsonNode ids = server.post("/tokenize", "{\"prompt\":\"" + plain.strip() + "\"}").at("/tokens");
    int stop = ids.get(3).asInt();
    TestServer.Answer stopped =
        server.post(
            "/v1/completions",
            body.formatted("\"temperature\":0,\"stop_token_ids\":[" + stop + "]"));
    assertEquals("stop", stopped.at("/choices/0/finish_reason").asText(), stopped.text());
    assertTrue(stopped.at("/usage/completion_tokens").asInt() < 24, stopped.text());
    TestServer.Answer later =
        server.post(
            "/v1/completions",
            body.formatted(
                "\"temperature\":0,\"min_tokens\":20,\"stop_token_ids\":[" + stop + "]"));
    assertTrue(later.at("/usage/completion_tokens").asInt() >= 20, later.text());
    String biased = text(body.formatted("\"temperature\":0,\"logit_bias\":{\"" + stop + "\":100}"));
    assertTrue(!biased.equals(plain), biased);
  }

  private String text(String body) throws IOException {
    TestServer.Answer answer = server.post("/v1/completions", body);
    assertEquals(200, answer.status(), answer.text());
    return answer.at("/choices/0/text").asText();
  }

  @Test
  void programsRunAndStreamTheirVariables() throws IOException {
    JsonNode listed = server.get("/v1/programs").at("/data/0");
    assertEquals("tip", listed.path("id").asText());
    assertEquals("A tip.", listed.path("description").asText());
    String source = server.get("/v1/programs/tip").at("/source").asText();
    assertTrue(source.contains("program tip"), source);
    assertEquals(404, server.get("/v1/programs/top").status());
    JsonNode result =
        server.post("/v1/programs/tip", "{\"arguments\":{\"topic\":\"food\"},\"seed\":1}").json();
    assertTrue(result.at("/result/title").isTextual(), result.toString());
    List<JsonNode> events =
        server.stream(
            "/v1/programs/tip", "{\"arguments\":{\"topic\":\"food\"},\"seed\":1,\"stream\":true}");
    StringBuilder said = new StringBuilder();
    events.stream()
        .filter(event -> event.path("variable").asText().equals("tip"))
        .forEach(event -> said.append(event.path("text").asText()));
    assertEquals(result.path("result"), Json.parse(said.toString()));
    assertEquals(result.path("result"), events.getLast().path("result"));
    assertEquals(404, server.post("/v1/programs/tap", "{}").status());
    TestServer.Answer wrong = server.post("/v1/programs/tip", "{\"arguments\":{\"topik\":1}}");
    assertEquals(400, wrong.status());
    assertTrue(wrong.error().contains("topik"), wrong.error());
  }

  @Test
  void thePlaygroundRunsWhatIsTyped() throws IOException {
    String source = Json.MAPPER.writeValueAsString("program p() { return 1 + 1 }");
    assertEquals(
        2, server.post("/playground/run", "{\"source\":" + source + "}").at("/result").asInt());
    String wrong = Json.MAPPER.writeValueAsString("program p() { return x }");
    TestServer.Answer refused = server.post("/playground/run", "{\"source\":" + wrong + "}");
    assertEquals(400, refused.status());
    assertTrue(refused.error().contains("playground.sgl:1:22"), refused.error());
    String failing = Json.MAPPER.writeValueAsString("program p() { check 1 > 2, \"no\" }");
    assertEquals(422, server.post("/playground/run", "{\"source\":" + failing + "}").status());
  }

  @Test
  void aPieceOfGenerateSaysHowMuchThereIs() throws IOException {
    List<JsonNode> events =
        server.stream(
            "/generate",
            "{\"text\":\"a lamp\",\"stream\":true,\"sampling_params\":{\"max_new_tokens\":5,\"ignore_eos\":true}}");
    int before = 0;
    for (JsonNode event : events) {
      int tokens = event.at("/meta_info/completion_tokens").asInt();
      assertTrue(tokens >= before && event.at("/meta_info/prompt_tokens").asInt() > 0);
      before = tokens;
    }
    assertEquals(5, before);
    assertEquals(5, events.getLast().at("/meta_info/finish_reason/length").asInt());
  }

  /// As SGLang's own front end scores choices.
  @Test
  void promptsAreScoredWithoutAToken() throws IOException {
    JsonNode echoed =
        server
            .post(
                "/v1/completions",
                "{\"prompt\":\"The lamp is nice\",\"max_tokens\":0,\"logprobs\":2,\"echo\":true}")
            .at("/choices/0/logprobs/token_logprobs");
    JsonNode answer =
        server
            .post(
                "/generate",
                "{\"text\":\"The lamp is nice\",\"return_logprob\":true,\"logprob_start_len\":0,"
                    + "\"top_logprobs_num\":2,\"sampling_params\":{\"max_new_tokens\":0}}")
            .json();
    JsonNode scores = answer.at("/meta_info/input_token_logprobs");
    assertEquals(echoed.size(), scores.size(), answer.toString());
    assertTrue(scores.at("/0/0").isNull());
    for (int i = 1; i < echoed.size(); i++) {
      assertEquals(echoed.get(i).asDouble(), scores.get(i).get(0).asDouble(), 1e-9);
      assertEquals(2, answer.at("/meta_info/input_top_logprobs").get(i).size());
    }
    assertEquals("", answer.path("text").asText());
    assertEquals(0, answer.at("/meta_info/completion_tokens").asInt());
    JsonNode whole =
        server
            .post(
                "/generate",
                "{\"text\":\"The lamp is nice\",\"return_logprob\":true,"
                    + "\"sampling_params\":{\"max_new_tokens\":0}}")
            .json();
    assertEquals(scores, whole.at("/meta_info/input_token_logprobs"));
    double sum = 0;
    for (int i = 1; i < scores.size(); i++) {
      sum += scores.get(i).get(0).asDouble();
    }
    assertEquals(
        sum / (scores.size() - 1),
        whole.at("/meta_info/normalized_prompt_logprob").asDouble(),
        1e-9);
  }

  @Test
  void aTextOfGenerateHasTheLeastTokensThatItAsksFor() throws IOException {
    String body =
        "{\"text\":\"a lamp\",\"sampling_params\":{\"max_new_tokens\":9,\"temperature\":0,"
            + "\"min_new_tokens\":%d,\"stop_token_ids\":[%d]}}";
    JsonNode free = server.post("/generate", body.formatted(0, 0)).at("/output_ids");
    int first = free.get(0).asInt();
    assertTrue(server.post("/generate", body.formatted(0, first)).at("/output_ids").size() <= 2);
    assertTrue(server.post("/generate", body.formatted(5, first)).at("/output_ids").size() >= 5);
  }

  @Test
  void aTextThatCanNeverFitIsRefusedAtOnce() throws IOException {
    String body = "{\"prompt\":\"" + "a".repeat(12_000_000) + "\",\"max_tokens\":1}";
    for (String path : List.of("/v1/completions", "/tokenize")) {
      TestServer.Answer answer =
          server.post(
              path, path.equals("/tokenize") ? body.replace(",\"max_tokens\":1", "") : body);
      assertEquals(400, answer.status(), answer.text());
      assertEquals("context_length_exceeded", answer.at("/error/code").asText());
    }
  }
}
