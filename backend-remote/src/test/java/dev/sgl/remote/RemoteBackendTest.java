package dev.sgl.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Role;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The remote backend against a server that answers from a script.
class RemoteBackendTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Prompt CHAT =
      new Prompt.Chat(
          List.of(
              new Prompt.Message(Role.SYSTEM, List.of(new Prompt.Part.Written("Be brief."))),
              new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("Hi")))),
          List.of());

  private final MockWebServer server = new MockWebServer();

  @BeforeEach
  void start() throws IOException {
    server.start();
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private RemoteBackend backend() {
    return RemoteBackend.open(
        new RemoteOptions(server.url("/v1").uri(), "m", Optional.of("secret"))
            .withServer(ServerKind.UNKNOWN)
            .withTries(1));
  }

  private static String event(String delta, String finish) {
    return "data: {\"choices\":[{\"delta\":{\"content\":"
        + quoted(delta)
        + "},\"finish_reason\":"
        + (finish.isEmpty() ? "null" : quoted(finish))
        + "}]}\n\n";
  }

  private static String quoted(String text) {
    return JSON.getNodeFactory().textNode(text).toString();
  }

  private void stream(String... events) {
    server.enqueue(
        new MockResponse.Builder()
            .addHeader("Content-Type", "text/event-stream")
            .body(String.join("", events))
            .build());
  }

  private JsonNode sent() throws Exception {
    RecordedRequest request = server.takeRequest();
    assertEquals("/v1/chat/completions", request.getUrl().encodedPath());
    assertEquals("Bearer secret", request.getHeaders().get("Authorization"));
    return JSON.readTree(Objects.requireNonNull(request.getBody()).utf8());
  }

  private Reply reply(Type type) {
    try (RemoteBackend backend = backend();
        Generation generation = backend.generate(new Request(CHAT, type, Sampling.DEFAULT))) {
      return generation.reply();
    }
  }

  @Test
  void freeTextIsStreamed() throws Exception {
    stream(
        ": a comment\n\n",
        "data: {\"choices\":[]}\n\n",
        event("Hel", ""),
        event("lo", ""),
        event("", "stop"),
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n",
        "data: [DONE]\n\n");
    try (RemoteBackend backend = backend();
        Generation generation = backend.generate(new Request(CHAT, Type.TEXT, Sampling.DEFAULT))) {
      assertEquals(Optional.of("Hel"), generation.next());
      assertEquals(Optional.of("lo"), generation.next());
      assertEquals(Optional.empty(), generation.next());
      assertEquals("Hello", generation.reply().text());
      assertEquals(new Reply.Usage(9, 4, 2, 0), generation.reply().usage());
    }
    JsonNode body = sent();
    assertEquals(
        "[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"Hi\"}]",
        body.path("messages").toString());
    assertTrue(body.path("stream").asBoolean());
    assertFalse(body.has("temperature"));
    assertFalse(body.has("response_format"));
  }

  @Test
  void aRecordIsAskedForBySchemaAndChecked() throws Exception {
    Type type = new Type.Rec(List.of(new Type.Field("n", new Type.Int(0, 5), false)));
    stream(event("{ \"n\": ", ""), event("4 }", "stop"), "data: [DONE]\n\n");
    assertEquals("{ \"n\": 4 }", reply(type).text(), "as the model wrote it");
    JsonNode format = sent().path("response_format");
    assertEquals("json_schema", format.path("type").asText());
    assertEquals(
        "integer",
        format
            .path("json_schema")
            .path("schema")
            .path("properties")
            .path("n")
            .path("type")
            .asText());
  }

  @Test
  void aScalarIsWrappedInAnObject() throws Exception {
    stream(event("{\"value\":7}", "stop"), "data: [DONE]\n\n");
    assertEquals("7", reply(new Type.Int(0, 9)).text());
    assertTrue(
        sent()
            .path("response_format")
            .path("json_schema")
            .path("schema")
            .path("properties")
            .has("value"));
  }

  @Test
  void aReplyThatIsNotOfItsTypeIsAnError() {
    stream(event("{\"value\":70}", "stop"), "data: [DONE]\n\n");
    BackendException error = assertThrows(BackendException.class, () -> reply(new Type.Int(0, 9)));
    assertEquals(
        "the endpoint's reply is not a `int<0..9>`: 70 is not int<0..9>; it said: {\"value\":70}",
        error.getMessage());
    stream(event("Sure! Here it is.", "stop"), "data: [DONE]\n\n");
    assertThrows(BackendException.class, () -> reply(new Type.Int(0, 9)));
  }

  @Test
  void aCutTypedValueSaysSo() {
    stream(event("{\"value\":", "length"), "data: [DONE]\n\n");
    assertEquals(Reply.Finish.LENGTH, reply(new Type.Int(0, 9)).finish());
  }

  @Test
  void selectIsAChoiceBySchema() throws Exception {
    stream(event("B", "stop"), "data: [DONE]\n\n"); // and no log-probabilities
    stream(event("{\"value\":\"bad\"}", "stop"), "data: [DONE]\n\n");
    try (RemoteBackend backend = backend()) {
      var selection =
          backend.select(new Question(CHAT, List.of("good", "bad"), Step.Method.LIKELIHOOD));
      assertEquals(1, selection.index());
      assertEquals("enum", selection.method());
    }
    sent();
    JsonNode body = sent();
    assertEquals(
        "[\"good\",\"bad\"]",
        body.path("response_format")
            .path("json_schema")
            .path("schema")
            .path("properties")
            .path("value")
            .path("enum")
            .toString());
    assertEquals(0, body.path("temperature").asDouble(-1));
  }

  @Test
  void errorsOfTheEndpointAreShownInOneLine() {
    server.enqueue(
        new MockResponse.Builder()
            .code(401)
            .body("{\"error\":{\"message\":\"no such key\"}}")
            .build());
    BackendException error = assertThrows(BackendException.class, () -> reply(Type.TEXT));
    assertEquals("the endpoint answered 401: no such key", error.getMessage());
    server.enqueue(new MockResponse.Builder().code(500).body("x".repeat(5000)).build());
    assertTrue(
        String.valueOf(assertThrows(BackendException.class, () -> reply(Type.TEXT)).getMessage())
                .length()
            < 400);
    stream("data: {\"error\":{\"message\":\"overloaded\"}}\n\n");
    assertEquals(
        "the endpoint failed: overloaded",
        assertThrows(BackendException.class, () -> reply(Type.TEXT)).getMessage());
  }

  @Test
  void aStreamThatBreaksOffIsAnError() {
    stream(event("Hel", ""));
    assertTrue(
        String.valueOf(assertThrows(BackendException.class, () -> reply(Type.TEXT)).getMessage())
            .contains("broke off"));
  }

  @Test
  void anEndpointThatIsNotThereIsAnError() throws IOException {
    server.close();
    assertTrue(
        String.valueOf(assertThrows(BackendException.class, () -> reply(Type.TEXT)).getMessage())
            .contains("cannot be reached"));
  }

  @Test
  void azureHasItsVersionInTheUrlAndAHeaderForTheKey() throws Exception {
    stream(event("Hi", "stop"), "data: [DONE]\n\n");
    URI uri = server.url("/openai/deployments/gpt/?api-version=2025-01-01").uri();
    RemoteOptions options =
        new RemoteOptions(uri, "gpt", Optional.of("secret")).withServer(ServerKind.AZURE);
    try (RemoteBackend backend = RemoteBackend.open(options);
        Generation generation = backend.generate(new Request(CHAT, Type.TEXT, Sampling.DEFAULT))) {
      assertEquals("Hi", generation.reply().text());
    }
    RecordedRequest request = server.takeRequest();
    assertEquals(
        "/openai/deployments/gpt/chat/completions?api-version=2025-01-01", request.getTarget());
    assertEquals("secret", request.getHeaders().get("api-key"));
    assertNull(request.getHeaders().get("Authorization"));
  }

  @Test
  void aBudgetEndsFreeText() throws Exception {
    stream(event("Hi", "length"), "data: [DONE]\n\n");
    Request request = new Request(CHAT, Type.TEXT, budget(5));
    try (RemoteBackend backend = backend();
        Generation generation = backend.generate(request);
        Generation none = backend.generate(new Request(CHAT, Type.TEXT, budget(0)))) {
      generation.reply();
      assertEquals("", none.reply().text());
      assertEquals(Reply.Finish.LENGTH, none.reply().finish());
    }
    assertEquals(5, sent().path("max_tokens").asInt());
    assertEquals(1, server.getRequestCount());
  }

  private static Sampling budget(int tokens) {
    return Sampling.DEFAULT.withLength(
        new Sampling.Length(OptionalInt.of(9), OptionalInt.of(tokens), 0));
  }

  @Test
  void theKeyIsNeverShown() {
    assertFalse(
        new RemoteOptions(server.url("/v1").uri(), "m", Optional.of("secret"))
            .toString()
            .contains("secret"));
  }
}
