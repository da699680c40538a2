package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.compiler.Compiler;
import dev.sgl.local.engine.EngineStats;
import dev.sgl.program.Program;
import dev.sgl.run.RunOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.keys.KeyRing;
import dev.sgl.server.program.Programs;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import okhttp3.Callback;
import okhttp3.Response;
import okio.BufferedSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Keys, limits, clients that go away, and bodies that make no sense.
@Timeout(120)
class ServiceTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String LONG =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Go on.\"}],\"ignore_eos\":true,"
          + "\"max_tokens\":1900,\"rid\":\"long\"";

  @Test
  void withAKeyEveryRouteButHealthAsksForIt() throws IOException {
    try (TestServer server = TestServer.open(o -> o.withKeys(KeyRing.of("secret")))) {
      assertEquals(200, server.get("/health").status());
      for (String path : new String[] {"/v1/models", "/metrics", "/", "/nowhere"}) {
        assertEquals(401, server.get(path).status(), path);
        assertEquals(401, server.get(path, "Authorization", "Bearer wrong").status(), path);
      }
      assertEquals(200, server.get("/v1/models", "Authorization", "Bearer secret").status());
      assertEquals(200, server.get("/v1/models", "api-key", "secret").status());
      assertEquals(401, server.get("/v1/models", "api-key", "wrong").status());
      String basic = Base64.getEncoder().encodeToString("me:secret".getBytes());
      assertEquals(200, server.get("/", "Authorization", "Basic " + basic).status());
      assertEquals("invalid_api_key", server.get("/v1/models").at("/error/code").asText());
    }
  }

  @Test
  void pagesOfOthersAndForeignNamesAreRefused() throws IOException {
    try (TestServer server = TestServer.open()) {
      assertEquals(403, server.get("/v1/models", "Origin", "http://evil.example").status());
      assertEquals(200, server.get("/v1/models", "Origin", server.url("")).status());
      assertEquals(403, server.get("/v1/models", "Host", "evil.example").status());
      assertEquals(403, server.get("/flush_cache", "Sec-Fetch-Site", "cross-site").status());
      assertEquals(200, server.get("/", "Sec-Fetch-Site", "cross-site").status(), "a link");
      assertEquals(405, server.get("/flush_cache", "Sec-Fetch-Site", "none").status());
    }
  }

  @Test
  void aServerKnowsTheNamesItWasGiven() throws IOException {
    for (String host : new String[] {"127.0.0.2", "::1", "localhost"}) {
      try (TestServer server = TestServer.at(host)) {
        assertEquals(200, server.get("/health").status(), server.url(""));
      }
    }
  }

  @Test
  void requestsWithTheSameIdEndTogether() throws Exception {
    try (TestServer server = TestServer.open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<TestServer.Answer>> answers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        answers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return server.post(CHAT, LONG + "}");
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                },
                threads));
      }
      while (server.backend().stats().sequences().running() < 2) {
        Thread.sleep(10);
      }
      assertEquals(2, server.post("/abort_request", "{\"rid\":\"long\"}").at("/aborted").asInt());
      for (CompletableFuture<TestServer.Answer> answer : answers) {
        assertEquals(499, answer.get().status());
      }
    }
  }

  /// What computes without an end holds nobody up, and ends with its client.
  @Test
  void aProgramThatComputesForeverEnds() throws Exception {
    String source =
        "program p() { let x = [[0 for j in 1..1000000 if j < 0] for i in 1..100000] return 1 }";
    String body = "{\"source\":\"" + source + "\"}";
    try (TestServer server = TestServer.open()) {
      TestServer.Answer answer = server.post("/playground/run", body);
      assertEquals(422, answer.status(), answer.text());
      assertTrue(answer.error().contains("computes too much"), answer.error());
      assertTrue(answer.error().contains("(playground.sgl:1:"), answer.error());
    }
    Program program = Compiler.compile("p.sgl", source).program().orElseThrow();
    Programs programs = new Programs(Map.of("p", program), _ -> RunOptions.DEFAULT);
    try (TestServer server = TestServer.open(o -> o.withPrograms(programs))) {
      List<okhttp3.Call> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) { // twice as many as processors, mostly
        calls.add(server.call("/v1/programs/p", "{\"stream\":true}"));
        calls.getLast().enqueue(NOBODY);
      }
      while (open(server) < 4) {
        Thread.sleep(10);
      }
      assertEquals(200, server.get("/health").status(), "beside what computes");
      calls.forEach(okhttp3.Call::cancel);
      while (open(server) > 0) {
        Thread.sleep(10);
      }
    }
  }

  private static double open(TestServer server) {
    return server.server().meters().get("sgl.http.calls.open").gauge().value();
  }

  private static final Callback NOBODY =
      new Callback() {
        @Override
        public void onFailure(okhttp3.Call call, IOException e) {}

        @Override
        public void onResponse(okhttp3.Call call, Response response) {}
      };

  @Test
  void pathsMethodsAndSizesThatAreWrongAreToldSo() throws IOException {
    try (TestServer server =
        TestServer.open(
            o -> o.withLimits(new Limits(1000, 10, Duration.ofHours(1), Duration.ofMinutes(1))))) {
      TestServer.Answer near = server.post("/v1/chat/completion", "{}");
      assertEquals(404, near.status());
      assertTrue(near.error().contains("did you mean " + CHAT), near.error());
      assertEquals(405, server.get(CHAT).status());
      TestServer.Answer large = server.post(CHAT, "{\"x\":\"" + "y".repeat(2000) + "\"}");
      assertEquals(413, large.status());
      assertEquals(400, server.post(CHAT, "[".repeat(900)).status());
    }
  }

  private static EngineStats awaitIdle(TestServer server) throws InterruptedException {
    EngineStats stats = server.backend().stats();
    while (stats.sequences().running() + stats.sequences().waiting() > 0) {
      Thread.sleep(10);
      stats = server.backend().stats();
    }
    return stats;
  }

  private static void awaitRunning(TestServer server) throws InterruptedException {
    while (server.backend().stats().sequences().running() == 0) {
      Thread.sleep(10);
    }
  }

  @Test
  void aRequestCanBeEndedByItsId() throws Exception {
    try (TestServer server = TestServer.open()) {
      CompletableFuture<TestServer.Answer> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return server.post(CHAT, LONG + "}");
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      awaitRunning(server);
      assertEquals(404, server.post("/abort_request", "{\"rid\":\"other\"}").status());
      assertEquals(1, server.post("/abort_request", "{\"rid\":\"long\"}").at("/aborted").asInt());
      assertEquals(499, answer.get().status());
      assertTrue(awaitIdle(server).tokens().generated() < 1900);
    }
  }

  @Test
  void aCallHasOnlySoMuchTime() throws Exception {
    Limits limits = new Limits(1000, 10, Duration.ofMillis(1), Duration.ofMinutes(1));
    try (TestServer server = TestServer.open(o -> o.withLimits(limits))) {
      try (Response response = server.call(CHAT, LONG + ",\"stream\":true}").execute()) {
        assertTrue(response.body().string().contains("not answered within"));
      }
      assertTrue(awaitIdle(server).tokens().generated() < 1900);
    }
  }

  @Test
  void aClientThatLeavesAStreamFreesWhatItHeld() throws Exception {
    try (TestServer server = TestServer.open()) {
      okhttp3.Call call = server.call(CHAT, LONG + ",\"stream\":true}");
      try (Response response = call.execute()) {
        BufferedSource source = response.body().source();
        assertTrue(source.readUtf8Line() != null);
      }
      call.cancel();
      EngineStats stats = awaitIdle(server);
      assertTrue(stats.tokens().generated() < 1900, stats.toString());
      assertEquals(stats.pages().all(), stats.pages().free() + stats.pages().cached());
    }
  }

  @Test
  void aServerThatStopsAnswersWhatItHasBegun() throws Exception {
    try (TestServer server = TestServer.open()) {
      CompletableFuture<TestServer.Answer> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return server.post(CHAT, LONG.replace("1900", "200") + "}");
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      awaitRunning(server);
      CompletableFuture<Boolean> drained =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return server.server().drain(Duration.ofSeconds(60));
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      while (server.get("/health").status() == 200) { // until it begins to stop
        Thread.sleep(1);
      }
      TestServer.Answer late = server.get("/v1/models");
      assertEquals(503, late.status());
      assertEquals(200, answer.get().status());
      assertTrue(drained.get());
    }
  }

  @Test
  void healthDoesNotWaitForLongPrompts() throws Exception {
    try (TestServer server = TestServer.open()) {
      String prompt = "[" + "7,".repeat(2000) + "7]";
      List<CompletableFuture<Integer>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String body = "{\"prompt\":" + prompt + ",\"max_tokens\":1,\"cache_salt\":\"" + i + "\"}";
        callers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return server.post("/v1/completions", body).status();
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                },
                Thread.ofVirtual()::start));
      }
      int beside = 0;
      while (!callers.stream().allMatch(CompletableFuture::isDone)) {
        assertEquals(200, server.get("/health").status());
        beside += server.get("/metrics").text().contains("sgl_running 0") ? 0 : 1;
      }
      for (CompletableFuture<Integer> caller : callers) {
        assertEquals(200, caller.get());
      }
      assertTrue(beside > 0, "health was asked while prompts were computed");
    }
  }

  /// More than fits, of what takes most memory for its size; the server still answers then.
  @Test
  void aBodyOfTooManyPartsIsRefused() throws IOException {
    try (TestServer server = TestServer.open()) {
      String body = "{\"a\":[" + "{},".repeat(2_500_000) + "{}]}";
      TestServer.Answer answer = server.post("/v1/completions", body);
      assertEquals(400, answer.status(), answer.text());
      assertEquals(200, server.get("/health").status());
    }
  }

  /// Whatever a body is, the answer is right, or says what is wrong in OpenAI's shape.
  @Test
  void bodiesThatMakeNoSenseAreRefused() throws IOException {
    String[] seeds = {
      "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":1,\"temperature\":0.5,"
          + "\"stop\":[\"a\",\"b\"],\"logprobs\":true,\"top_logprobs\":2,\"n\":1,\"seed\":3,"
          + "\"stream\":false,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
          + "{\"name\":\"x\",\"schema\":{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[1,2]}}}}}}",
      "{\"prompt\":[\"hi\",\"ho\"],\"max_tokens\":1,\"logprobs\":1,\"echo\":true,\"logit_bias\":{\"5\":1}}",
      "{\"input\":[\"a\",\"b\"],\"encoding_format\":\"float\",\"pooling\":\"last\"}",
      "{\"text\":\"a\",\"sampling_params\":{\"max_new_tokens\":1,\"regex\":\"[a-z]\",\"top_k\":3}}",
      "{\"tokens\":[1,2,3]}",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":1,\"tool_choice\":\"required\","
          + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\","
          + "\"properties\":{\"a\":{\"enum\":[\"x\",null],\"default\":null}}}}}]}",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"add_generation_prompt\":true}",
      "{\"prompt\":\"A or B?\",\"choices\":[\"A\",\"B\"]}",
      "{\"source\":\"program p() -> int { return 1 }\",\"arguments\":{},\"seed\":1}",
    };
    String[] paths = {
      CHAT,
      "/v1/completions",
      "/v1/embeddings",
      "/generate",
      "/detokenize",
      CHAT,
      "/tokenize",
      "/v1/select",
      "/playground/run"
    };
    SplittableRandom random = new SplittableRandom(1);
    int answered = 0;
    try (TestServer server = TestServer.open()) {
      for (int i = 0; i < Integer.getInteger("sgl.fuzz", 10_000); i++) {
        int which = random.nextInt(seeds.length);
        String body = mutated(seeds[which], random);
        TestServer.Answer answer = server.post(paths[which], body.isEmpty() ? " " : body);
        answered += answer.status() == 200 ? 1 : 0;
        if (answer.status() != 200) {
          assertTrue(answer.status() >= 400 && answer.status() < 500, body + "\n" + answer.text());
          assertFalse(answer.error().isEmpty(), body + "\n" + answer.text());
          assertFalse(answer.at("/error/type").asText().isEmpty());
        }
      }
      assertTrue(answered > 0, "some are sound");
    }
  }

  private static String mutated(String seed, SplittableRandom random) {
    if (random.nextInt(3) == 0) { // as text
      StringBuilder text = new StringBuilder(seed);
      for (int i = 1 + random.nextInt(3); i > 0 && !text.isEmpty(); i--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, "{}[],:\"0-e\\\u0000\ud800".charAt(random.nextInt(13)));
          default -> text.setCharAt(at, (char) random.nextInt(1, 0x3000));
        }
      }
      return text.toString();
    }
    JsonNode tree = Json.parse(seed);
    String[] values = {
      "null",
      "true",
      "-1",
      "0",
      "1e300",
      "99999999999999999999",
      "1.5",
      "\"\"",
      "\"x\"",
      "[]",
      "[[]]",
      "{}",
      "[null]",
      "{\"type\":5}",
      "[1,\"a\"]",
      "\"\\ud800\""
    };
    String replaced = tree.toString();
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      List<String> names = new ArrayList<>();
      tree.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      String old = "\"" + name + "\":" + tree.path(name);
      replaced = replaced.replace(old, "\"" + name + "\":" + values[random.nextInt(values.length)]);
    }
    return replaced;
  }
}
