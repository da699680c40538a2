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
import java.util.List;
import java.util.stream.IntStream;
import okhttp3.Response;
import okio.BufferedSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Responses that are answered in the background, and streamed to clients that come and go.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class BackgroundStreamTest {
  private static final String PATH = "/v1/responses";

  private static final String SHORT =
      "{\"input\":\"Hi.\",\"background\":true,\"stream\":true,\"max_output_tokens\":40,\"ignore_eos\":true}";

  /// A response that takes some seconds.
  private static final String LONG = SHORT.replace("40", "1500");

  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    server = TestServer.open();
  }

  @AfterAll
  void close() {
    server.close();
  }

  private static List<JsonNode> data(List<Event> events) {
    return events.stream().map(Event::data).toList();
  }

  private static void assertNumbered(List<JsonNode> events, int from) {
    List<Integer> numbers =
        events.stream().map(event -> event.path("sequence_number").asInt()).toList();
    assertEquals(IntStream.range(from, from + events.size()).boxed().toList(), numbers);
  }

  /// The first events of a stream whose client leaves then.
  private List<JsonNode> some(String path, String body, int count) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    try (Response response = server.call(path, body).execute()) {
      assertEquals(200, response.code());
      BufferedSource lines = response.body().source();
      while (events.size() < count) {
        String line = lines.readUtf8LineStrict();
        if (line.startsWith("data: ")) {
          events.add(Json.parse(line.substring("data: ".length())));
        }
      }
    }
    return events;
  }

  private static String id(List<JsonNode> events) {
    return events.getFirst().at("/response/id").asText();
  }

  @Test
  void theEventsAreThoseOfAStreamAndAreSentAgain() throws IOException {
    List<Event> first = server.events(PATH, SHORT);
    assertEquals("response.created", first.getFirst().name());
    assertEquals("response.in_progress", first.get(1).name());
    assertTrue(first.getFirst().at("/response/background").asBoolean());
    assertEquals("response.incomplete", first.getLast().name());
    assertNumbered(data(first), 0);
    String path = PATH + "/" + id(data(first));
    assertEquals(first, server.events(path + "?stream=true", ""));
    List<Event> rest = server.events(path + "?stream=true&starting_after=4", "");
    assertEquals(first.subList(5, first.size()), rest);
    int last = first.size() - 1;
    assertTrue(server.events(path + "?stream=true&starting_after=" + last, "").isEmpty());
    assertEquals(first.getLast().at("/response"), server.get(path).json());
  }

  @Test
  void aClientThatLeavesEndsNothingAndComesAgain() throws IOException {
    List<JsonNode> first = some(PATH, LONG, 10);
    String path = PATH + "/" + id(first) + "?stream=true&starting_after=";
    List<JsonNode> second = some(path + 9, "", 10);
    List<JsonNode> rest = data(server.events(path + 19, ""));
    List<JsonNode> all = new ArrayList<>(first);
    all.addAll(second);
    all.addAll(rest);
    assertNumbered(all, 0);
    JsonNode response = all.getLast().path("response");
    assertEquals(1500, response.at("/usage/output_tokens").asInt());
    String text = text(all);
    assertFalse(text.isEmpty());
    assertEquals(text, response.at("/output/0/content/0/text").asText());
  }

  private static String text(List<JsonNode> events) {
    StringBuilder text = new StringBuilder();
    for (JsonNode event : events) {
      if (event.path("type").asText().equals("response.output_text.delta")) {
        text.append(event.path("delta").asText());
      }
    }
    return text.toString();
  }

  @Test
  void aStreamThatIsCancelledEndsWithTheResponse() throws IOException, InterruptedException {
    List<JsonNode> first = some(PATH, LONG, 6);
    String path = PATH + "/" + id(first);
    assertEquals("cancelled", server.post(path + "/cancel", "{}").at("/status").asText());
    List<JsonNode> rest = data(server.events(path + "?stream=true&starting_after=5", ""));
    assertNumbered(rest, 6);
    JsonNode last = rest.getLast();
    assertEquals("response.incomplete", last.path("type").asText());
    assertEquals("cancelled", last.at("/response/status").asText());
    assertEquals("incomplete", last.at("/response/output/0/status").asText());
    first.addAll(rest);
    assertEquals(text(first), last.at("/response/output/0/content/0/text").asText());
    assertEquals(last.path("response"), server.get(path).json());
    assertEquals(0, server.runningInTheEnd());
  }

  @Test
  void aResponseThatIsDeletedEndsItsStreams() throws Exception {
    List<JsonNode> first = some(PATH, LONG, 6);
    String path = PATH + "/" + id(first);
    try (Response stream = server.call(path + "?stream=true", "").execute()) {
      assertTrue(server.delete(path).at("/deleted").asBoolean());
      assertTrue(stream.body().string().contains("\"status\":\"cancelled\""));
    }
    assertEquals(0, server.runningInTheEnd());
    assertEquals(404, server.get(path + "?stream=true").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "?stream=true&starting_after=x | starting_after | the number of an event",
        "?stream=true&starting_after=-1 | starting_after | the number of an event",
        "?stream=true&starting_after=5000 | starting_after | the last event",
        "?starting_after=1 | starting_after | needs stream",
      })
  void whatCannotBeStreamedAgainIsRefused(String query, String param, String message)
      throws IOException {
    String id = id(data(server.events(PATH, SHORT)));
    Answer answer = server.get(PATH + "/" + id + query);
    assertEquals(400, answer.status());
    assertEquals(param, answer.at("/error/param").asText());
    assertTrue(answer.error().contains(message), answer.error());
  }

  @Test
  void aResponseThatWasNoStreamIsNotStreamedAgain() throws IOException {
    String call = SHORT.replace("\"stream\":true", "\"stream\":false");
    String id = server.post(PATH, call).at("/id").asText();
    Answer answer = server.get(PATH + "/" + id + "?stream=true");
    assertEquals(400, answer.status());
    assertEquals("stream", answer.at("/error/param").asText());
  }

  @Test
  void nothingIsCompacted() throws IOException {
    Answer answer = server.post(PATH + "/compact", "{\"input\":\"Hi.\"}");
    assertEquals(400, answer.status());
    assertEquals("unsupported_operation", answer.at("/error/code").asText());
    assertTrue(answer.error().contains("compacts no conversations"), answer.error());
  }
}
