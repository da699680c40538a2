package dev.sgl.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Reply;
import dev.sgl.backend.UnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/// The HTTP side of an endpoint: connections that are used again, so many requests at a time, and
/// what is made again when the endpoint is overloaded or breaks off. Proxies are those of the
/// virtual machine, or of the environment.
final class Endpoint implements AutoCloseable {
  /// Answers after which the same request may succeed later.
  private static final Set<Integer> LATER = Set.of(408, 409, 425, 429, 500, 502, 503, 504, 529);

  /// Answers that say nothing of the request: no such key, path or model, or too many requests.
  private static final Set<Integer> CLOSED_DOORS = Set.of(401, 403, 404, 408, 429);

  private static final MediaType JSON_TYPE = MediaType.get("application/json");
  private static final int MAX_ERROR = 300;
  private static final long MAX_ANSWER = 64 << 20;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final RemoteOptions options;
  private final HttpUrl base;
  private final OkHttpClient client;
  private final ObjectMapper json = new ObjectMapper();
  private final Semaphore places;
  private Spent spent = Spent.NOTHING;

  Endpoint(RemoteOptions options) {
    this.options = options;
    this.base = HttpUrl.get(options.endpoint().toString());
    this.places = new Semaphore(options.together(), true);
    this.client =
        new OkHttpClient.Builder()
            .connectTimeout(Duration.ofSeconds(10))
            .readTimeout(options.silence())
            .proxySelector(new EnvironmentProxies(System.getenv()))
            .retryOnConnectionFailure(true)
            .build();
  }

  String host() {
    return base.host();
  }

  ObjectMapper json() {
    return json;
  }

  /// A place among the requests that run at the same time; it must be given back.
  void enter() {
    try {
      places.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    }
  }

  void leave() {
    places.release();
  }

  /// A request that is not made yet.
  ///
  /// @param path behind the endpoint's URL; one that begins with a slash is the host's own
  Call call(String path, JsonNode body) {
    Request.Builder request = request(path);
    return client.newCall(request.post(RequestBody.create(body.toString(), JSON_TYPE)).build());
  }

  private Request.Builder request(String path) {
    HttpUrl url =
        path.startsWith("/")
            ? base.newBuilder().encodedPath(path).build()
            : base.newBuilder().addPathSegments(path).build();
    Request.Builder request = new Request.Builder().url(url);
    options
        .apiKey()
        .ifPresent(
            key -> {
              if (isAzure()) {
                request.header("api-key", key);
              } else {
                request.header("Authorization", "Bearer " + key);
              }
            });
    return request;
  }

  private boolean isAzure() {
    return options.server().orElse(ServerKind.UNKNOWN) == ServerKind.AZURE
        || base.host().endsWith("azure.com");
  }

  /// The JSON that a path gives; missing if it gives none.
  JsonNode get(String path) {
    try (Response response = client.newCall(request(path).build()).execute()) {
      return response.isSuccessful() ? json.readTree(response.body().string()) : json.missingNode();
    } catch (IOException e) {
      return json.missingNode();
    }
  }

  /// Makes a request, again and again while the endpoint asks for patience, and reads its answer.
  JsonNode post(String path, JsonNode body) {
    enter();
    try (Response response = execute(() -> call(path, body))) {
      return json.readTree(response.body().source().inputStream().readNBytes((int) MAX_ANSWER));
    } catch (IOException e) {
      throw unreachable(e);
    } finally {
      leave();
    }
  }

  /// Makes new calls of the same request.
  @FunctionalInterface
  interface Calls {
    Call next();
  }

  /// Makes a request, again while the endpoint asks for patience; the answer is a success.
  ///
  /// @throws UnavailableException if it never is, or cannot be reached
  /// @throws BackendException if the request is refused
  Response execute(Calls calls) {
    for (int attempt = 1; ; attempt++) {
      Call call = calls.next();
      try {
        Response response = call.execute();
        if (response.isSuccessful()) {
          return response;
        }
        try (response) {
          if (attempt == options.tries() || !LATER.contains(response.code())) {
            throw refused(response);
          }
          pause(attempt, response.header("Retry-After"), call);
        }
      } catch (IOException e) {
        if (call.isCanceled() || Thread.currentThread().isInterrupted()) {
          throw new CancellationException("cancelled");
        }
        if (attempt == options.tries()) {
          throw unreachable(e);
        }
        pause(attempt, null, call);
      }
      spend(Reply.Usage.NONE, true);
    }
  }

  /// Waits before the next attempt: as long as the endpoint says, or twice as long each time, and
  /// never all at the same moment.
  private static void pause(
      int attempt, @org.jspecify.annotations.Nullable String retryAfter, Call call) {
    double millis =
        Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() * Math.pow(2, attempt - 1));
    millis *= 0.5 + ThreadLocalRandom.current().nextDouble() / 2;
    if (retryAfter != null && retryAfter.matches("[0-9]{1,6}(\\.[0-9]+)?")) {
      double asked = Double.parseDouble(retryAfter) * 1000;
      millis = Math.min(LONGEST_PAUSE.toMillis(), Math.max(asked, millis / 10));
    }
    try {
      TimeUnit.MILLISECONDS.sleep((long) millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    }
    if (call.isCanceled()) {
      throw new CancellationException("cancelled");
    }
  }

  UnavailableException unreachable(IOException error) {
    String why = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    return new UnavailableException("the endpoint " + host() + " cannot be reached: " + why, error);
  }

  /// What an answer that is no success says, in one line.
  private BackendException refused(Response response) {
    String text = "";
    try {
      text = response.peekBody(64 << 10).string();
      JsonNode error = json.readTree(text).path("error");
      text = error.isTextual() ? error.asText() : error.path("message").asText(text);
    } catch (JsonProcessingException e) {
      text = text.strip();
    } catch (IOException e) {
      text = "no text";
    }
    String shown = text.length() > MAX_ERROR ? text.substring(0, MAX_ERROR) + "…" : text;
    String message = "the endpoint answered " + response.code() + ": " + shown;
    boolean always = response.code() >= 500 || CLOSED_DOORS.contains(response.code());
    return always ? new UnavailableException(message) : new BackendException(message);
  }

  /// Counts what a request cost.
  ///
  /// @param isRepeated whether it is made again
  synchronized void spend(Reply.Usage usage, boolean isRepeated) {
    Spent more =
        new Spent(
            spent.requests() + 1,
            spent.repeated() + (isRepeated ? 1 : 0),
            spent.promptTokens() + usage.promptTokens(),
            spent.cachedTokens() + usage.cachedTokens(),
            spent.generatedTokens() + usage.generatedTokens(),
            0);
    double cost = options.prices().map(prices -> prices.of(more)).orElse(0.0);
    spent =
        new Spent(
            more.requests(),
            more.repeated(),
            more.promptTokens(),
            more.cachedTokens(),
            more.generatedTokens(),
            cost);
  }

  synchronized Spent spent() {
    return spent;
  }

  @Override
  public void close() {
    client.dispatcher().cancelAll();
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }
}
