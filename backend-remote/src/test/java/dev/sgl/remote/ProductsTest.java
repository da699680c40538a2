package dev.sgl.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.backend.UnavailableException;
import dev.sgl.program.Role;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The remote backend against servers that behave as the known products do, with their quirks.
@Timeout(60)
class ProductsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Prompt CHAT =
      new Prompt.Chat(
          List.of(new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("How many?")))),
          List.of());
  private static final Prompt BEGUN =
      new Prompt.Chat(
          List.of(new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("How many?")))),
          List.of(new Prompt.Part.Written("There are ")));
  private static final Type PERSON =
      new Type.Rec(
          List.of(
              new Type.Field("name", Type.STRING, false),
              new Type.Field("age", new Type.Int(0, 150), false)));

  private final MockWebServer server = new MockWebServer();
  private final Deque<MockResponse> answers = new ArrayDeque<>();
  private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
  private final List<String> paths = new CopyOnWriteArrayList<>();
  private final Map<MockResponse, CountDownLatch> holds = new ConcurrentHashMap<>();
  private String owner = "";
  private volatile int loading; // answers until the server is ready

  @BeforeEach
  void start() throws IOException {
    server.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            String path = request.getUrl().encodedPath();
            if (path.endsWith("/models")) {
              return loading-- > 0
                  ? new MockResponse.Builder().code(503).addHeader("Retry-After", "0.01").build()
                  : json(
                      "{\"data\":[{\"id\":\"other\",\"owned_by\":\"library\"},{\"id\":\"m\",\"owned_by\":\""
                          + owner
                          + "\"}]}");
            }
            paths.add(path);
            try {
              asked.add(JSON.readTree(Objects.requireNonNull(request.getBody()).utf8()));
            } catch (IOException e) {
              throw new AssertionError(e);
            }
            MockResponse answer;
            synchronized (answers) {
              answer =
                  answers.isEmpty()
                      ? new MockResponse.Builder().code(500).body("nothing left").build()
                      : answers.remove();
            }
            try {
              holds.getOrDefault(answer, new CountDownLatch(0)).await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
            return answer;
          }
        });
    server.start();
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private RemoteBackend backend(String by) {
    owner = by;
    return RemoteBackend.open(
        new RemoteOptions(server.url("/v1").uri(), "m", Optional.of("secret"))
            .withTries(3)
            .withSilence(Duration.ofSeconds(5)));
  }

  private static MockResponse json(String body) {
    return new MockResponse.Builder()
        .addHeader("Content-Type", "application/json")
        .body(body)
        .build();
  }

  private void answer(MockResponse response) {
    answers.add(response);
  }

  private static MockResponse stream(String... events) {
    StringBuilder body = new StringBuilder();
    for (String event : events) {
      body.append("data: ").append(event).append("\n\n");
    }
    return new MockResponse.Builder()
        .addHeader("Content-Type", "text/event-stream")
        .body(body.toString())
        .build();
  }

  private static String delta(String field, String text, String finish) {
    return "{\"choices\":[{\"index\":0,\"delta\":{\""
        + field
        + "\":"
        + JSON.getNodeFactory().textNode(text)
        + "},\"finish_reason\":"
        + (finish.isEmpty() ? "null" : "\"" + finish + "\"")
        + "}]}";
  }

  /// A whole reply.
  private static MockResponse said(String text) {
    return stream(
        delta("content", text, ""),
        delta("content", "", "stop"),
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2}}",
        "[DONE]");
  }

  private static Reply reply(RemoteBackend backend, Prompt prompt, Type type) {
    return reply(backend, prompt, type, Sampling.DEFAULT);
  }

  private static Reply reply(RemoteBackend backend, Prompt prompt, Type type, Sampling sampling) {
    try (Generation generation = backend.generate(new Request(prompt, type, sampling))) {
      return generation.reply();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "sgl, SGL",
    "vllm, VLLM",
    "sglang, SGLANG",
    "llamacpp, LLAMA_CPP",
    "library, OLLAMA",
    "system, OPENAI",
    "somebody, UNKNOWN"
  })
  void aServerIsKnownByItsModels(String by, ServerKind kind) {
    try (RemoteBackend backend = backend(by)) {
      assertEquals(kind, backend.server());
    }
  }

  @Test
  void eachProductIsAskedInItsOwnWay() {
    Type word = new Type.Pattern("[a-z]+");
    try (RemoteBackend backend = backend("vllm")) {
      answer(said("three"));
      assertEquals("three", reply(backend, BEGUN, word).text());
    }
    JsonNode vllm = asked.getLast();
    assertTrue(vllm.path("continue_final_message").asBoolean());
    assertEquals("There are ", vllm.at("/messages/1/content").asText());
    assertEquals("[a-z]+", vllm.at("/structured_outputs/regex").asText());

    try (RemoteBackend backend = backend("sglang")) {
      answer(said("three"));
      reply(backend, BEGUN, word);
    }
    assertEquals("[a-z]+", asked.getLast().path("regex").asText());

    try (RemoteBackend backend = backend("llamacpp")) {
      answer(said("{\"value\":\"three\"}"));
      assertEquals("three", reply(backend, BEGUN, word).text());
    }
    JsonNode llama = asked.getLast();
    assertEquals("assistant", llama.at("/messages/1/role").asText());
    assertTrue(llama.path("continue_final_message").isMissingNode());
    assertTrue(llama.at("/response_format/json_schema/schema/properties").has("value"));

    try (RemoteBackend backend = backend("system")) {
      answer(said("{\"value\":\"three\"}"));
      reply(backend, BEGUN, word, Sampling.DEFAULT.withMaxTokens(9));
    }
    JsonNode openAi = asked.getLast();
    assertEquals("user", openAi.at("/messages/2/role").asText());
    assertEquals(9, openAi.path("max_completion_tokens").asInt());
    assertTrue(openAi.path("max_tokens").isMissingNode());
    assertTrue(openAi.at("/response_format/json_schema/strict").asBoolean());
  }

  @Test
  void rawTextGoesWhereRawTextIsContinued() {
    Prompt raw = new Prompt.Raw(List.of(new Prompt.Part.Written("Once")));
    try (RemoteBackend backend = backend("vllm")) {
      answer(stream("{\"choices\":[{\"text\":\" upon\",\"finish_reason\":\"length\"}]}", "[DONE]"));
      assertEquals(" upon", reply(backend, raw, Type.TEXT).text());
    }
    assertEquals("/v1/completions", paths.getLast());
    assertEquals("Once", asked.getLast().path("prompt").asText());
    assertEquals(4096 - 1, asked.getLast().path("max_tokens").asInt(), "not 16, as by default");
    try (RemoteBackend backend = backend("system")) {
      answer(said(" upon"));
      reply(backend, raw, Type.TEXT);
      assertEquals(
          "raw text as one user message, held to free text",
          backend.explain(new Request(raw, Type.TEXT, Sampling.GREEDY)));
    }
    assertEquals("/v1/chat/completions", paths.getLast());
  }

  /// Some take chats, but no `response_format` of this kind.
  @Test
  void whoRefusesSchemasIsAskedWithoutThem() {
    MockResponse refusal =
        new MockResponse.Builder()
            .code(400)
            .body("{\"error\":{\"message\":\"This response_format type is unavailable now\"}}")
            .build();
    try (RemoteBackend backend = backend("somebody")) {
      answer(refusal);
      answer(said("{\"name\":\"Ann\",\"age\":31}"));
      assertEquals("{\"name\":\"Ann\",\"age\":31}", reply(backend, CHAT, PERSON).text());
      assertTrue(asked.get(0).has("response_format"));
      assertFalse(asked.get(1).has("response_format"));
      answer(refusal); // the first may have been the schema's fault
      answer(said("{\"name\":\"Bob\",\"age\":32}"));
      reply(backend, CHAT, PERSON);
      answer(said("{\"name\":\"Cleo\",\"age\":33}"));
      reply(backend, CHAT, PERSON);
      assertEquals(5, asked.size(), "it is remembered");
      assertFalse(asked.get(4).has("response_format"));
    }
    try (RemoteBackend backend = backend("somebody")) {
      answer(refusal);
      answer(refusal);
      BackendException error =
          assertThrows(BackendException.class, () -> reply(backend, CHAT, PERSON));
      assertTrue(String.valueOf(error.getMessage()).contains("unavailable now"));
    }
  }

  @Test
  void whoIsOnlyThereIsGivenUp() {
    try (RemoteBackend backend =
        RemoteBackend.open(
            new RemoteOptions(server.url("/v1").uri(), "m", Optional.empty())
                .withServer(ServerKind.VLLM)
                .withTries(1)
                .withSilence(Duration.ofMillis(300)))) {
      answer(
          new MockResponse.Builder()
              .addHeader("Content-Type", "text/event-stream")
              .body(": still here\n\n".repeat(1000))
              .throttleBody(14, 10, TimeUnit.MILLISECONDS)
              .build());
      UnavailableException error =
          assertThrows(UnavailableException.class, () -> reply(backend, CHAT, Type.TEXT));
      assertTrue(String.valueOf(error.getMessage()).contains("signs of life"), error.getMessage());
    }
  }

  @Test
  void aWebPageIsNoAnswer() {
    try (RemoteBackend backend = backend("vllm")) {
      answer(
          new MockResponse.Builder()
              .addHeader("Content-Type", "text/html")
              .body("<!doctype html><title>Welcome</title>")
              .build());
      BackendException error =
          assertThrows(BackendException.class, () -> reply(backend, CHAT, Type.TEXT));
      assertTrue(String.valueOf(error.getMessage()).contains("web page"), error.getMessage());
    }
  }

  @Test
  void fencesAndThoughtsAroundJsonAreTakenOff() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(said("```json\n{\"name\": \"Ann\", \"age\": 31}\n```"));
      assertEquals("{\"name\": \"Ann\", \"age\": 31}", reply(backend, CHAT, PERSON).text());
      answer(said("<think>Ann, I guess.</think>\n{\"name\": \"Ann\", \"age\": 31}"));
      assertEquals("{\"name\": \"Ann\", \"age\": 31}", reply(backend, CHAT, PERSON).text());
    }
  }

  @Test
  void aValueThatTheServerClosedIsWhole() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(stream(delta("content", "{\"name\": \"Ann\", \"age\": 31}", "length"), "[DONE]"));
      Reply closed = reply(backend, CHAT, PERSON);
      assertTrue(closed.cuts().closed());
      assertFalse(closed.isCutOff());
      answer(stream(delta("content", "{\"name\": \"Ann\", \"a", "length"), "[DONE]"));
      assertTrue(reply(backend, CHAT, PERSON).isCutOff());
    }
  }

  @Test
  void whoIgnoresTheSchemaIsToldOfItInWords() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(said("Ann is 31."));
      answer(said("{\"name\":\"Ann\",\"age\":31}"));
      assertEquals("{\"name\":\"Ann\",\"age\":31}", reply(backend, CHAT, PERSON).text());
      assertEquals(2, backend.spent().requests());
      assertEquals(1, backend.spent().repeated());
      assertEquals(16, backend.spent().promptTokens(), "both are counted");
    }
    assertTrue(asked.get(1).at("/messages/1/content").asText().contains("JSON Schema"));
  }

  @Test
  void aReplyThatIsNeverOfItsTypeIsAnError() {
    try (RemoteBackend backend = backend("somebody")) {
      for (int i = 0; i < 3; i++) {
        answer(said("{\"name\":\"Ann\",\"age\":310}"));
      }
      BackendException error =
          assertThrows(BackendException.class, () -> reply(backend, CHAT, PERSON));
      assertTrue(String.valueOf(error.getMessage()).contains("age"), error.getMessage());
      assertEquals(3, asked.size());
    }
  }

  @Test
  void aCutTypedValueEndsByLength() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(stream(delta("content", "{\"name\":", "length"), "[DONE]"));
      assertEquals(Reply.Finish.LENGTH, reply(backend, CHAT, PERSON).finish());
      assertEquals(1, asked.size(), "it is not tried again");
    }
  }

  @Test
  void thoughtsUnderAnyNameAreNoPartOfTheReply() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(
          stream(
              "{\"choices\":[]}",
              delta("reasoning_content", "Hm.", ""),
              delta("reasoning", "Hm.", ""),
              delta("content", "Three.", "stop"),
              "[DONE]"));
      assertEquals("Three.", reply(backend, CHAT, Type.TEXT).text());
    }
  }

  @Test
  void aStormOf429IsWaitedFor() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(new MockResponse.Builder().code(429).addHeader("Retry-After", "0.05").build());
      answer(new MockResponse.Builder().code(503).addHeader("Retry-After", "0.05").build());
      answer(said("Three."));
      assertEquals("Three.", reply(backend, CHAT, Type.TEXT).text());
      for (int i = 0; i < 3; i++) {
        answer(new MockResponse.Builder().code(429).addHeader("Retry-After", "0.05").build());
      }
      assertThrows(UnavailableException.class, () -> reply(backend, CHAT, Type.TEXT));
    }
  }

  @Test
  void aStreamThatIsCutBeforeAnythingWasHeardIsAskedForAgain() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(stream("{\"choices\":[]}"));
      answer(said("Three."));
      assertEquals("Three.", reply(backend, CHAT, Type.TEXT).text());
      answer(stream(delta("content", "Thr", "")));
      assertThrows(UnavailableException.class, () -> reply(backend, CHAT, Type.TEXT));
      answer(stream(delta("content", "{\"name\":", "")));
      answer(said("{\"name\":\"Ann\",\"age\":31}"));
      assertEquals("{\"name\":\"Ann\",\"age\":31}", reply(backend, CHAT, PERSON).text());
    }
  }

  @Test
  void aRefusalIsAnErrorWithItsWords() {
    try (RemoteBackend backend = backend("system")) {
      answer(stream(delta("refusal", "I will not.", "stop"), "[DONE]"));
      BackendException error =
          assertThrows(BackendException.class, () -> reply(backend, CHAT, PERSON));
      assertEquals("the model refused: I will not.", error.getMessage());
    }
  }

  @Test
  void whatAServerCannotDoIsSaidBeforeItIsAsked() {
    try (RemoteBackend backend = backend("system")) {
      Type grammar = new Type.Grammar("root ::= \"a\"");
      assertThrows(
          BackendException.class,
          () -> backend.generate(new Request(CHAT, grammar, Sampling.DEFAULT)));
      Sampling long5 =
          Sampling.DEFAULT.withLength(
              new Sampling.Length(OptionalInt.empty(), OptionalInt.empty(), 5));
      BackendException error =
          assertThrows(
              BackendException.class, () -> backend.generate(new Request(CHAT, Type.TEXT, long5)));
      assertTrue(String.valueOf(error.getMessage()).contains("min_tokens"), error.getMessage());
      assertTrue(asked.isEmpty());
    }
  }

  private static Selection select(RemoteBackend backend) {
    return backend.select(new Question(CHAT, List.of("two", "three"), Step.Method.LIKELIHOOD));
  }

  @Test
  void choicesAreScoredByTheirEchoedTokens() {
    try (RemoteBackend backend = backend("vllm")) {
      answer(json("{\"tokens\":[1,2,3,20]}"));
      answer(json("{\"tokens\":[1,2,3,30,31]}"));
      answer(json("{\"tokens\":[1,2,3]}"));
      answer(
          json(
              "{\"choices\":[{\"logprobs\":{\"token_logprobs\":[null,-1,-1,-2.5,-9]}},"
                  + "{\"logprobs\":{\"token_logprobs\":[null,-1,-1,-1,-2,-9]}}],"
                  + "\"usage\":{\"prompt_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":3}}}"));
      Selection selection = select(backend);
      assertEquals(1, selection.index());
      assertEquals(List.of(-2.5, -1.5), selection.scores());
      assertEquals("likelihood", selection.method());
      assertEquals(3, selection.usage().cachedTokens());
    }
    assertEquals(List.of("/tokenize", "/tokenize", "/tokenize", "/v1/completions"), paths);
  }

  private static MockResponse candidates(String... tokens) {
    StringBuilder top = new StringBuilder();
    for (int i = 0; i < tokens.length; i++) {
      top.append(i == 0 ? "" : ",")
          .append("{\"token\":\"" + tokens[i] + "\",\"logprob\":" + -(i + 1) + "}");
    }
    return stream(
        "{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"length\",\"logprobs\":"
            + "{\"content\":[{\"token\":\"x\",\"logprob\":-1,\"top_logprobs\":["
            + top
            + "]}]}}]}",
        "[DONE]");
  }

  @Test
  void choicesAreWalkedWhereCandidatesAreReported() {
    try (RemoteBackend backend = backend("sglang")) {
      answer(candidates("t", "th", "four")); // `two` goes on with `t`, `three` with `th`
      answer(candidates("wo", "x"));
      answer(candidates("x", "ree and"));
      Selection selection = select(backend);
      assertEquals("walk", selection.method());
      assertEquals(List.of(-1.0, -2.0), selection.scores());
      assertEquals(0, selection.index());
    }
    assertEquals("t", asked.get(1).at("/messages/1/content").asText());
    assertEquals("th", asked.get(2).at("/messages/1/content").asText());
  }

  @Test
  void choicesAreComparedByLabelsWhereNothingIsEchoed() {
    try (RemoteBackend backend = backend("system")) {
      answer(
          stream(
              "{\"choices\":[{\"delta\":{\"content\":\"B\"},\"finish_reason\":\"stop\",\"logprobs\":"
                  + "{\"content\":[{\"token\":\"B\",\"logprob\":-0.2,\"top_logprobs\":["
                  + "{\"token\":\"B\",\"logprob\":-0.2},{\"token\":\"A\",\"logprob\":-1.8}]}]}}]}",
              "[DONE]"));
      Selection selection = select(backend);
      assertEquals(1, selection.index());
      assertEquals(List.of(-1.8, -0.2), selection.scores());
      assertEquals("labels", selection.method());
    }
    assertEquals(1, asked.getLast().path("max_completion_tokens").asInt());
  }

  @Test
  void withoutLogprobsOneOfTheChoicesIsAskedFor() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(said("B")); // a letter was asked for, but nothing is said of how likely it was
      answer(said("{\"value\":\"three\"}"));
      Selection selection = select(backend);
      assertEquals(1, selection.index());
      assertEquals("enum", selection.method());
      assertTrue(selection.scores().isEmpty());
      answer(said("{\"value\":\"three\"}"));
      assertEquals("enum", select(backend).method());
      assertEquals(3, asked.size(), "it is remembered");
    }
  }

  /// Answers that wait for `go`.
  private MockResponse held(MockResponse answer, CountDownLatch go) {
    holds.put(answer, go);
    return answer;
  }

  private void awaitAsked(int count) throws InterruptedException {
    while (asked.size() < count) {
      Thread.sleep(5);
    }
  }

  @Test
  void theFirstOfAForkWarmsThePrefixForTheOthers() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (RemoteBackend backend = backend("somebody");
        Pin _ = backend.pin(CHAT, Scheduling.DEFAULT);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answer(held(said("branch"), go));
      for (int i = 0; i < 3; i++) {
        answer(said("branch"));
      }
      List<Future<Reply>> branches = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        branches.add(threads.submit(() -> reply(backend, BEGUN, Type.TEXT)));
      }
      awaitAsked(1);
      Thread.sleep(100); // in which the others would ask
      assertEquals(1, asked.size(), "the others wait for the first");
      go.countDown();
      for (Future<Reply> branch : branches) {
        assertEquals("branch", branch.get().text());
      }
    }
    assertEquals(4, asked.size());
    String prefix = asked.getFirst().path("messages").path(0).toString();
    asked.forEach(body -> assertEquals(prefix, body.path("messages").path(0).toString()));
  }

  @Test
  void onlySoManyRequestsRunAtTheSameTime() throws Exception {
    owner = "somebody";
    CountDownLatch go = new CountDownLatch(1);
    RemoteOptions one =
        new RemoteOptions(server.url("/v1").uri(), "m", Optional.empty()).withTogether(1);
    try (RemoteBackend backend = RemoteBackend.open(one);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answer(held(said("x"), go));
      answer(said("x"));
      answer(said("x"));
      List<Future<Reply>> replies = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        replies.add(threads.submit(() -> reply(backend, CHAT, Type.TEXT)));
      }
      awaitAsked(1);
      // one that waits and is given up takes no place, and leaves none
      Generation waiting = backend.generate(new Request(CHAT, Type.TEXT, Sampling.DEFAULT));
      Future<?> waits = threads.submit(waiting::next);
      Thread.sleep(100);
      assertEquals(1, asked.size());
      long start = System.nanoTime();
      waiting.close();
      assertThrows(ExecutionException.class, waits::get);
      assertTrue(System.nanoTime() - start < 2e9, "it wakes up at once");
      Future<Reply> last = threads.submit(() -> reply(backend, CHAT, Type.TEXT));
      Thread.sleep(100);
      assertEquals(1, asked.size(), "still one at a time");
      go.countDown();
      for (Future<Reply> reply : replies) {
        assertEquals("x", reply.get().text());
      }
      assertEquals("x", last.get().text());
    }
  }

  @Test
  void closingWakesWhoWaitsToTryAgain() throws Exception {
    try (RemoteBackend backend = backend("somebody");
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answer(new MockResponse.Builder().code(429).addHeader("Retry-After", "60").build());
      Generation generation = backend.generate(new Request(CHAT, Type.TEXT, Sampling.DEFAULT));
      Future<?> waits = threads.submit(generation::next);
      awaitAsked(1);
      generation.close();
      ExecutionException error = assertThrows(ExecutionException.class, waits::get);
      assertInstanceOf(CancellationException.class, error.getCause());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 apples, or 9 | int",
        "{\"value\":7} no wait {\"value\":8} | int",
        "{\"value\":7,\"value\":8} | int",
        "{\"value\":\"7\"} | int",
        "true? false? | bool",
        "{\"error\":\"I cannot\"} | string",
        "{\"answer\":\"Ann\"} | string",
        "{\"value\":null} | string",
        "{\"name\":\"Ann\",\"age\":3} or {\"name\":\"Bo\",\"age\":4} | person",
      })
  void nothingHalfRightPasses(String said, String type) {
    Type wanted =
        switch (type) {
          case "int" -> new Type.Int(0, 9);
          case "bool" -> new Type.Bool();
          case "string" -> new Type.Str(0, 40);
          default -> PERSON;
        };
    try (RemoteBackend backend = backend("somebody")) {
      for (int i = 0; i < 3; i++) {
        answer(said(said));
      }
      assertThrows(BackendException.class, () -> reply(backend, CHAT, wanted));
      assertEquals(3, backend.spent().requests());
      assertEquals(2, backend.spent().repeated());
      assertEquals(24, backend.spent().promptTokens(), "all of them are paid for");
    }
  }

  @Test
  void aReplyThatWasBrokenOffByTheServerIsNone() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(stream(delta("content", "The answ", "abort"), "[DONE]"));
      assertThrows(UnavailableException.class, () -> reply(backend, CHAT, Type.TEXT));
    }
  }

  @Test
  void anErrorInTheStreamIsAsOneOfTheStatus() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(stream("{\"error\":{\"message\":\"overloaded\",\"code\":503}}"));
      answer(said("Three."));
      assertEquals("Three.", reply(backend, CHAT, Type.TEXT).text());
      answer(stream("{\"error\":{\"message\":\"no such voice\",\"code\":400}}"));
      assertThrows(BackendException.class, () -> reply(backend, CHAT, Type.TEXT));
    }
  }

  @Test
  void aServerThatDoesNotStreamIsUnderstood() {
    try (RemoteBackend backend = backend("somebody")) {
      answer(
          json(
              "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Three.\"},"
                  + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2}}"));
      Reply reply = reply(backend, CHAT, Type.TEXT);
      assertEquals("Three.", reply.text());
      assertEquals(8, reply.usage().promptTokens());
    }
  }

  @Test
  void aDescriptionIsNotContinued() {
    try (RemoteBackend backend = backend("vllm")) {
      answer(said("Ann is 31."));
      answer(said("{\"name\":\"Ann\",\"age\":31}"));
      reply(backend, BEGUN, PERSON);
    }
    assertTrue(asked.getLast().path("continue_final_message").isMissingNode());
    assertEquals("user", asked.getLast().path("messages").path(3).path("role").asText());
  }

  @Test
  void aCallIsWrappedWhereSchemasAreOfObjects() {
    Type.Call call = new Type.Call(List.of(new Type.Field("look", new Type.Rec(List.of()), false)));
    try (RemoteBackend backend = backend("system")) {
      answer(said("{\"value\":{\"name\":\"look\",\"arguments\":{}}}"));
      reply(backend, CHAT, call);
    }
    JsonNode schema = asked.getLast().at("/response_format/json_schema/schema");
    assertEquals("object", schema.path("type").asText(), schema.toString());
  }

  @Test
  void aWayOfChoosingThatFailsLeadsToTheNext() {
    try (RemoteBackend backend = backend("vllm")) {
      answer(new MockResponse.Builder().code(404).build()); // no /tokenize
      answer(candidates("Yes", "Nope")); // and none of the choices
      answer(said("three"));
      Selection selection = select(backend);
      assertEquals(1, selection.index());
      assertEquals("enum", selection.method());
    }
    try (RemoteBackend backend = backend("system")) {
      answer(said("B")); // without log-probabilities
      answer(said("{\"value\":\"three\"}"));
      assertEquals(1, select(backend).index());
    }
  }

  @Test
  void aServerThatIsStillLoadingIsAskedAgainWhatItIs() {
    loading = 2;
    try (RemoteBackend backend = backend("vllm")) {
      assertEquals(ServerKind.VLLM, backend.server());
    }
  }

  @Test
  void keysGoNowhereElse() {
    owner = "somebody";
    try (RemoteBackend backend = backend("somebody")) {
      answer(
          new MockResponse.Builder()
              .code(307)
              .addHeader("Location", server.url("/steal").toString())
              .build());
      assertThrows(BackendException.class, () -> reply(backend, CHAT, Type.TEXT));
    }
    assertFalse(paths.contains("/steal"), paths.toString());
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () -> new RemoteOptions(server.url("/v1").uri(), "m", Optional.of("to p\nsecret")));
    assertFalse(String.valueOf(error.getMessage()).contains("secret"));
  }

  @Test
  void costIsSummedByPrices() {
    owner = "somebody";
    RemoteOptions options =
        new RemoteOptions(server.url("/v1").uri(), "m", Optional.empty())
            .withPrices(new Prices(2, 0.5, 10));
    try (RemoteBackend backend = RemoteBackend.open(options)) {
      answer(
          stream(
              delta("content", "x", "stop"),
              "{\"choices\":[],\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,"
                  + "\"prompt_tokens_details\":{\"cached_tokens\":400}}}",
              "[DONE]"));
      reply(backend, CHAT, Type.TEXT);
      assertEquals((600 * 2 + 400 * 0.5 + 100 * 10) / 1e6, backend.spent().cost(), 1e-12);
    }
  }
}
