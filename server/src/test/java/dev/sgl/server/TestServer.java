package dev.sgl.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.testing.Json;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/// A server of the demo model on a free port, and a client that speaks to it.
public final class TestServer implements AutoCloseable {
  private static final Path DEMO = Path.of("../samples/model/demo");

  private static final MediaType JSON = MediaType.get("application/json");

  private static final ServerOptions LOCAL = ServerOptions.DEFAULT.withAddress("127.0.0.1", 0);

  private final LocalBackend backend;
  private final SglServer server;
  private final OkHttpClient client =
      new OkHttpClient.Builder().readTimeout(Duration.ofMinutes(1)).build();

  /// What came back.
  public record Answer(int status, JsonNode json, String text) {
    public JsonNode at(String pointer) {
      return json.at(pointer);
    }

    public String error() {
      return json.at("/error/message").asText();
    }
  }

  private TestServer(LocalOptions local, ServerOptions options) throws IOException {
    this(DEMO, local, options);
  }

  private TestServer(Path model, LocalOptions local, ServerOptions options) throws IOException {
    backend = LocalBackend.open(model, local.withDevice(DeviceOption.CPU), Progress.SILENT);
    server = SglServer.open(backend, options);
  }

  /// A server of another model than the demo.
  public static TestServer of(Path model, LocalOptions local) throws IOException {
    return new TestServer(model, local, LOCAL);
  }

  /// Where it listens.
  public static TestServer at(String host) throws IOException {
    return new TestServer(LocalOptions.DEFAULT, ServerOptions.DEFAULT.withAddress(host, 0));
  }

  public static TestServer open() throws IOException {
    return open(UnaryOperator.identity());
  }

  public static TestServer open(UnaryOperator<ServerOptions> options) throws IOException {
    return new TestServer(LocalOptions.DEFAULT, options.apply(LOCAL));
  }

  /// With the chat template of Qwen3, which calls tools and thinks.
  public static TestServer withQwen3() throws IOException {
    return withTemplateOf("Qwen-Qwen3-0.6B");
  }

  /// With a chat template of the suite.
  public static TestServer withTemplateOf(String model) throws IOException {
    return withTemplate(Suites.folder("chat-templates").resolve(model + ".jinja"));
  }

  /// With another chat template than the model's own.
  public static TestServer withTemplate(Path template) throws IOException {
    return open(
        LocalOptions.DEFAULT.withChatTemplate(Optional.of(template)), UnaryOperator.identity());
  }

  public static TestServer open(LocalOptions local, UnaryOperator<ServerOptions> options)
      throws IOException {
    return new TestServer(local, options.apply(LOCAL));
  }

  public LocalBackend backend() {
    return backend;
  }

  /// The sequences that still run when it has had 20 seconds to end them.
  public int runningInTheEnd() throws InterruptedException {
    for (int i = 0; i < 2000 && backend.stats().sequences().running() > 0; i++) {
      Thread.sleep(10);
    }
    return backend.stats().sequences().running();
  }

  public SglServer server() {
    return server;
  }

  /// All routes, as `GET /v1/models`.
  public List<String> routes() {
    return server.routes();
  }

  public String url(String path) {
    return server.uri() + path;
  }

  /// A call that is not made yet.
  public Call call(String path, String body, String... headers) {
    Request.Builder request = new Request.Builder().url(url(path));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    if (!body.isEmpty()) {
      request.post(RequestBody.create(body, JSON));
    }
    return client.newCall(request.build());
  }

  /// A call with any method, and without a body where the method needs none.
  public Call withMethod(String method, String path) {
    boolean hasBody = !method.equals("GET") && !method.equals("HEAD");
    RequestBody body = hasBody ? RequestBody.create("{}", JSON) : null;
    return client.newCall(new Request.Builder().url(url(path)).method(method, body).build());
  }

  /// Posts bytes that need be no text.
  public Answer post(String path, byte[] body) throws IOException {
    RequestBody bytes = RequestBody.create(body, JSON);
    return answer(client.newCall(new Request.Builder().url(url(path)).post(bytes).build()));
  }

  public Answer post(String path, String body, String... headers) throws IOException {
    return answer(call(path, body, headers));
  }

  public Answer get(String path, String... headers) throws IOException {
    return answer(call(path, "", headers));
  }

  private static Answer answer(Call call) throws IOException {
    try (Response response = call.execute()) {
      String text = response.body().string();
      boolean isJson =
          String.valueOf(response.header("Content-Type")).startsWith("application/json");
      return new Answer(response.code(), Json.parse(isJson ? text : "{}"), text);
    }
  }

  /// The data of all events of a stream; the last must be the end mark.
  public List<JsonNode> stream(String path, String body) throws IOException {
    try (Response response = call(path, body).execute()) {
      String text = response.body().string();
      if (response.code() != 200) {
        throw new AssertionError(text);
      }
      List<JsonNode> events = new ArrayList<>();
      boolean done = false;
      for (String line : text.split("\n")) {
        if (line.equals("data: [DONE]")) {
          done = true;
        } else if (line.startsWith("data: ")) {
          events.add(Json.parse(line.substring("data: ".length())));
        }
      }
      if (!done) {
        throw new AssertionError("a stream without an end: " + text);
      }
      return events;
    }
  }

  /// An event of a stream.
  public record Event(String name, JsonNode data) {
    public JsonNode at(String pointer) {
      return data.at(pointer);
    }
  }

  /// All events of a stream that has no end mark.
  public List<Event> events(String path, String body, String... headers) throws IOException {
    String text = text(path, body, headers);
    List<Event> events = new ArrayList<>();
    for (String block : text.split("\n\n")) {
      String[] lines = block.split("\n");
      if (lines.length == 2) { // others are comments
        events.add(
            new Event(
                lines[0].substring("event: ".length()),
                Json.parse(lines[1].substring("data: ".length()))));
      }
    }
    return events;
  }

  /// All lines of a stream of JSON.
  public List<JsonNode> lines(String path, String body) throws IOException {
    return text(path, body).lines().map(Json::parse).toList();
  }

  private String text(String path, String body, String... headers) throws IOException {
    try (Response response = call(path, body, headers).execute()) {
      String text = response.body().string();
      if (response.code() != 200) {
        throw new AssertionError(text);
      }
      return text;
    }
  }

  public Answer delete(String path) throws IOException {
    return answer(client.newCall(new Request.Builder().url(url(path)).delete().build()));
  }

  @Override
  public void close() {
    client.connectionPool().evictAll();
    server.close();
    backend.close();
  }
}
