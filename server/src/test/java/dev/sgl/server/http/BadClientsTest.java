package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.server.TestServer;
import dev.sgl.server.keys.KeyRing;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import okhttp3.Call;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients that do not read, do not send, or send too much; and answers that fail late.
@Timeout(120)
class BadClientsTest {
  private static final Duration HOUR = Duration.ofHours(1);

  /// A request on a connection of its own, whose answer nobody reads yet.
  private static Socket send(TestServer server, String path, int length, byte[] body)
      throws IOException {
    URI uri = server.server().uri();
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()));
    String head =
        "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, uri.getAuthority(), length);
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(body);
    socket.getOutputStream().flush();
    return socket;
  }

  private static void awaitCalls(TestServer server, int count) throws InterruptedException {
    while (server.server().meters().get("sgl.http.calls.open").gauge().value() != count) {
      Thread.sleep(10);
    }
  }

  @Test
  void whoDoesNotReadAWholeAnswerIsCutOff() throws Exception {
    Limits limits = new Limits(32 << 20, 10, HOUR, Duration.ofMillis(500));
    byte[] body =
        ("{\"tokens\":[300" + ",300".repeat(7_000_000) + "]}").getBytes(StandardCharsets.US_ASCII);
    try (TestServer server = TestServer.open(o -> o.withLimits(limits));
        Socket _ = send(server, "/detokenize", body.length, body)) {
      awaitCalls(server, 1);
      awaitCalls(server, 0);
    }
  }

  @Test
  void whoDoesNotReadAStreamIsCutOffAndHoldsNothing() throws Exception {
    Limits limits = new Limits(32 << 20, 10, HOUR, Duration.ofMillis(500));
    byte[] body =
        "{\"prompt\":\"a\",\"n\":32,\"logprobs\":20,\"max_tokens\":1900,\"ignore_eos\":true,\"stream\":true}"
            .getBytes(StandardCharsets.US_ASCII);
    try (TestServer server = TestServer.open(o -> o.withLimits(limits));
        Socket _ = send(server, "/v1/completions", body.length, body)) {
      awaitCalls(server, 1);
      awaitCalls(server, 0);
      assertTrue(server.backend().stats().tokens().generated() < 32 * 1900);
    }
  }

  @Test
  void whoHasNoKeyTakesNoPlace() throws Exception {
    Limits limits = new Limits(1000, 2, HOUR, Duration.ofMinutes(1));
    List<Socket> idle = new ArrayList<>();
    try (TestServer server =
        TestServer.open(o -> o.withLimits(limits).withKeys(KeyRing.of("secret")))) {
      for (int i = 0; i < 5; i++) {
        idle.add(send(server, "/v1/completions", 1000, new byte[0]));
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(200, server.get("/v1/models", "Authorization", "Bearer secret").status());
        assertEquals(200, server.get("/health").status());
      }
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedWhereverItEnds() throws Exception {
    Limits limits = new Limits(1000, 10, HOUR, Duration.ofMinutes(1));
    try (TestServer server = TestServer.open(o -> o.withLimits(limits))) {
      String body = "{\"prompt\":\"" + "y".repeat(8 << 20) + "\"}";
      TestServer.Answer large = server.post("/v1/completions", body);
      assertEquals(413, large.status());
      assertEquals("body_too_large", large.at("/error/code").asText());
    }
  }

  @Test
  void whoWaitsForOneAnswerAndLeavesIsNoticed() throws Exception {
    try (TestServer server = TestServer.open()) {
      String body = "{\"prompt\":\"a\",\"n\":3,\"max_tokens\":1900,\"ignore_eos\":true}";
      Call call = server.call("/v1/completions", body);
      CompletableFuture<Void> caller =
          CompletableFuture.runAsync(() -> assertThrows(IOException.class, call::execute));
      while (server.backend().stats().sequences().running() < 3) {
        Thread.sleep(10);
      }
      call.cancel();
      caller.get();
      assertEquals(0, server.runningInTheEnd());
    }
  }

  /// The status is out by then, and nobody may take for an answer what is none.
  @Test
  void anAnswerThatFailsLateIsBrokenOff() throws Exception {
    try (TestServer server = TestServer.open()) {
      String body =
          "{\"prompt\":\"a\",\"n\":100,\"max_tokens\":1900,\"ignore_eos\":true,\"rid\":\"late\"}";
      CompletableFuture<TestServer.Answer> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return server.post("/v1/completions", body);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      Thread.sleep(6500); // until blanks are sent
      assertEquals(1, server.post("/abort_request", "{\"rid\":\"late\"}").at("/aborted").asInt());
      ExecutionException error = assertThrows(ExecutionException.class, answer::get);
      Throwable failed = Objects.requireNonNull(error.getCause());
      assertInstanceOf(IOException.class, failed.getCause());
    }
  }
}
