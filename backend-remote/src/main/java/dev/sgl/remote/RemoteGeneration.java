package dev.sgl.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Reply;
import dev.sgl.backend.UnavailableException;
import dev.sgl.program.Type;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import okhttp3.Call;
import okhttp3.Response;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;

/// A streamed completion, read event by event on the thread of its reader.
final class RemoteGeneration implements Generation {
  private static final long MAX_LINE = 8 << 20;

  private final Call call;
  private final Optional<Type> type;
  private final boolean wrapped;
  private final ObjectMapper json;
  private final StringBuilder text = new StringBuilder();
  private final List<Reply.Logprob> logprobs = new ArrayList<>();
  private Optional<Response> response = Optional.empty();
  private Reply.Usage usage = Reply.Usage.NONE;
  private String finish = "";
  private final long made = System.nanoTime();
  private double firstToken; // milliseconds
  private double total;
  private boolean ended;

  /// @param type what the reply must be; without one it is free text
  RemoteGeneration(Call call, Optional<Type> type, boolean wrapped, ObjectMapper json) {
    this.call = call;
    this.type = type;
    this.wrapped = wrapped;
    this.json = json;
  }

  /// Pieces of free text as they come; a typed value as a whole, once it has been checked.
  @Override
  public Optional<String> next() {
    if (ended) {
      return Optional.empty();
    }
    try {
      BufferedSource source = open();
      while (true) {
        String line = line(source);
        if (line == null
            || line.strip().equals("data: [DONE]")
            || line.strip().equals("data:[DONE]")) {
          return end();
        }
        String piece = line.startsWith("data:") ? event(line.substring(5)) : "";
        if (!piece.isEmpty() && type.isEmpty()) {
          return Optional.of(piece);
        }
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /// The next line, or null at the end; the last one may have no line end.
  private static @Nullable String line(BufferedSource source) throws IOException {
    if (source.indexOf((byte) '\n', 0, MAX_LINE) < 0 && source.request(MAX_LINE)) {
      throw new BackendException("the endpoint sent a line of more than " + MAX_LINE + " bytes");
    }
    return source.readUtf8Line();
  }

  private BufferedSource open() throws IOException {
    if (response.isEmpty()) {
      Response answer = call.execute();
      response = Optional.of(answer);
      if (!answer.isSuccessful()) {
        throw RemoteBackend.refused(answer, json);
      }
    }
    return response.get().body().source();
  }

  private Optional<String> end() {
    ended = true;
    total = millis();
    if (finish.isEmpty()) {
      throw new UnavailableException("the endpoint's stream broke off before its end");
    }
    if (type.isPresent() && !finish.equals("length")) {
      String value = RemoteBackend.unwrap(text.toString(), type.get(), wrapped, json);
      text.setLength(0);
      text.append(value);
      return Optional.of(value);
    }
    return Optional.empty();
  }

  /// Takes one event and returns the text that it brings.
  private String event(String data) {
    JsonNode event;
    try {
      event = json.readTree(data);
    } catch (JsonProcessingException e) {
      throw new BackendException("the endpoint sent an event that is not JSON");
    }
    if (event.hasNonNull("error")) {
      throw new BackendException(
          "the endpoint failed: "
              + event.path("error").path("message").asText(event.path("error").toString()));
    }
    JsonNode counts = event.path("usage");
    if (counts.isObject()) {
      usage =
          new Reply.Usage(
              counts.path("prompt_tokens").asInt(),
              counts.path("prompt_tokens_details").path("cached_tokens").asInt(),
              counts.path("completion_tokens").asInt(),
              0);
    }
    JsonNode choice = event.path("choices").path(0);
    String reason = choice.path("finish_reason").asText("");
    if (!reason.isEmpty() && !reason.equals("null")) {
      finish = reason;
    }
    choice.path("logprobs").path("content").forEach(entry -> logprobs.add(logprob(entry)));
    String piece = choice.path("delta").path("content").asText("");
    if (firstToken == 0 && !piece.isEmpty()) {
      firstToken = millis();
    }
    text.append(piece);
    return piece;
  }

  private static Reply.Logprob logprob(JsonNode entry) {
    List<Reply.Candidate> top = new ArrayList<>();
    entry
        .path("top_logprobs")
        .forEach(
            c ->
                top.add(
                    new Reply.Candidate(
                        Reply.NO_ID, c.path("token").asText(), c.path("logprob").asDouble())));
    return new Reply.Logprob(
        Reply.NO_ID, entry.path("token").asText(), entry.path("logprob").asDouble(), top);
  }

  @Override
  public Reply reply() {
    while (next().isPresent()) {
      continue; // what is left
    }
    Reply.Finish why = finish.equals("length") ? Reply.Finish.LENGTH : Reply.Finish.END;
    Reply.Timing timing = new Reply.Timing(0, firstToken, total);
    return new Reply(text.toString(), List.of(), 0, why, Optional.empty(), usage, timing, logprobs);
  }

  private double millis() {
    return (System.nanoTime() - made) / 1e6;
  }

  private RuntimeException failed(IOException error) {
    if (call.isCanceled() || Thread.currentThread().isInterrupted()) {
      return new CancellationException("cancelled");
    }
    String why = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    return new UnavailableException(
        "the endpoint " + call.request().url().host() + " cannot be reached: " + why, error);
  }

  @Override
  public void close() {
    call.cancel();
    response.ifPresent(Response::close);
  }
}
