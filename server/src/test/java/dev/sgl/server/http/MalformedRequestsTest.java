package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.server.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requests that do not follow HTTP, or stretch it, as bytes. Some are refused by the server, some
/// by the JDK's web server below it, with a page of its own or by the end of the connection.
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MalformedRequestsTest {
  private static final String HEAD =
      "POST /v1/completions HTTP/1.1\nHost: HOST\nConnection: close\n";
  private static final String CHUNKED = "Transfer-Encoding: chunked\n\n";
  private static final String BODY = "{\"prompt\":\"Hi\",\"max_tokens\":1}";
  private static final String CHUNK = Integer.toHexString(BODY.length()) + "\n" + BODY + "\n";
  private TestServer server;

  @BeforeAll
  void open() throws IOException {
    server = TestServer.open();
  }

  @AfterAll
  void close() {
    server.close();
  }

  /// Everything that comes back; what came before the connection was broken off counts.
  private String answer(String request) throws IOException {
    URI uri = server.server().uri();
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.setSoTimeout(30_000);
      byte[] bytes =
          request
              .replace("HOST", uri.getAuthority())
              .replace("\n", "\r\n")
              .getBytes(StandardCharsets.US_ASCII);
      StringBuilder all = new StringBuilder();
      try {
        socket.getOutputStream().write(bytes);
        for (int c = socket.getInputStream().read(); c >= 0; c = socket.getInputStream().read()) {
          all.append((char) c);
        }
      } catch (SocketException e) {
        return all.toString();
      }
      return all.toString();
    }
  }

  private static String request(String kind) {
    return switch (kind) {
      case "chunks" -> HEAD + CHUNKED + CHUNK + "0\n\n";
      case "extension" -> HEAD + CHUNKED + CHUNK.replaceFirst("\n", ";a=b\n") + "0\n\n";
      case "trailer" -> HEAD + CHUNKED + CHUNK + "0\nX-Sum: 1\n\n";
      case "no size" -> HEAD + CHUNKED + "zz\n" + BODY + "\n0\n\n";
      case "negative" -> HEAD + CHUNKED + "-5\n" + BODY + "\n0\n\n";
      case "huge" -> HEAD + CHUNKED + "ffffffffffffffff\n" + BODY + "\n0\n\n";
      case "too small" -> HEAD + CHUNKED + "5\n" + BODY + "\n0\n\n";
      case "two lengths" -> HEAD + "Content-Length: 5\n" + CHUNKED + CHUNK + "0\n\n";
      case "no length" -> HEAD + "Content-Length: x\n\n" + BODY;
      case "coding" -> HEAD + "Transfer-Encoding: gzip\n\n" + BODY;
      case "1000 headers" -> HEAD + headers(1000) + "Content-Length: 5\n\n";
      case "large header" -> HEAD + "X-A: " + "a".repeat(1 << 20) + "\n\n";
      case "no request" -> "hello\n\n";
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static String headers(int count) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < count; i++) {
      all.append("X-").append(i).append(": a\n");
    }
    return all.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chunks | HTTP/1.1 200 | text_completion",
        "extension | HTTP/1.1 200 | text_completion",
        "trailer | HTTP/1.1 400 | no trailer fields may follow",
        "no size | HTTP/1.1 400 | the body cannot be read",
        "negative | HTTP/1.1 400 | the body cannot be read",
        "huge | HTTP/1.1 400 | the body cannot be read",
        "too small | HTTP/1.1 400 | the body cannot be read",
        "two lengths | HTTP/1.1 400 | headers",
        "no length | HTTP/1.1 400 | 400",
        "coding | HTTP/1.1 501 | Transfer-Encoding",
        "1000 headers | '' | ''",
        "large header | '' | ''",
        "no request | HTTP/1.1 400 | request line",
      })
  void eachIsAnsweredOrCutOffAndOthersAreServed(String kind, String begin, String message)
      throws IOException {
    for (int i = 0; i < 5; i++) {
      String answer = answer(request(kind));
      assertTrue(answer.startsWith(begin) && answer.contains(message), answer);
      assertEquals(begin.isEmpty(), answer.isEmpty(), answer);
    }
    assertEquals(200, server.get("/health").status());
    assertEquals(200, server.post("/v1/completions", BODY).status());
  }
}
