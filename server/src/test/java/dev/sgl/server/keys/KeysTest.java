package dev.sgl.server.keys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.compiler.Compiler;
import dev.sgl.run.RunOptions;
import dev.sgl.server.TestServer;
import dev.sgl.server.http.RequestLog;
import dev.sgl.server.program.Programs;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
  /// The last one's key is `operator-key`.
  private static final String KEYS =
      """
      keys:
        - {name: anna, key: key-of-anna, requests-per-minute: 2}
        - {name: bob, key: key-of-bob, tokens-per-minute: 3}
        - {name: carl, key: key-of-carl, tokens-per-day: 3}
        - {name: dora, key: key-of-dora, parallel: 1}
        - name: operator
          sha256: %s
          admin: true
      """
          .formatted(KeyFile.hash("operator-key"));

  private static final String PROGRAM =
      """
      program tip() -> string<1..20> {
        user "Give a tip."
        assistant gen tip: string<1..20> (temperature: 0)
        return tip
      }
      """;

  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":5,\"ignore_eos\":true}";

  @TempDir Path folder;
  private Path file;
  private final StringWriter log = new StringWriter();
  private TestServer server;

  @BeforeEach
  void open() throws IOException {
    file = Files.writeString(folder.resolve("keys.yaml"), KEYS);
    KeyRing keys = KeyRing.of(Optional.empty(), Optional.empty(), Optional.of(file));
    var program = Compiler.compile("tip.sgl", PROGRAM).program().orElseThrow();
    var twice =
        Compiler.compile(
                "twice.sgl",
                PROGRAM
                    .replace("tip()", "twice()")
                    .replace("return tip", "assistant gen more: string<1..20>\n  return tip"))
            .program()
            .orElseThrow();
    Programs programs =
        new Programs(Map.of("tip", program, "twice", twice), _ -> RunOptions.DEFAULT);
    server =
        TestServer.open(o -> o.withKeys(keys).withLog(new RequestLog(log)).withPrograms(programs));
  }

  @AfterEach
  void close() {
    server.close();
  }

  private TestServer.Answer post(String path, String body, String key) throws IOException {
    return server.post(path, body, "Authorization", "Bearer " + key);
  }

  private TestServer.Answer chat(String key) throws IOException {
    return post("/v1/chat/completions", CHAT, key);
  }

  @Test
  void onlyTheKeysOfTheFileMayCall() throws IOException {
    assertEquals(200, chat("key-of-anna").status());
    assertEquals(
        200, server.post("/v1/chat/completions", CHAT, "x-api-key", "key-of-bob").status());
    assertEquals(401, chat("key-of-nobody").status());
    assertEquals(401, server.post("/v1/chat/completions", CHAT).status());
    assertEquals(200, server.get("/health").status());
    assertTrue(log.toString().contains("\"key\":\"anna\""), log.toString());
    assertFalse(log.toString().contains("key-of"), log.toString());
  }

  @Test
  void callsBeyondTheRateAreRefused() throws IOException {
    chat("key-of-anna");
    chat("key-of-anna");
    var call = server.call("/v1/chat/completions", CHAT, "Authorization", "Bearer key-of-anna");
    try (Response third = call.execute()) {
      assertEquals(429, third.code());
      int seconds = Integer.parseInt(third.header("Retry-After", ""));
      assertTrue(seconds > 20 && seconds <= 30, "30 s is a half of the minute: " + seconds);
      assertEquals("2", third.header("x-ratelimit-limit-requests"));
      assertEquals("0", third.header("x-ratelimit-remaining-requests"));
      String body = third.body().string();
      assertTrue(body.contains("rate_limit_exceeded"), body);
      assertTrue(body.contains("the 2 requests a minute"), body);
    }
    assertEquals(200, chat("operator-key").status());
  }

  @ParameterizedTest
  @CsvSource({"key-of-bob, rate_limit_exceeded", "key-of-carl, insufficient_quota"})
  void tokensAreTakenWhenTheAnswerIsOver(String key, String code) throws IOException {
    TestServer.Answer first = chat(key);
    assertEquals(200, first.status());
    assertTrue(first.at("/usage/total_tokens").asInt() > 3, "more than are left is let through");
    TestServer.Answer second = chat(key);
    assertEquals(429, second.status());
    assertEquals(code, second.at("/error/code").asText());
    assertEquals("tokens", second.at("/error/type").asText());
  }

  @Test
  void callsAtTheSameTimeAreLimited() throws IOException, InterruptedException {
    String body = "{\"prompt\":\"a\",\"max_tokens\":1500,\"ignore_eos\":true,\"rid\":\"long\"}";
    Thread other =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    post("/v1/completions", body, "key-of-dora");
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
    while (server.backend().stats().sequences().running() == 0) {
      Thread.sleep(5);
    }
    TestServer.Answer refused = chat("key-of-dora");
    assertEquals(429, refused.status());
    assertTrue(refused.error().contains("1 calls at the same time"), refused.error());

    String abort = "{\"rid\":\"long\"}";
    assertEquals(404, post("/abort_request", abort, "key-of-anna").status(), "not hers");
    assertEquals(403, post("/abort_request", "{\"abort_all\":true}", "key-of-dora").status());
    assertEquals(200, post("/abort_request", abort, "key-of-dora").status());
    other.join();
    assertEquals(200, chat("key-of-dora").status());
  }

  @Test
  void aResponseInTheBackgroundCountsUntilItsEnd() throws IOException, InterruptedException {
    String call =
        "{\"input\":\"Hi\",\"max_output_tokens\":1500,\"ignore_eos\":true,\"background\":true}";
    String id = post("/v1/responses", call, "key-of-dora").at("/id").asText();
    assertEquals(429, chat("key-of-dora").status());
    String cancel = "/v1/responses/" + id + "/cancel";
    assertEquals(404, post(cancel, "{}", "operator-key").status(), "it is dora's");
    assertEquals("cancelled", post(cancel, "{}", "key-of-dora").at("/status").asText());
    int status = 429;
    for (int i = 0; i < 200 && status == 429; i++) {
      Thread.sleep(20);
      status = chat("key-of-dora").status();
    }
    assertEquals(200, status);
  }

  @Test
  void aProgramEndsWhenItsCallerHasNoTokensLeft() throws IOException {
    TestServer.Answer first = post("/v1/programs/tip", "{}", "key-of-bob");
    assertEquals(200, first.status(), first.text());
    TestServer.Answer second = post("/v1/programs/tip", "{}", "key-of-bob");
    assertEquals(429, second.status());
    TestServer.Answer twice = post("/v1/programs/twice", "{}", "key-of-carl");
    assertEquals(429, twice.status(), twice.text());
    assertEquals("insufficient_quota", twice.at("/error/code").asText());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST /flush_cache", "GET /cache", "GET /v1/loads", "GET /metrics"})
  void whatConcernsAllNeedsAKeyForAdministration(String route) throws IOException {
    String path = route.split(" ")[1];
    String body = route.startsWith("POST") ? "{}" : "";
    for (String key : new String[] {"key-of-dora", "operator-key"}) {
      try (Response answer = server.call(path, body, "Authorization", "Bearer " + key).execute()) {
        assertEquals(key.equals("operator-key") ? 200 : 403, answer.code());
      }
    }
  }

  @Test
  void theFileIsReadAgainWhenItChanges() throws IOException, InterruptedException {
    chat("key-of-anna");
    Thread.sleep(1_100); // it is looked at once a second
    Files.writeString(file, KEYS.replace("key-of-dora", "another-key"));
    assertEquals(401, chat("key-of-dora").status());
    assertEquals(200, chat("another-key").status());
    assertEquals(200, chat("key-of-anna").status());
    assertEquals(429, chat("key-of-anna").status(), "what was spent stays spent");
    Thread.sleep(1_100);
    Files.writeString(file, "keys: {");
    assertEquals(200, chat("another-key").status(), "a file that is no good changes nothing");
  }

  /// The tokens that each route takes are those of its usage.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | 'messages':[{'role':'user','content':'Hi'}],'max_tokens':5 | /usage/total_tokens",
        "/v1/completions | 'prompt':['Hi','Ho ho'],'max_tokens':5,'n':2 | /usage/total_tokens",
        "/v1/completions | 'prompt':'Hi','max_tokens':0,'echo':true,'logprobs':1 | /usage/total_tokens",
        "/v1/completions | 'prompt':'Hi','max_tokens':0,'echo':true,'prompt_logprobs':1 | /usage/total_tokens",
        "/v1/completions | 'prompt':'Hi','max_tokens':0,'echo':true,'logprobs':1,'prompt_logprobs':1 | /usage/total_tokens",
        "/v1/completions | 'prompt':'Hi','max_tokens':3,'echo':true,'logprobs':1 | /usage/total_tokens",
        "/v1/responses | 'input':'Hi','max_output_tokens':16 | /usage/total_tokens",
        "/v1/embeddings | 'input':['Hi','Ho ho'] | /usage/total_tokens",
        "/v1/select | 'prompt':'Hi','choices':['a','b'] | /usage/total_tokens",
      })
  void eachRouteTakesTheTokensOfItsUsage(String path, String members, String usage)
      throws IOException {
    long before = spent();
    TestServer.Answer answer = post(path, "{" + members.replace('\'', '"') + "}", "operator-key");
    assertEquals(200, answer.status(), answer.text());
    int n = members.contains("'n':2") ? 2 : 1; // each answer has read the prompt
    long prompts = (n - 1) * answer.at("/usage/prompt_tokens").asLong();
    assertEquals(answer.at(usage).asLong() + prompts, spent() - before);
  }

  @Test
  void otherApisAndProgramsTakeTokensToo() throws IOException {
    long before = spent();
    JsonNode generated =
        post(
                "/generate",
                "{\"text\":\"Hi\",\"sampling_params\":{\"max_new_tokens\":4}}",
                "operator-key")
            .at("/meta_info");
    long first = spent() - before;
    assertEquals(
        generated.path("prompt_tokens").asLong() + generated.path("completion_tokens").asLong(),
        first);
    String message =
        "{\"model\":\"demo\",\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    JsonNode usage = post("/v1/messages", message, "operator-key").at("/usage");
    long read =
        usage.path("input_tokens").asLong() + usage.path("cache_read_input_tokens").asLong();
    assertEquals(read + usage.path("output_tokens").asLong(), spent() - before - first);
    long second = spent();
    post("/v1/programs/tip", "{}", "operator-key");
    assertTrue(spent() > second + 5);
  }

  private long spent() throws IOException {
    String metrics = server.get("/metrics", "x-api-key", "operator-key").text();
    Matcher line =
        Pattern.compile("sgl_key_tokens_total\\{key=\"operator\"} ([0-9.E]+)").matcher(metrics);
    return line.find() ? (long) Double.parseDouble(line.group(1)) : 0;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "keys: []",
        "keys: [anna]",
        "keys: [{name: anna}]",
        "keys: [{name: anna, key: short}]",
        "keys: [{name: 'an na', key: long-enough}]",
        "keys: [{name: anna, key: long-enough, sha256: abc}]",
        "keys: [{name: anna, sha256: abc}]",
        "keys: [{name: anna, key: long-enough, admin: maybe}]",
        "keys: [{name: anna, key: long-enough, parallel: 0}]",
        "keys: [{name: anna, key: long-enough, tokens-per-day: 1.5}]",
        "keys: [{name: anna, key: long-enough, request-per-minute: 5}]",
        "keys: [{name: anna, key: long-enough}, {name: anna, key: other-enough}]",
        "keys: [{name: anna, key: long-enough}, {name: bob, key: long-enough}]",
        "keys: [{name: anna, key: long-enough, key: other}]",
        "keys: {",
        "others: []",
      })
  void filesThatSayWhatCannotBeAreRefused(String text) throws IOException {
    Path wrong = Files.writeString(folder.resolve("wrong.yaml"), text);
    IOException error =
        assertThrows(
            IOException.class,
            () -> KeyRing.of(Optional.empty(), Optional.empty(), Optional.of(wrong)));
    assertTrue(String.valueOf(error.getMessage()).contains("wrong.yaml "), error.getMessage());
    assertFalse(String.valueOf(error.getMessage()).contains("long-enough"), "no key is shown");
  }

  @Test
  void anAdminKeyTakesAdministrationFromTheOther() throws IOException {
    KeyRing keys = KeyRing.of(Optional.of("all"), Optional.of("boss"), Optional.empty());
    assertFalse(keys.find("all").orElseThrow().isAdmin());
    assertTrue(keys.find("boss").orElseThrow().isAdmin());
    assertTrue(KeyRing.of("one").find("one").orElseThrow().isAdmin());
    assertTrue(keys.find("").isEmpty());
  }
}
