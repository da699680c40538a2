package dev.sgl.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Reply;
import dev.sgl.remote.http.BoundedBody;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import okhttp3.MediaType;
import okhttp3.Response;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;

/// The events of one streamed answer, of chats and of completions.
final class Stream implements AutoCloseable {
  private static final long MAX_LINE = 8 << 20;

  /// For all events together: some 100,000 tokens with their log-probabilities, and ten times as
  /// many without.
  private static final long MAX_BYTES = 256 << 20;

  private static final int MAX_TEXT = 8 << 20; // characters

  /// More characters than the text of a token has, but for runs of blanks and dashes.
  private static final long LONG_TOKEN = 32;

  private static final long LONG_RUNS = 256;

  /// Ends that are whole, as servers call them.
  private static final Set<String> GOOD =
      Set.of(
          "stop", "eos", "eos_token", "stop_sequence", "end_turn", "tool_calls", "function_call");

  private static final Set<String> CUT = Set.of("length", "max_tokens", "model_length");
  private static final String WITHHELD = "content_filter";
  private static final int ONLY_ALIVE = 10;

  private final Response response;
  private final BufferedSource source;
  private final String subtype; // of what the server sends
  private final Endpoint endpoint;
  private final long longestNanos;
  private final long longestText; // characters that `max_tokens` has room for
  private long waited; // nanoseconds since the last event
  private final StringBuilder text = new StringBuilder();
  private final List<Reply.Logprob> logprobs = new ArrayList<>();
  private Reply.Usage usage = Reply.Usage.NONE;
  private String finish = "";
  private final StringBuilder refusal = new StringBuilder();
  private boolean ended;

  /// @param silence of the connection after which a server is given up; one that only says that
  ///     it is still there may do so for [#ONLY_ALIVE] times as long
  /// @param maxTokens the requested limit: a server that exceeds it by far is stopped
  Stream(Response response, Endpoint endpoint, Duration silence, OptionalInt maxTokens) {
    this.response = response;
    this.source = BoundedBody.of(response, MAX_BYTES);
    this.longestText = maxTokens.orElse(MAX_TEXT) * LONG_TOKEN + LONG_RUNS;
    MediaType type = response.body().contentType();
    this.subtype = type == null ? "" : type.subtype();
    this.endpoint = endpoint;
    this.longestNanos = silence.multipliedBy(ONLY_ALIVE).toNanos();
  }

  /// The next piece of text, which may be empty; none at the end.
  ///
  /// @throws IOException if the stream breaks off
  /// @throws BackendException if the endpoint says that it failed
  Optional<String> next() throws IOException {
    if (ended) {
      return Optional.empty();
    }
    if (subtype.equals("html")) {
      throw new BackendException(
          "the endpoint answered with a web page, so it is no OpenAI-compatible endpoint; is its URL right?");
    }
    if (subtype.equals("json")) { // the server does not stream, and sent all at once
      ended = true;
      String words = event(source.readUtf8(Math.min(MAX_LINE, length())));
      requireEnd();
      return Optional.of(words);
    }
    long before = System.nanoTime();
    String line = line();
    waited += System.nanoTime() - before;
    if (line == null || line.strip().replace(" ", "").equals("data:[DONE]")) {
      ended = true;
      requireEnd();
      return Optional.empty();
    }
    if (line.startsWith("data:")) {
      waited = 0;
      return Optional.of(event(line.substring("data:".length())));
    }
    if (waited > longestNanos) {
      throw new IOException("it sent signs of life only");
    }
    return Optional.of("");
  }

  private long length() throws IOException {
    source.request(MAX_LINE);
    return source.getBuffer().size();
  }

  private void requireEnd() throws IOException {
    if (finish.isEmpty()) {
      throw new IOException("the stream broke off before its end");
    }
    if (!GOOD.contains(finish) && !isCut() && !isWithheld()) {
      throw new IOException("the reply ended with `" + finish + "`");
    }
  }

  /// Whether there was no room for more.
  boolean isCut() {
    return CUT.contains(finish);
  }

  /// Whether somebody did not want the reply to be seen.
  boolean isWithheld() {
    return finish.equals(WITHHELD);
  }

  /// The next line, or null at the end; the last one may have no line end.
  private @Nullable String line() throws IOException {
    if (source.indexOf((byte) '\n', 0, MAX_LINE) < 0 && source.request(MAX_LINE)) {
      throw new BackendException("the endpoint sent a line of more than " + MAX_LINE + " bytes");
    }
    return source.readUtf8Line();
  }

  /// Takes one event and returns the text that it brings.
  private String event(String data) throws IOException {
    JsonNode event = parsed(data);
    requireNoError(event);
    if (event.path("usage").isObject()) {
      usage = Wire.usage(event);
    }
    JsonNode choice = event.path("choices").path(0);
    String reason = choice.path("finish_reason").asText("");
    if (!reason.isEmpty()) {
      finish = reason.toLowerCase(Locale.ROOT);
    }
    JsonNode message = choice.path(choice.has("message") ? "message" : "delta");
    refusal.append(message.path("refusal").asText(""));
    chatLogprobs(choice.path("logprobs"));
    completionLogprobs(choice.path("logprobs"));
    // thoughts come in fields of their own, under several names; they are no part of the reply
    JsonNode piece = choice.has("text") ? choice.path("text") : message.path("content");
    String words = piece.isTextual() ? piece.textValue() : "";
    text.append(words);
    requireNotTooLong();
    return words;
  }

  private JsonNode parsed(String data) {
    try {
      return endpoint.json().readTree(data);
    } catch (JsonProcessingException e) {
      throw new BackendException("the endpoint sent an event that is not JSON");
    }
  }

  /// @throws IOException if the event is an error after which the same request may succeed
  /// @throws BackendException if it is any other error
  private void requireNoError(JsonNode event) throws IOException {
    if (!event.hasNonNull("error")) {
      return;
    }
    JsonNode error = event.path("error");
    String message =
        "the endpoint failed: " + endpoint.shown(error.path("message").asText(error.toString()));
    if (Endpoint.isLater(error.path("code").asInt())) {
      throw new IOException(message);
    }
    throw new BackendException(message);
  }

  /// Ends a reply that has more characters than `max_tokens` has room for.
  ///
  /// @throws BackendException if the reply is too long for any request
  private void requireNotTooLong() {
    if (text.length() + refusal.length() > MAX_TEXT) {
      throw new BackendException(
          "the endpoint sent a reply of more than %,d characters".formatted(MAX_TEXT));
    }
    if (text.length() > longestText) {
      ended = true;
      finish = "max_tokens";
    }
  }

  private void chatLogprobs(JsonNode given) {
    given.path("content").forEach(entry -> logprobs.add(logprob(entry)));
  }

  private static Reply.Logprob logprob(JsonNode entry) {
    List<Reply.Candidate> top = new ArrayList<>();
    for (JsonNode candidate : entry.path("top_logprobs")) {
      String token = candidate.path("token").asText();
      top.add(new Reply.Candidate(Reply.NO_ID, token, candidate.path("logprob").asDouble()));
    }
    return new Reply.Logprob(
        Reply.NO_ID, entry.path("token").asText(), entry.path("logprob").asDouble(), top);
  }

  private void completionLogprobs(JsonNode given) {
    for (int i = 0; i < given.path("tokens").size(); i++) {
      List<Reply.Candidate> top = new ArrayList<>();
      given
          .path("top_logprobs")
          .path(i)
          .properties()
          .forEach(
              e -> top.add(new Reply.Candidate(Reply.NO_ID, e.getKey(), e.getValue().asDouble())));
      logprobs.add(
          new Reply.Logprob(
              Reply.NO_ID,
              given.path("tokens").path(i).asText(),
              given.path("token_logprobs").path(i).asDouble(),
              top));
    }
  }

  String text() {
    return text.toString();
  }

  List<Reply.Logprob> logprobs() {
    return logprobs;
  }

  Reply.Usage usage() {
    return usage;
  }

  /// What a model said that does not want to answer; else empty.
  String refusal() {
    return refusal.toString();
  }

  @Override
  public void close() {
    response.close();
  }
}
