package dev.sgl.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import mockwebserver3.MockResponse;
import mockwebserver3.MockResponseBody;
import mockwebserver3.MockWebServer;
import okio.BufferedSink;
import okio.GzipSink;
import okio.Okio;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Endpoints whose answers have no end, or unpack to more than anyone can hold.
class HostileEndpointTest {
  private static final Prompt CHAT =
      new Prompt.Chat(
          List.of(new Prompt.Message(Role.USER, List.of(new Prompt.Part.Written("Hi")))),
          List.of());
  private static final String WORD =
      "data: {\"choices\":[{\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]}\n\n";

  private final MockWebServer server = new MockWebServer();

  @BeforeEach
  void start() throws IOException {
    server.start();
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  /// A piece again and again, until the connection breaks.
  private record Endless(String piece, Duration pause) implements MockResponseBody {
    @Override
    public long getContentLength() {
      return -1;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      String written = pause.isZero() ? piece.repeat(100) : piece;
      while (true) {
        sink.writeUtf8(written);
        sink.flush();
        try {
          Thread.sleep(pause);
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
    }
  }

  /// A gigabyte of blanks in a megabyte.
  private record Bomb() implements MockResponseBody {
    @Override
    public long getContentLength() {
      return -1;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
      String blanks = " ".repeat(1 << 20);
      try (BufferedSink packed = Okio.buffer(new GzipSink(sink))) {
        for (int i = 0; i < 1024; i++) {
          packed.writeUtf8(blanks);
        }
      }
    }
  }

  private void answer(int code, String type, MockResponseBody body, String... headers) {
    MockResponse.Builder response =
        new MockResponse.Builder().code(code).addHeader("Content-Type", type).body(body);
    for (int i = 0; i < headers.length; i += 2) {
      response.addHeader(headers[i], headers[i + 1]);
    }
    server.enqueue(response.build());
  }

  private RemoteOptions options() {
    return new RemoteOptions(server.url("/v1").uri(), "m", Optional.empty()).withTries(1);
  }

  private Reply reply(Sampling sampling) {
    return assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          try (RemoteBackend backend =
                  RemoteBackend.open(options().withServer(ServerKind.UNKNOWN));
              Generation generation = backend.generate(new Request(CHAT, Type.TEXT, sampling))) {
            return generation.reply();
          }
        });
  }

  private String refusal(Sampling sampling) {
    return String.valueOf(assertThrows(BackendException.class, () -> reply(sampling)).getMessage());
  }

  @Test
  void aListOfModelsWithoutEndIsGivenUp() {
    answer(200, "application/json", new Endless(" ", Duration.ZERO));
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> assertThrows(BackendException.class, () -> RemoteBackend.models(options())));
  }

  @Test
  void ofARefusalOnlyTheBeginningIsRead() {
    answer(400, "text/plain", new Endless("no ", Duration.ZERO));
    assertTrue(refusal(Sampling.DEFAULT).startsWith("the endpoint answered 400: no no no"));
  }

  @Test
  void anErrorIsOneLineWithoutTheKey() {
    String body = "{\"error\":{\"message\":\"no: sk-12345\\u001b[31m\\nred\"}}";
    server.enqueue(new MockResponse.Builder().code(401).body(body).build());
    try (RemoteBackend backend =
        RemoteBackend.open(
            new RemoteOptions(server.url("/v1").uri(), "m", Optional.of("sk-12345"))
                .withServer(ServerKind.UNKNOWN)
                .withTries(1))) {
      BackendException error =
          assertThrows(
              BackendException.class,
              () -> backend.generate(new Request(CHAT, Type.TEXT, Sampling.DEFAULT)).reply());
      assertEquals("the endpoint answered 401: no: (the API key) [31m red", error.getMessage());
    }
  }

  @Test
  void aRefusalThatDripsIsNotWaitedFor() {
    answer(400, "text/plain", new Endless("n", Duration.ofMillis(500)));
    assertTrue(refusal(Sampling.DEFAULT).startsWith("the endpoint answered 400"));
  }

  @Test
  void aReplyEndsWithItsMostTokens() {
    answer(200, "text/event-stream", new Endless(WORD, Duration.ZERO));
    Reply reply = reply(Sampling.DEFAULT.withMaxTokens(5));
    assertEquals(Reply.Finish.LENGTH, reply.finish());
    assertTrue(reply.text().length() < 1000, reply.text());
  }

  @Test
  void aReplyWithoutEndIsGivenUp() {
    answer(
        200,
        "text/event-stream",
        new Endless(WORD.replace("word ", "w".repeat(10_000)), Duration.ZERO));
    assertEquals(
        "the endpoint sent a reply of more than 8,388,608 characters", refusal(Sampling.DEFAULT));
  }

  @Test
  void eventsThatSayNothingAreGivenUp() {
    answer(200, "text/event-stream", new Endless(": ".repeat(5000) + "\n", Duration.ZERO));
    assertEquals("the endpoint sent more than 256 MiB in one answer", refusal(Sampling.DEFAULT));
  }

  @Test
  void whatUnpacksToFarMoreIsGivenUp() {
    answer(200, "application/json", new Bomb(), "Content-Encoding", "gzip");
    assertTrue(refusal(Sampling.DEFAULT).contains("the endpoint"));
    answer(200, "text/event-stream", new Bomb(), "Content-Encoding", "gzip");
    assertTrue(refusal(Sampling.DEFAULT).startsWith("the endpoint sent a line of more than"));
  }
}
