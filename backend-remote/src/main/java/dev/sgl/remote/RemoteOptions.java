package dev.sgl.remote;

import dev.sgl.backend.Prompt;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/// Where an endpoint is and how to speak to it.
///
/// @param endpoint the URL that `/chat/completions` is added to
/// @param model the name that the endpoint gives the model
/// @param apiKey sent as a bearer token; it is never shown
/// @param server what answers there; by default it is found out
/// @param together requests that run at the same time; more wait
/// @param tries how often a request is made before it has failed: of an endpoint that is
///     overloaded or breaks off, and of replies that are not of their type
/// @param silence after which an endpoint that says nothing is given up
/// @param prices what tokens cost, if that is known
/// @param template makes the text of a conversation as the model was trained on it, so that
///     conversations are sent as text to be completed: for servers that cannot go on from a begun
///     message but complete text as it is
public record RemoteOptions(
    URI endpoint,
    String model,
    Optional<String> apiKey,
    Optional<ServerKind> server,
    int together,
    int tries,
    Duration silence,
    Optional<Prices> prices,
    Optional<Function<Prompt.Chat, String>> template) {

  public RemoteOptions(URI endpoint, String model, Optional<String> apiKey) {
    this(
        endpoint,
        model,
        apiKey,
        Optional.empty(),
        64,
        4,
        Duration.ofMinutes(2),
        Optional.empty(),
        Optional.empty());
  }

  public RemoteOptions {
    apiKey = apiKey.map(String::strip);
    if (apiKey.filter(key -> !key.matches("[!-~]+")).isPresent()) {
      throw new IllegalArgumentException("the API key has characters that no key has");
    }
    if (together < 1 || tries < 1 || !silence.isPositive()) {
      throw new IllegalArgumentException(
          "%d requests at once, %d tries, a silence of %s".formatted(together, tries, silence));
    }
  }

  public RemoteOptions withModel(String value) {
    return new RemoteOptions(
        endpoint, value, apiKey, server, together, tries, silence, prices, template);
  }

  public RemoteOptions withServer(ServerKind value) {
    return new RemoteOptions(
        endpoint, model, apiKey, Optional.of(value), together, tries, silence, prices, template);
  }

  public RemoteOptions withTogether(int value) {
    return new RemoteOptions(
        endpoint, model, apiKey, server, value, tries, silence, prices, template);
  }

  public RemoteOptions withTries(int value) {
    return new RemoteOptions(
        endpoint, model, apiKey, server, together, value, silence, prices, template);
  }

  public RemoteOptions withSilence(Duration value) {
    return new RemoteOptions(
        endpoint, model, apiKey, server, together, tries, value, prices, template);
  }

  public RemoteOptions withPrices(Prices value) {
    return new RemoteOptions(
        endpoint, model, apiKey, server, together, tries, silence, Optional.of(value), template);
  }

  public RemoteOptions withTemplate(Function<Prompt.Chat, String> value) {
    return new RemoteOptions(
        endpoint, model, apiKey, server, together, tries, silence, prices, Optional.of(value));
  }

  @Override
  public String toString() {
    return "RemoteOptions["
        + endpoint
        + ", "
        + model
        + (apiKey.isPresent() ? ", with a key]" : "]");
  }
}
