package dev.sgl.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.Ahead;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Writing;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import java.io.IOException;
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
import org.junit.jupiter.api.Timeout;

/// Turns with several values, of servers that cannot go on from a begun message; and conversations
/// as the text that a template makes of them.
@Timeout(60)
class WholeTurnTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Type AGE = new Type.Int(0, 150);
  private static final List<Ahead> AHEAD =
      List.of(
          new Ahead.Written("\nAge: "),
          new Ahead.Generated(AGE, OptionalInt.of(4)),
          new Ahead.Written(" years"));

  private final MockWebServer server = new MockWebServer();

  @BeforeEach
  void start() throws IOException {
    server.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private RemoteOptions options(ServerKind kind) {
    return new RemoteOptions(server.url("/v1").uri(), "m", Optional.empty())
        .withServer(kind)
        .withTries(2);
  }

  private static Prompt prompt(String begun) {
    return new Prompt.Chat(
        List.of(new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("Who?")))),
        List.of(new Prompt.Part.Written(begun)));
  }

  /// A whole reply, as chats and completions have it.
  private void answer(String text, String finish) {
    String words = JSON.getNodeFactory().textNode(text).toString();
    String choice =
        "{\"delta\":{\"content\":%s},\"finish_reason\":\"%s\"}".formatted(words, finish);
    String usage = "{\"prompt_tokens\":8,\"completion_tokens\":5}";
    String event = "data: {\"choices\":[%s],\"usage\":%s}\n\n".formatted(choice, usage);
    server.enqueue(new MockResponse.Builder().body(event + "data: [DONE]\n\n").build());
  }

  private JsonNode asked() throws Exception {
    RecordedRequest request = server.takeRequest();
    return JSON.readTree(Objects.requireNonNull(request.getBody()).utf8());
  }

  private static Reply first(RemoteBackend backend) {
    Request request =
        new Request(
            prompt("Name: "),
            Type.TEXT,
            Sampling.DEFAULT.withMaxTokens(10),
            Scheduling.DEFAULT,
            Writing.DEFAULT,
            AHEAD);
    return reply(backend, request);
  }

  private static Reply reply(RemoteBackend backend, Request request) {
    try (Generation generation = backend.generate(request)) {
      return generation.reply();
    }
  }

  private static Request second(String name) {
    return new Request(prompt("Name: " + name + "\nAge: "), AGE, Sampling.DEFAULT);
  }

  @Test
  void allValuesOfATurnAreOneRequest() throws Exception {
    try (RemoteBackend backend = RemoteBackend.open(options(ServerKind.OPENAI))) {
      answer("{\"blank_1\":\"Ann\",\"blank_2\":31}", "stop");
      assertEquals("Ann", first(backend).text());
      assertEquals("it came with the turn", backend.explain(second("Ann")));
      Reply age = reply(backend, second("Ann"));
      assertEquals("31", age.text());
      assertEquals(Reply.Usage.NONE, age.usage());
      assertEquals(1, server.getRequestCount());
      assertEquals(1, backend.spent().requests());
      JsonNode body = asked();
      assertEquals(2, body.path("messages").size(), "nothing is begun");
      String words = body.at("/messages/1/content").asText();
      assertTrue(words.contains("\n\nName: {{blank_1}}\nAge: {{blank_2}}\n\n"), words);
      assertFalse(words.contains("years"), "what follows the last value needs no model");
      JsonNode schema = body.at("/response_format/json_schema/schema");
      assertEquals("integer", schema.at("/properties/blank_2/type").asText());
      assertEquals(10 + 4 + 2 * 16, body.path("max_completion_tokens").asInt());
    }
  }

  @Test
  void aValueIsTakenOnceAndOnlyBehindWhatWasSaid() {
    try (RemoteBackend backend = RemoteBackend.open(options(ServerKind.OPENAI))) {
      answer("{\"blank_1\":\"Ann\",\"blank_2\":31}", "stop");
      first(backend);
      answer("{\"value\":7}", "stop");
      assertEquals("7", reply(backend, second("Bob")).text());
      assertEquals("31", reply(backend, second("Ann")).text());
      answer("{\"value\":8}", "stop");
      assertEquals("8", reply(backend, second("Ann")).text());
    }
  }

  @Test
  void aTurnWithAValueOfAnotherTypeIsAskedForAgain() throws Exception {
    try (RemoteBackend backend = RemoteBackend.open(options(ServerKind.UNKNOWN))) {
      answer("{\"blank_1\":\"Ann\",\"blank_2\":310}", "stop");
      answer("{\"blank_1\":\"Ann\",\"blank_2\":31}", "stop");
      assertEquals("Ann", first(backend).text());
      asked();
      assertTrue(asked().at("/messages/2/content").asText().contains("JSON Schema"));
      answer("{\"blank_1\":\"Ann\"}", "stop");
      answer("{\"blank_1\":\"Ann\"}", "stop");
      BackendException error = assertThrows(BackendException.class, () -> first(backend));
      assertTrue(String.valueOf(error.getMessage()).contains("blank_2"), String.valueOf(error));
    }
  }

  @Test
  void aTurnThatIsCutIsAskedForValueByValue() throws Exception {
    try (RemoteBackend backend = RemoteBackend.open(options(ServerKind.OPENAI))) {
      answer("{\"blank_1\":\"Ann", "length");
      answer("Ann of Green Gab", "length");
      Reply name = first(backend);
      assertEquals("Ann of Green Gab", name.text());
      assertEquals(Reply.Finish.LENGTH, name.finish());
      assertEquals(16, name.usage().promptTokens(), "of both");
      asked();
      assertEquals(10, asked().path("max_completion_tokens").asInt());
    }
  }

  @Test
  void conversationsWithOtherPicturesAreOthers() {
    try (RemoteBackend backend = RemoteBackend.open(options(ServerKind.OPENAI))) {
      answer("{\"blank_1\":\"a man\",\"blank_2\":20}", "stop");
      answer("{\"blank_1\":\"a man\",\"blank_2\":80}", "stop");
      for (String picture : List.of("young", "old")) {
        reply(
            backend,
            new Request(
                seen(picture, "It is "),
                Type.TEXT,
                Sampling.DEFAULT,
                Scheduling.DEFAULT,
                Writing.DEFAULT,
                AHEAD));
      }
      String behind = "It is a man\nAge: ";
      assertEquals(
          "80", reply(backend, new Request(seen("old", behind), AGE, Sampling.DEFAULT)).text());
      assertEquals(
          "20", reply(backend, new Request(seen("young", behind), AGE, Sampling.DEFAULT)).text());
    }
  }

  private static Prompt seen(String picture, String begun) {
    Prompt.Part image = new Prompt.Part.Image("data:image/png;base64," + picture);
    return new Prompt.Chat(
        List.of(new Prompt.Message(Role.USER, List.of(image))),
        List.of(new Prompt.Part.Written(begun)));
  }

  @Test
  void whoGoesOnFromABegunMessageIsAskedValueByValue() throws Exception {
    try (RemoteBackend backend = RemoteBackend.open(options(ServerKind.VLLM))) {
      answer("Ann", "stop");
      assertEquals("Ann", first(backend).text());
      assertEquals("Name: ", asked().at("/messages/1/content").asText());
    }
  }

  @Test
  void aTemplateMakesTextOfAConversation() throws Exception {
    RemoteOptions options =
        options(ServerKind.UNKNOWN)
            .withTemplate(chat -> "<user>" + chat.messages().getFirst().text() + "<model>");
    try (RemoteBackend backend = RemoteBackend.open(options)) {
      answer("Ann", "stop");
      assertEquals("Ann", first(backend).text());
      RecordedRequest request = server.takeRequest();
      assertEquals("/v1/completions", request.getUrl().encodedPath());
      JsonNode body = JSON.readTree(Objects.requireNonNull(request.getBody()).utf8());
      assertEquals("<user>Who?<model>", body.path("prompt").asText());
      assertTrue(body.path("messages").isMissingNode());
    }
    try (RemoteBackend backend = RemoteBackend.open(options.withServer(ServerKind.OPENAI))) {
      BackendException error = assertThrows(BackendException.class, () -> first(backend));
      assertTrue(String.valueOf(error.getMessage()).contains("complete text"));
    }
  }
}
