package dev.sgl.remote;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.program.Types;
import dev.sgl.remote.ServerKind.Ability;
import java.util.List;
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
  private final Said said = new Said();
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
  public String explain(Request request) {
    if (said.has(request.prompt(), request.type())) {
      return "it came with the turn";
    }
    Prompt sent = sent(request.prompt());
    String words = plan(request.withPrompt(sent)).words();
    return sent == request.prompt() ? words : "the chat template's text, " + words;
  }

  private Plan plan(Request sent) {
    return Plan.of(sent, server(), completes());
  }

  /// Whether raw text can be continued: who gives a template knows that it can.
  private boolean completes() {
    return server().can(Ability.COMPLETIONS)
        || options.template().isPresent() && server() == ServerKind.UNKNOWN;
  }

  /// A conversation as text, if there is a template for it and it has no pictures.
  private Prompt sent(Prompt prompt) {
    if (options.template().isEmpty()
        || !(prompt instanceof Prompt.Chat chat)
        || Prompt.hasImages(chat)) {
      return prompt;
    }
    if (!completes()) {
      throw new BackendException(
          "a server of the kind "
              + server().word()
              + " does not complete text, so it cannot be sent what a chat template makes");
    }
    String text = options.template().get().apply(chat);
    return new Prompt.Raw(List.of(new Prompt.Part.Written(text)));
  }

  /// What all requests have cost so far.
  public Spent spent() {
    return endpoint.spent();
  }

  @Override
  public Generation generate(Request request) {
    boolean isSpent = request.sampling().budget().orElse(1) == 0 && Types.isFree(request.type());
    if (isSpent) {
      return new Said.Known("", Reply.Finish.LENGTH);
    }
    Optional<Generation> known = said.take(request.prompt(), request.type());
    if (known.isPresent()) {
      return known.get();
    }
    Request sent = request.withPrompt(sent(request.prompt()));
    Plan plan = plan(sent);
    Body body = new Body(options, server());
    body.of(sent, plan); // what cannot be asked for is refused at once
    return new RemoteGeneration(endpoint, sent, body, plan, options.tries(), warmth, said);
  }

  @Override
  public Selection select(Question question) {
    return new RemoteSelector(options, endpoint, server(), this)
        .select(question.withPrompt(sent(question.prompt())));
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return warmth.expect(sent(prompt));
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
