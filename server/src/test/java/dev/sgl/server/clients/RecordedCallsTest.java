package dev.sgl.server.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.TestServer;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import okhttp3.Response;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Calls with the members that clients send, a line of JSON each. Their texts are shortened and are
/// our own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecordedCallsTest {
  private static final Path CALLS = Path.of("src/test/resources/calls-of-clients.jsonl");

  private TestServer server;

  /// A call of a client.
  private record Recorded(String client, String path, String body) {
    static Recorded of(String line) {
      JsonNode json = Json.parse(line);
      return new Recorded(
          json.path("client").asText(), json.path("path").asText(), json.path("body").toString());
    }

    @Override
    public String toString() {
      return client + ": " + path;
    }
  }

  @BeforeAll
  void open() throws IOException {
    server = TestServer.withQwen3();
  }

  @AfterAll
  void close() {
    server.close();
  }

  static Stream<Recorded> calls() throws IOException {
    return Files.readAllLines(CALLS).stream().map(Recorded::of);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aCallOfAClientIsAnswered(Recorded call) throws IOException {
    try (Response answer = server.call(call.path(), call.body()).execute()) {
      String text = answer.body().string();
      assertEquals(200, answer.code(), text);
      assertFalse(text.contains("\"error\":{"), text);
    }
  }
}
