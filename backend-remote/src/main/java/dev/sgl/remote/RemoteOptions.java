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
/// @param limits how many requests run, how often each is made, and how long it waits
/// @param prices what tokens cost, if that is known
/// @param template makes the text of a conversation as the model was trained on it, so that
///     conversations are sent as text to be completed: for servers that cannot go on from a begun
///     message but complete text as it is
public record RemoteOptions(
    URI endpoint,
    String model,
    Optional<String> apiKey,
    Optional<ServerKind> server,
    Limits limits,
    Optional<Prices> prices,
    Optional<Function<Prompt.Chat, String>> template) {

  /// How an endpoint is used.
  ///
  /// @param together requests that run at the same time; more wait
  /// @param tries how often a request is made before it has failed: of an endpoint that is
  ///     overloaded or breaks off, and of replies that are not of their type
  /// @param silence after which an endpoint that sends nothing is given up
  public record Limits(int together, int tries, Duration silence) {
    /// 64 requests at the same time, 4 tries, 2 minutes of silence.
    public static final Limits DEFAULT = new Limits(64, 4, Duration.ofMinutes(2));

    public Limits {
      if (together < 1 || tries < 1 || !silence.isPositive()) {
        throw new IllegalArgumentException(
            "%d requests at once, %d tries, a silence of %s".formatted(together, tries, silence));
      }
    }
  }

  /// An endpoint whose kind of server is found out, with the default limits and no known prices.
  ///
  /// @throws IllegalArgumentException if the key has characters that no key has
  public RemoteOptions(URI endpoint, String model, Optional<String> apiKey) {
    this(
        endpoint,
        model,
        apiKey,
        Optional.empty(),
        Limits.DEFAULT,
        Optional.empty(),
        Optional.empty());
  }

  public RemoteOptions {
    apiKey = apiKey.map(String::strip);
    if (apiKey.filter(key -> !key.matches("[!-~]+")).isPresent()) {
      throw new IllegalArgumentException("the API key has characters that no key has");
    }
  }

  /// These options with another model, by the name that the endpoint gives it.
  public RemoteOptions withModel(String value) {
    return new RemoteOptions(endpoint, value, apiKey, server, limits, prices, template);
  }

  /// These options with a kind of server that is not found out.
  public RemoteOptions withServer(ServerKind value) {
    return new RemoteOptions(endpoint, model, apiKey, Optional.of(value), limits, prices, template);
  }

  private RemoteOptions with(Limits value) {
    return new RemoteOptions(endpoint, model, apiKey, server, value, prices, template);
  }

  /// These options with another number of requests that run at the same time, at least 1.
  public RemoteOptions withTogether(int value) {
    return with(new Limits(value, limits.tries(), limits.silence()));
  }

  /// These options with another number of tries, at least 1.
  public RemoteOptions withTries(int value) {
    return with(new Limits(limits.together(), value, limits.silence()));
  }

  /// These options with another silence, longer than nothing.
  public RemoteOptions withSilence(Duration value) {
    return with(new Limits(limits.together(), limits.tries(), value));
  }

  /// These options with prices, by which costs are counted.
  public RemoteOptions withPrices(Prices value) {
    return new RemoteOptions(endpoint, model, apiKey, server, limits, Optional.of(value), template);
  }

  /// These options with a chat template; conversations are then sent as text to be completed.
  public RemoteOptions withTemplate(Function<Prompt.Chat, String> value) {
    return new RemoteOptions(endpoint, model, apiKey, server, limits, prices, Optional.of(value));
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
