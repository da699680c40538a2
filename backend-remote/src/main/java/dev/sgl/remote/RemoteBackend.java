package dev.sgl.remote;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.program.Type;
import java.util.Optional;

/// A model behind an OpenAI-compatible endpoint.
///
/// What answers there is found out once, by its list of models; a [Plan] says how each request is
/// put to such a server. Every typed reply is checked against its type here, whatever the endpoint
/// promised; one that is not of it is asked for again, and is an error in the end.
public final class RemoteBackend implements Backend {
  private final RemoteOptions options;
  private final Endpoint endpoint;
  private final Warmth warmth = new Warmth();
  private Optional<ServerKind> server;

  private RemoteBackend(RemoteOptions options) {
    this.options = options;
    this.endpoint = new Endpoint(options);
    this.server = options.server();
  }

  /// A backend for the endpoint; it is first spoken to when a program generates.
  public static RemoteBackend open(RemoteOptions options) {
    return new RemoteBackend(options);
  }

  @Override
  public String model() {
    return options.model();
  }

  /// What answers at the endpoint; it is asked the first time.
  public synchronized ServerKind server() {
    if (server.isEmpty()) {
      String owner = endpoint.get("models").path("data").path(0).path("owned_by").asText();
      server = Optional.of(ServerKind.of(endpoint.host(), owner));
    }
    return server.get();
  }

  /// How a request would be put to the endpoint, in words.
  public String explain(Prompt prompt, Type type) {
    return Plan.of(prompt, type, server()).words();
  }

  /// What all requests have cost so far.
  public Spent spent() {
    return endpoint.spent();
  }

  @Override
  public Generation generate(Request request) {
    ServerKind kind = server();
    Plan plan = Plan.of(request.prompt(), request.type(), kind);
    Body body = new Body(options, kind);
    body.of(request, plan); // what cannot be asked for is refused at once
    return new RemoteGeneration(endpoint, request, body, plan, options.tries(), warmth);
  }

  @Override
  public Selection select(Question question) {
    return new RemoteSelector(options, endpoint, server(), this).select(question);
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return warmth.expect(prompt);
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
