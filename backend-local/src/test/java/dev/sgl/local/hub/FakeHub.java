package dev.sgl.local.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/// A hub with the one repository `Org/Tiny`: one host that knows the files, another that has them.
final class FakeHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  final Map<String, byte[]> files = new TreeMap<>();
  final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  String commit = COMMIT;
  int cutAfter = -1; // bytes of a file until the connection breaks, once
  String token = "";
  String description = ""; // in place of the right one

  private final Path cache;
  private final HttpServer hub = server();
  private final HttpServer store = server();

  FakeHub(Path cache) {
    this.cache = cache;
    hub.createContext("/", this::answer);
    store.createContext("/", this::send);
    hub.start();
    store.start();
  }

  private static HttpServer server() {
    try {
      return HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// A client of this hub.
  ///
  /// @param more variables of its environment
  Hub client(Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("HF_HUB_CACHE", cache.toString());
    environment.put("HF_ENDPOINT", "http://127.0.0.1:" + hub.getAddress().getPort());
    return new Hub(environment);
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(path);
    String given = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    if (!token.isEmpty() && !given.equals("Bearer " + token)) {
      exchange.sendResponseHeaders(401, -1);
    } else if (path.matches("/api/models/Org/Tiny/revision/main2?")) {
      byte[] body = description();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } else if (path.startsWith("/Org/Tiny/resolve/" + commit + "/")) {
      String file = path.substring(("/Org/Tiny/resolve/" + commit + "/").length());
      exchange
          .getResponseHeaders()
          .set("Location", "http://127.0.0.1:" + store.getAddress().getPort() + "/" + file);
      exchange.sendResponseHeaders(302, -1);
    } else {
      exchange.sendResponseHeaders(404, -1);
    }
    exchange.close();
  }

  byte[] description() {
    if (!description.isEmpty()) {
      return description.getBytes(StandardCharsets.UTF_8);
    }
    ObjectNode body = new ObjectMapper().createObjectNode().put("sha", commit);
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
  static String blobId(byte[] content) {
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
}
