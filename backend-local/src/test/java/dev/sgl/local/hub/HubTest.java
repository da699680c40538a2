package dev.sgl.local.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models of a hub that this test plays: one host that knows the files, another that has them.
class HubTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
  private static final ModelName MODEL = ModelName.parse("Org/Tiny").orElseThrow();

  @TempDir Path cache = Path.of("");
  private final Map<String, byte[]> files = new TreeMap<>();
  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private HttpServer hub = server();
  private HttpServer store = server();
  private int cutAfter = -1; // bytes of a file until the connection breaks, once
  private String token = "";
  private String description = ""; // in place of the right one

  private static HttpServer server() {
    try {
      return HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void open() {
    byte[] weights = new byte[3 << 20];
    new SplittableRandom(1).nextBytes(weights);
    files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
    files.put("tokenizer.json", "{\"a\":1}".getBytes(StandardCharsets.UTF_8));
    files.put("model.safetensors", weights);
    files.put("pytorch_model.bin", new byte[9]);
    hub.createContext("/", this::answer);
    store.createContext("/", this::send);
    hub.start();
    store.start();
  }

  @AfterEach
  void close() {
    hub.stop(0);
    store.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(path);
    String given = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    if (!token.isEmpty() && !given.equals("Bearer " + token)) {
      exchange.sendResponseHeaders(401, -1);
    } else if (path.equals("/api/models/Org/Tiny/revision/main")) {
      byte[] body = description();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } else if (path.startsWith("/Org/Tiny/resolve/" + COMMIT + "/")) {
      String file = path.substring(path.lastIndexOf('/') + 1);
      exchange
          .getResponseHeaders()
          .set("Location", "http://127.0.0.1:" + store.getAddress().getPort() + "/" + file);
      exchange.sendResponseHeaders(302, -1);
    } else {
      exchange.sendResponseHeaders(404, -1);
    }
    exchange.close();
  }

  private byte[] description() {
    if (!description.isEmpty()) {
      return description.getBytes(StandardCharsets.UTF_8);
    }
    ObjectNode body = new ObjectMapper().createObjectNode().put("sha", COMMIT);
    ArrayNode siblings = body.putArray("siblings");
    files.forEach(
        (name, content) -> {
          ObjectNode file = siblings.addObject().put("rfilename", name).put("size", content.length);
          file.put("blobId", blobId(content));
          if (content.length > 1000) {
            file.putObject("lfs").put("sha256", hash("SHA-256", content));
          }
        });
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }

  /// The hash that git has of a file.
  private static String blobId(byte[] content) {
    byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(head, head.length + content.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    return hash("SHA-1", all);
  }

  private static String hash(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void send(HttpExchange exchange) throws IOException {
    if (exchange.getRequestHeaders().containsKey("Authorization")) {
      throw new AssertionError("the token went to another host");
    }
    byte[] content =
        Objects.requireNonNull(files.get(exchange.getRequestURI().getPath().substring(1)));
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=|-", ""));
    asked.add("range " + from);
    if (from >= content.length) {
      exchange.sendResponseHeaders(416, -1);
      exchange.close();
      return;
    }
    if (from > 0) {
      String given = "bytes %d-%d/%d".formatted(from, content.length - 1, content.length);
      exchange.getResponseHeaders().set("Content-Range", given);
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
    int end = content.length;
    if (content.length > 1000 && cutAfter >= 0) {
      end = cutAfter;
      cutAfter = -1;
    }
    try (exchange) {
      exchange.getResponseBody().write(Arrays.copyOfRange(content, from, end));
      exchange.getResponseBody().flush();
      if (end < content.length) {
        awaitFetched(end);
      }
    }
  }

  /// Waits until as many bytes are on disk, so that the connection breaks behind them.
  private void awaitFetched(int bytes) throws IOException {
    while (true) {
      try (Stream<Path> all = Files.walk(cache)) {
        for (Path file : all.filter(f -> f.toString().endsWith(".incomplete")).toList()) {
          if (Files.size(file) >= bytes) {
            return;
          }
        }
      }
    }
  }

  private Hub hub(String key) {
    return new Hub(
        Map.of(
            "HF_HUB_CACHE",
            cache.toString(),
            "HF_ENDPOINT",
            "http://127.0.0.1:" + hub.getAddress().getPort(),
            "HF_TOKEN",
            key));
  }

  @Test
  void aModelIsFetchedOnceAndFoundFromThenOn() throws IOException {
    List<Long> heard = new ArrayList<>();
    Path folder = hub("").find(MODEL, (_, done, total) -> heard.add(total - done));
    assertEquals(COMMIT, String.valueOf(folder.getFileName()));
    assertArrayEquals(
        files.get("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));
    assertFalse(Files.exists(folder.resolve("pytorch_model.bin")), "not needed");
    assertEquals(0, heard.getLast());
    int before = asked.size();
    assertEquals(folder, hub("").find(MODEL, (_, _, _) -> {}));
    assertEquals(before, asked.size(), "nobody was asked");
  }

  @Test
  void aBrokenDownloadIsGoneOnFrom() throws IOException {
    cutAfter = 1 << 20;
    Path folder = hub("").find(MODEL, (_, _, _) -> {});
    assertTrue(asked.contains("range " + (1 << 20)), asked.toString());
    assertArrayEquals(
        files.get("model.safetensors"), Files.readAllBytes(folder.resolve("model.safetensors")));
  }

  @Test
  void whatIsLeftOfAnotherDownloadIsNoBeginningOfThisOne() throws IOException {
    String blob = blobId(Objects.requireNonNull(files.get("config.json")));
    Path part = cache.resolve("models--Org--Tiny/blobs/" + blob + ".incomplete");
    Files.createDirectories(Objects.requireNonNull(part.getParent()));
    Files.writeString(part, "x".repeat(5000));
    Path folder = hub("").find(MODEL, (_, _, _) -> {});
    assertArrayEquals(files.get("config.json"), Files.readAllBytes(folder.resolve("config.json")));
  }

  @Test
  void aFileThatIsNotWhatTheHubSaidIsNotTaken() {
    description = new String(description(), StandardCharsets.UTF_8);
    byte[] other = Objects.requireNonNull(files.get("config.json")).clone();
    other[0] ^= 1;
    files.put("config.json", other);
    ModelException error =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(error.getMessage()).contains("broken"), error.getMessage());
  }

  @Test
  void aCommitThatIsNoneIsRefused() {
    description = new String(description(), StandardCharsets.UTF_8).replace(COMMIT, "../../../x");
    ModelException error =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(error.getMessage()).contains("which commit"), error.getMessage());
  }

  @Test
  void aTokenIsSentToTheHubOnly() {
    token = "mine";
    ModelException refused =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(refused.getMessage()).contains("HF_TOKEN"));
    hub("mine").find(MODEL, (_, _, _) -> {});
  }

  @Test
  void whatTheHubDoesNotHaveIsSaid() {
    ModelName other = ModelName.parse("Org/Other").orElseThrow();
    ModelException none =
        assertThrows(ModelException.class, () -> hub("").find(other, (_, _, _) -> {}));
    assertEquals("the hub has no model Org/Other", none.getMessage());
    files.remove("model.safetensors");
    ModelException bare =
        assertThrows(ModelException.class, () -> hub("").find(MODEL, (_, _, _) -> {}));
    assertTrue(String.valueOf(bare.getMessage()).contains("no weights"), bare.getMessage());
  }

  @Test
  void onlyNamesAreNames() {
    assertEquals("v1", ModelName.parse("a/b-1.5@v1").orElseThrow().revision());
    for (String text : List.of("demo", "a/b/c", "../x", "a/..", "/tmp/model", "a/b@../../c")) {
      assertTrue(ModelName.parse(text).isEmpty(), text);
    }
  }
}
