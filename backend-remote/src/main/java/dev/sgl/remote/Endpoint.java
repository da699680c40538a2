package dev.sgl.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Reply;
import dev.sgl.backend.UnavailableException;
import dev.sgl.json.OutsideJson;
import dev.sgl.remote.http.BoundedBody;
import dev.sgl.remote.http.Cancellation;
import dev.sgl.remote.http.EnvironmentProxies;
import dev.sgl.remote.http.Reasons;
import dev.sgl.remote.http.RetryAfter;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/// The HTTP side of an endpoint: connections that are used again, a limit of requests at the
/// same time, and retries when the endpoint is overloaded or breaks off. Proxies are those of
/// the virtual machine, or of the environment.
final class Endpoint implements AutoCloseable {
  /// Answers after which the same request may succeed later.
  private static final Set<Integer> LATER = Set.of(408, 409, 425, 429, 500, 502, 503, 504, 529);

  /// Answers that say nothing of the request: no such key, path or model, or too many requests.
  private static final Set<Integer> CLOSED_DOORS = Set.of(401, 403, 404, 408, 429);

  /// Answers of servers that have no list of models.
  private static final Set<Integer> NO_LIST = Set.of(400, 404, 405, 501);

  private static final MediaType JSON_TYPE = MediaType.get("application/json");
  private static final int MAX_ERROR = 300;
  private static final long MAX_ANSWER = 16 << 20;
  private static final long MAX_LIST = 4 << 20;
  private static final long MAX_REFUSAL = 64 << 10;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /// The longest that a server may ask to be left alone; it is given up for more.
  private static final Duration LONGEST_ASKED = Duration.ofMinutes(2);

  /// For the answer to a question that needs no model.
  private static final Duration PROBED = Duration.ofSeconds(10);

  private final RemoteOptions options;
  private final HttpUrl base;
  private final EnvironmentProxies proxies;
  private final OkHttpClient client;
  private final ObjectMapper json = OutsideJson.plain();
  private final Semaphore places;
  private Spent spent = Spent.NOTHING;

  Endpoint(RemoteOptions options) {
    this.options = options;
    this.base = HttpUrl.get(options.endpoint().toString());
    this.places = new Semaphore(options.limits().together(), true);
    this.proxies = proxies();
    this.client =
        new OkHttpClient.Builder()
            .connectTimeout(Duration.ofSeconds(10))
            .readTimeout(options.limits().silence())
            .proxySelector(proxies)
            .proxyAuthenticator((_, response) -> authorized(response))
            .connectionPool(new ConnectionPool(options.limits().together(), 5, TimeUnit.MINUTES))
            .followRedirects(false) // keys are for this host alone
            .retryOnConnectionFailure(true)
            .build();
  }

  String host() {
    return base.host();
  }

  /// The host and its port, as people read it.
  String place() {
    return base.host() + ":" + base.port();
  }

  ObjectMapper json() {
    return json;
  }

  private static EnvironmentProxies proxies() {
    try {
      return new EnvironmentProxies(System.getenv());
    } catch (IllegalArgumentException e) {
      throw new BackendException(String.valueOf(e.getMessage()), e);
    }
  }

  private @Nullable Request authorized(Response refused) {
    Optional<String> known = proxies.authorization(refused.request().url().uri());
    boolean wasSent = refused.request().header("Proxy-Authorization") != null;
    return known.isEmpty() || wasSent
        ? null
        : refused.request().newBuilder().header("Proxy-Authorization", known.get()).build();
  }

  /// A place among the requests that run at the same time; it must be given back.
  void enter(Cancellation wanted) {
    wanted.await(places::tryAcquire);
  }

  void leave() {
    places.release();
  }

  /// A request that is not made yet.
  ///
  /// @param path behind the endpoint's URL; one that begins with a slash stands beside its `v1`
  Call call(String path, JsonNode body) {
    Request.Builder request = request(path);
    return client.newCall(request.post(RequestBody.create(body.toString(), JSON_TYPE)).build());
  }

  private Request.Builder request(String path) {
    String before = base.encodedPath();
    HttpUrl url =
        path.startsWith("/")
            ? base.newBuilder().encodedPath(before.replaceFirst("(/v1)?/*$", "") + path).build()
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

  /// The models that the endpoint lists; missing if it has no list.
  ///
  /// @throws UnavailableException if it cannot be asked
  JsonNode models(Cancellation wanted) {
    OkHttpClient quick = client.newBuilder().readTimeout(PROBED).build();
    try (Response response =
        execute(
            () -> quick.newCall(request("models").build()), wanted, _ -> {}, NO_LIST::contains)) {
      response.body().source().timeout().deadline(PROBED.toNanos(), TimeUnit.NANOSECONDS);
      return response.isSuccessful()
          ? json.readTree(BoundedBody.of(response, MAX_LIST).inputStream())
          : json.missingNode();
    } catch (JsonProcessingException e) {
      return json.missingNode();
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  /// Makes a request, again and again while the endpoint asks for patience, reads its answer,
  /// and counts its cost.
  JsonNode post(String path, JsonNode body, Cancellation wanted) {
    enter(wanted);
    try (Response response = execute(() -> call(path, body), wanted, false)) {
      JsonNode answer = json.readTree(BoundedBody.of(response, MAX_ANSWER).inputStream());
      spend(Wire.usage(answer));
      return answer;
    } catch (JsonProcessingException e) {
      throw new BackendException("the endpoint answered what is not JSON");
    } catch (IOException e) {
      wanted.require();
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
  /// @param again whether the same was asked before
  /// @throws UnavailableException if it never is, or cannot be reached
  /// @throws BackendException if the request is refused
  Response execute(Calls calls, Cancellation wanted, boolean again) {
    return execute(calls, wanted, attempt -> count(again || attempt > 1), _ -> false);
  }

  /// @param began is called with the number of each attempt
  /// @param accepted answers that are taken besides successes
  private Response execute(
      Calls calls, Cancellation wanted, IntConsumer began, Predicate<Integer> accepted) {
    for (int attempt = 1; ; attempt++) {
      wanted.require();
      began.accept(attempt);
      Duration pause;
      try {
        Response response = calls.next().execute();
        if (response.isSuccessful() || accepted.test(response.code())) {
          return response;
        }
        try (response) {
          pause = pauseAfter(response, attempt);
        }
      } catch (IOException e) {
        wanted.require();
        pause = pauseAfter(e, attempt);
      }
      wanted.sleep(pause);
    }
  }

  /// How long to wait after an answer that is no success.
  ///
  /// @throws BackendException if the request is not made again
  private Duration pauseAfter(Response refusal, int attempt) {
    if (attempt == options.limits().tries() || !isLater(refusal.code())) {
      throw refused(refusal);
    }
    Duration pause = pause(attempt, RetryAfter.of(name -> header(refusal, name), Instant.now()));
    if (pause.compareTo(LONGEST_ASKED) > 0) {
      throw refused(refusal);
    }
    return pause;
  }

  /// How long to wait after a connection that could not be made, or that broke off.
  ///
  /// @throws UnavailableException if the request is not made again
  private Duration pauseAfter(IOException broken, int attempt) {
    // a server that was silent until the timeout would only do the same work again
    boolean isHopeless = broken instanceof SocketTimeoutException || Reasons.isPlainHttp(broken);
    if (attempt == options.limits().tries() || isHopeless) {
      throw unreachable(broken);
    }
    return pause(attempt, Optional.empty());
  }

  private static Optional<String> header(Response response, String name) {
    return Optional.ofNullable(response.header(name));
  }

  /// Whether the same request may succeed later.
  static boolean isLater(int code) {
    return LATER.contains(code);
  }

  /// How long to wait before the next attempt: as long as the endpoint says, or twice as long each
  /// time; and never all at the same moment.
  private static Duration pause(int attempt, Optional<Duration> asked) {
    double random = ThreadLocalRandom.current().nextDouble();
    if (asked.isPresent()) {
      return asked.get().plusMillis((long) (random * FIRST_PAUSE.toMillis() / 2));
    }
    double millis = FIRST_PAUSE.toMillis() * Math.pow(2, attempt - 1);
    return Duration.ofMillis(
        (long) (Math.min(LONGEST_PAUSE.toMillis(), millis) * (0.5 + random / 2)));
  }

  UnavailableException unreachable(IOException error) {
    String why = Reasons.of(error);
    String through =
        proxies.through(base.uri()).map(proxy -> " through the proxy " + proxy).orElse("");
    return new UnavailableException(
        "the endpoint " + place() + " cannot be reached" + through + ": " + why, error);
  }

  /// What an answer that is no success says, in one line.
  private BackendException refused(Response response) {
    String text = "";
    try {
      text = BoundedBody.beginning(response, MAX_REFUSAL, PROBED);
      JsonNode error = json.readTree(text).path("error");
      text = error.isTextual() ? error.asText() : error.path("message").asText(text);
    } catch (JsonProcessingException e) {
      text = text.strip();
    } catch (IOException e) {
      text = "no text";
    }
    String shown = shown(text);
    String message =
        "the endpoint answered "
            + response.code()
            + (shown.isEmpty() ? " to " + response.request().url().redact() : ": " + shown)
            + hint(response.code());
    boolean always = response.code() >= 500 || CLOSED_DOORS.contains(response.code());
    if (!always) {
      return new BackendException(message, new Refused(response.code()));
    }
    return isLater(response.code())
        ? UnavailableException.passing(message, new IOException(message))
        : new UnavailableException(message);
  }

  /// A text of an endpoint in one line, shortened, without the key that it was sent.
  String shown(String text) {
    String masked = options.apiKey().map(key -> text.replace(key, "(the API key)")).orElse(text);
    String line = masked.replaceAll("\\p{Cntrl}+", " ").strip();
    return line.length() > MAX_ERROR ? line.substring(0, MAX_ERROR) + "…" : line;
  }

  /// What may be the matter.
  private String hint(int code) {
    return switch (code) {
      case 401, 403 ->
          options.apiKey().isPresent()
              ? ""
              : " (no API key was sent; with sglc, --api-key-env names the variable that holds it)";
      case 404 ->
          base.encodedPath().contains("/v1") ? "" : " (the URLs of most endpoints end with /v1)";
      default -> "";
    };
  }

  /// Counts a request.
  ///
  /// @param isRepeated whether it is made again
  private synchronized void count(boolean isRepeated) {
    spent = spent.asked(isRepeated);
  }

  /// Counts the tokens of a request.
  synchronized void spend(Reply.Usage usage) {
    spent = spent.plus(usage, options.prices());
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

  /// The answer to a request that the endpoint did not take: the cause of the exception that is
  /// thrown then.
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;

    private Refused(int status) {
      super("status " + status);
      this.status = status;
    }

    /// Whether it was the request that it did not understand.
    boolean isOfRequest() {
      return status == 400 || status == 422;
    }
  }
}
