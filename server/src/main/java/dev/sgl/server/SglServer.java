package dev.sgl.server;

import dev.sgl.backend.TokenBackend;
import dev.sgl.server.anthropic.MessagesApi;
import dev.sgl.server.engine.AdminApi;
import dev.sgl.server.engine.GenerateApi;
import dev.sgl.server.engine.InfillApi;
import dev.sgl.server.engine.SelectApi;
import dev.sgl.server.format.Formats;
import dev.sgl.server.http.Access;
import dev.sgl.server.http.Guard;
import dev.sgl.server.http.Handler;
import dev.sgl.server.http.HttpService;
import dev.sgl.server.http.Router;
import dev.sgl.server.ollama.OllamaApi;
import dev.sgl.server.openai.ChatApi;
import dev.sgl.server.openai.CompletionApi;
import dev.sgl.server.openai.ModelApi;
import dev.sgl.server.openai.TokenApi;
import dev.sgl.server.page.EditorApi;
import dev.sgl.server.page.Page;
import dev.sgl.server.program.ProgramApi;
import dev.sgl.server.reading.EmbeddingApi;
import dev.sgl.server.reading.LabelApi;
import dev.sgl.server.reading.RankingApi;
import dev.sgl.server.responses.ResponseRoutes;
import dev.sgl.server.turn.Running;
import dev.sgl.server.turn.Served;
import dev.sgl.server.turn.TokenMemory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;

/// A model behind HTTP.
///
/// ```java
/// try (SglServer server = SglServer.open(backend, ServerOptions.DEFAULT)) {
///   System.out.println(server.uri());
///   …
/// }
/// ```
public final class SglServer implements AutoCloseable {
  private final Served served;
  private final PrometheusMeterRegistry meters;
  private final HttpService http;
  private final List<String> routes;
  private final Access access;

  private SglServer(
      Served served,
      PrometheusMeterRegistry meters,
      HttpService http,
      List<String> routes,
      Access access) {
    this.routes = routes;
    this.access = access;
    this.served = served;
    this.meters = meters;
    this.http = http;
  }

  /// Begins to serve `backend`, which stays the caller's.
  ///
  /// @throws IOException if the server cannot listen where the options say
  public static SglServer open(TokenBackend backend, ServerOptions options) throws IOException {
    List<String> names = options.names().isEmpty() ? List.of(backend.model()) : options.names();
    Served served =
        new Served(
            backend,
            names,
            new Running(),
            new TokenMemory(backend),
            Formats.of(backend),
            options.tracing());
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    meters.config().meterFilter(new Histograms());
    InetSocketAddress address = address(options);
    Guard guard = new Guard(options.keys(), options.host(), address.getAddress(), options.access());
    Router routes = routes(served, options, meters);
    HttpService http =
        HttpService.open(
            address,
            routes,
            guard,
            options.access(),
            new HttpService.Records(meters, options.log(), options.tracing()),
            options.limits());
    return new SglServer(served, meters, http, routes.list(), options.access());
  }

  private static InetSocketAddress address(ServerOptions options) throws IOException {
    try {
      return new InetSocketAddress(InetAddress.getByName(options.host()), options.port());
    } catch (UnknownHostException e) {
      throw new IOException("there is no interface " + options.host(), e);
    }
  }

  private static Router routes(
      Served served, ServerOptions options, PrometheusMeterRegistry meters) {
    Router routes = new Router();
    ModelApi models = new ModelApi(served);
    routes.get("/v1/models", models::list);
    routes.get("/v1/models/{name...}", models::one);
    addAsAzureToo(routes, served, "chat/completions", new ChatApi(served)::handle);
    addAsAzureToo(routes, served, "completions", new CompletionApi(served)::handle);
    addAsAzureToo(routes, served, "embeddings", new EmbeddingApi(served)::handle);
    ResponseRoutes.add(routes, served);
    routes.get("/openai/models", models::list);
    routes.get("/openai/v1/models", models::list);
    MessagesApi.add(routes, served);
    OllamaApi.add(routes, served);
    addReading(routes, served);
    TokenApi tokens = new TokenApi(served);
    for (String version : List.of("", "/v1")) {
      routes.post(version + "/tokenize", tokens::tokenize);
      routes.post(version + "/detokenize", tokens::detokenize);
    }
    routes.get("/tokenizer_info", tokens::info);
    routes.post("/generate", new GenerateApi(served)::handle);
    routes.post("/infill", new InfillApi(served)::handle);
    routes.post("/v1/select", new SelectApi(served)::handle);
    addAdmin(routes, new AdminApi(served, meters));
    ProgramApi programs = new ProgramApi(served, options.programs());
    routes.get("/v1/programs", programs::list);
    routes.get("/v1/programs/{name}", programs::one);
    routes.post("/v1/programs/{name}", programs::run);
    Page.addDescription(routes);
    if (options.playground()) {
      routes.post("/playground/run", programs::runSource);
      EditorApi.add(routes);
      Page.add(routes);
    }
    return routes;
  }

  /// A route of OpenAI's API, and the same in the form of Azure, whose paths name the model.
  private static void addAsAzureToo(Router routes, Served served, String path, Handler handler) {
    routes.post("/v1/" + path, handler);
    routes.post("/openai/v1/" + path, handler);
    routes.post(
        "/openai/deployments/{model}/" + path,
        call -> {
          served.requireName(call.variable("model"));
          handler.handle(call);
        });
  }

  /// The state of the server, under the names that SGLang's and vLLM's servers have for it.
  private static void addAdmin(Router routes, AdminApi admin) {
    routes.get("/health", admin::health);
    routes.get("/ping", admin::health);
    routes.get("/health_generate", admin::healthGenerate);
    routes.get("/version", admin::version);
    for (String prefix : List.of("/", "/get_")) {
      routes.get(prefix + "model_info", admin::modelInfo);
      routes.get(prefix + "server_info", admin::serverInfo);
    }
    routes.get("/v1/loads", admin::loads);
    routes.post("/flush_cache", admin::flushCache);
    routes.post("/abort_request", admin::abort);
    routes.get("/metrics", admin::metrics);
    routes.get("/cache", admin::cache);
  }

  /// The routes for models that read.
  private static void addReading(Router routes, Served served) {
    RankingApi ranking = new RankingApi(served);
    LabelApi labels = new LabelApi(served);
    for (String version : List.of("", "/v1", "/v2")) {
      routes.post(version + "/rerank", ranking::rerank);
    }
    for (String version : List.of("", "/v1")) {
      routes.post(version + "/score", ranking::score);
      routes.post(version + "/classify", labels::classify);
    }
    routes.post("/pooling", labels::pooling);
  }

  /// Where it listens.
  public URI uri() {
    InetSocketAddress address = http.address();
    boolean isAny = address.getAddress().isAnyLocalAddress();
    String host = isAny ? "127.0.0.1" : Guard.literal(address.getAddress());
    String scheme = access.tls().isPresent() ? "https://" : "http://";
    return URI.create(scheme + host + ":" + address.getPort());
  }

  /// All routes, as `GET /v1/models`.
  List<String> routes() {
    return routes;
  }

  /// Whether only this machine can reach it.
  public boolean isLocal() {
    return http.address().getAddress().isLoopbackAddress();
  }

  /// How many clients can be connected at the same time; more are cut off.
  public int connections() {
    return http.connections();
  }

  /// The meters of the server; more can be added.
  public MeterRegistry meters() {
    return meters;
  }

  /// Takes no new calls, and lets those that are being answered come to their end.
  ///
  /// @return whether all did in time
  public boolean drain(Duration time) throws InterruptedException {
    return http.drain(time);
  }

  /// Ends all calls in flight; each is answered with an error.
  public void abort() {
    served.running().abortAll();
  }

  @Override
  public void close() {
    abort();
    http.close();
    meters.close();
  }
}
