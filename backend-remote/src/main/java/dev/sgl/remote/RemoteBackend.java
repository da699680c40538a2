package dev.sgl.remote;

import com.fasterxml.jackson.databind.JsonNode;
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
import dev.sgl.backend.UnavailableException;
import dev.sgl.program.Types;
import dev.sgl.remote.Link.Known;
import dev.sgl.remote.http.Cancellation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A model behind an OpenAI-compatible endpoint.
///
/// The kind of server is found out once, by its host or its list of models; a [Plan] decides
/// how each request is put to such a server. Every typed reply is checked against its type
/// here, whatever the endpoint promised; a reply that is not of its type is requested again,
/// and is an error after the last try.
public final class RemoteBackend implements Backend {
  /// How long it is known that nothing answers: many requests ask at the same time.
  private static final Duration FRESH = Duration.ofSeconds(5);

  private final RemoteOptions options;
  private final Endpoint endpoint;
  private final Warmth warmth = new Warmth();
  private final Said said = new Said();
  private Optional<Known> known;
  private Optional<Failure> failure = Optional.empty();

  private RemoteBackend(RemoteOptions options) {
    this.options = options;
    this.endpoint = new Endpoint(options);
    this.known =
        options
            .server()
            .or(() -> ServerKind.ofHost(endpoint.host()))
            .map(server -> new Known(server, OptionalInt.empty()));
  }

  /// A backend for the endpoint; it is first spoken to when a program generates.
  ///
  /// @throws BackendException if the environment names a proxy that is none
  public static RemoteBackend open(RemoteOptions options) {
    return new RemoteBackend(options);
  }

  /// The names of the models that an endpoint lists.
  ///
  /// @throws dev.sgl.backend.UnavailableException if nothing answers
  public static List<String> models(RemoteOptions options) {
    try (RemoteBackend backend = open(options)) {
      List<String> names = new ArrayList<>();
      JsonNode data = backend.endpoint.models(new Cancellation()).path("data");
      data.forEach(model -> names.add(model.path("id").asText()));
      return names;
    }
  }

  @Override
  public String model() {
    return options.model();
  }

  /// What answers at the endpoint; it is asked the first time.
  ///
  /// @throws dev.sgl.backend.UnavailableException if nothing answers
  public ServerKind server() {
    return known().server();
  }

  private synchronized Known known() {
    if (known.isEmpty()) {
      failure.filter(f -> System.nanoTime() - f.at() < FRESH.toNanos()).ifPresent(Failure::raise);
      try {
        known = Optional.of(known(model(endpoint.models(new Cancellation()))));
      } catch (UnavailableException e) {
        failure = Optional.of(new Failure(e, System.nanoTime()));
        throw e;
      }
    }
    return known.get();
  }

  private static Known known(JsonNode model) {
    JsonNode context = model.path("max_model_len");
    return new Known(
        ServerKind.ofOwner(model.path("owned_by").asText()),
        context.canConvertToInt() && context.asInt() > 0
            ? OptionalInt.of(context.asInt())
            : OptionalInt.empty());
  }

  /// An endpoint that could not be asked.
  private record Failure(UnavailableException error, long at) {
    void raise() {
      throw new UnavailableException(String.valueOf(error.getMessage()), error);
    }
  }

  /// The requested model, or else the first.
  private JsonNode model(JsonNode models) {
    JsonNode data = models.path("data");
    for (JsonNode model : data) {
      if (model.path("id").asText().equals(options.model())) {
        return model;
      }
    }
    return data.path(0);
  }

  private Link link() {
    return new Link(options, endpoint, known(), warmth, said);
  }

  /// How a request would be put to the endpoint, in words.
  public String explain(Request request) {
    if (said.has(request.prompt(), request.type())) {
      return "it came with the turn";
    }
    Link link = link();
    Prompt sent = sent(request.prompt(), link);
    String words = link.plan(request.withPrompt(sent)).words();
    return sent == request.prompt() ? words : "the chat template's text, " + words;
  }

  /// A conversation as text, if there is a template for it and it has no pictures.
  private Prompt sent(Prompt prompt, Link link) {
    if (options.template().isEmpty()
        || !(prompt instanceof Prompt.Chat chat)
        || Prompt.hasImages(chat)) {
      return prompt;
    }
    if (!link.completes()) {
      throw new BackendException(
          "a server of the kind "
              + link.server().word()
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
    boolean isSpent =
        request.sampling().length().budget().orElse(1) == 0 && Types.isFree(request.type());
    if (isSpent) {
      return new Said.Known("", Reply.Finish.LENGTH);
    }
    Optional<Generation> known = said.take(request.prompt(), request.type());
    if (known.isPresent()) {
      return known.get();
    }
    Link link = link();
    Request sent = request.withPrompt(sent(request.prompt(), link));
    Body.of(sent, link.plan(sent), link); // what cannot be asked for is refused at once
    return new RemoteGeneration(link, sent);
  }

  @Override
  public Selection select(Question question) {
    Link link = link();
    return new RemoteSelector(link, this)
        .select(question.withPrompt(sent(question.prompt(), link)));
  }

  @Override
  public Pin pin(Prompt prompt, Scheduling scheduling) {
    return warmth.expect(sent(prompt, link()));
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
