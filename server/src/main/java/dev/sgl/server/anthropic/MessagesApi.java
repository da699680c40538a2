package dev.sgl.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.ErrorShape;
import dev.sgl.server.http.EventStream;
import dev.sgl.server.http.Json;
import dev.sgl.server.http.Router;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// `POST /v1/messages`, and the number of its tokens.
///
/// Reference: Anthropic, API reference, "Messages", "Streaming messages" and "Errors".
public final class MessagesApi {
  private static final String PATH = "/v1/messages";

  private static final ErrorShape ERRORS =
      new ErrorShape() {
        @Override
        public JsonNode json(ApiException error) {
          ObjectNode json = Json.object().put("type", "error");
          ObjectNode inner = json.putObject("error");
          inner.put("type", type(error)).put("message", message(error));
          error.code().ifPresent(code -> details(error, code, inner.putObject("details")));
          return json;
        }

        @Override
        public String event() {
          return "error";
        }
      };

  private final Served served;
  private final CallReader reader;

  private MessagesApi(Served served) {
    this.served = served;
    this.reader = new CallReader(served);
  }

  /// Adds the routes of the model that is served.
  public static void add(Router routes, Served served) {
    MessagesApi messages = new MessagesApi(served);
    routes.errors(PATH, ERRORS);
    routes.post(PATH, messages::create);
    routes.post(PATH + "/count_tokens", messages::count);
  }

  private static void details(ApiException error, String code, ObjectNode details) {
    details.put("error_code", code);
    if (code.startsWith("thread_")) {
      error.param().ifPresent(param -> details.putArray("unsupported").add(param));
    }
  }

  private static String type(ApiException error) {
    return switch (error.status()) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      case 504 -> "timeout_error";
      default -> error.status() < 500 ? "invalid_request_error" : "api_error";
    };
  }

  /// The message; clients know a prompt that is too long by its first words.
  private static String message(ApiException error) {
    boolean isLong = error.code().equals(Optional.of("context_length_exceeded"));
    return isLong ? "prompt is too long: " + error.text() : error.text();
  }

  /// Answers a conversation: whole, or as a stream of events.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  void create(Call call) throws IOException {
    Asked asked = reader.read(call.fields(), call);
    Job job = new Job(served, asked.request(), List.of(asked.ask()));
    if (asked.stream()) {
      call.stream(new Events(asked, job)::write, job::close);
      return;
    }
    call.answer(
        () -> {
          Blocks blocks = new Blocks(asked, (_, _) -> {});
          Answer answer = job.run(_ -> blocks).getFirst();
          ObjectNode message = message(asked, blocks.all());
          message.setAll(end(asked, answer));
          message.set("usage", usage(answer));
          return message;
        });
  }

  /// Answers with the number of tokens of a conversation.
  void count(Call call) throws IOException {
    Ask ask = reader.counted(call.fields(), call);
    call.answer(Json.object().put("input_tokens", ask.read(served.backend()).size()));
  }

  private ObjectNode message(Asked asked, ArrayNode content) {
    ObjectNode message = Json.object().put("id", asked.id()).put("type", "message");
    message.put("role", "assistant").put("model", served.name());
    message.set("content", content);
    return message.putNull("stop_reason").putNull("stop_sequence");
  }

  private static ObjectNode end(Asked asked, Answer answer) {
    Optional<String> stop = answer.end().stop().filter(asked.stops()::contains);
    String reason =
        switch (answer.finish()) {
          case LENGTH -> "max_tokens";
          case CALLS -> "tool_use";
          case STOP -> stop.isPresent() ? "stop_sequence" : "end_turn";
        };
    return Json.object().put("stop_reason", reason).put("stop_sequence", stop.orElse(null));
  }

  private static ObjectNode usage(Answer answer) {
    int cached = answer.usage().cachedTokens();
    return usage(answer.usage().promptTokens() - cached, cached, answer.usage().generatedTokens());
  }

  private static ObjectNode usage(int input, int cached, int output) {
    return Json.object()
        .put("input_tokens", input)
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", cached)
        .put("output_tokens", output);
  }

  /// The events of one message.
  private final class Events {
    private final Asked asked;
    private final Job job;
    private boolean begun;

    Events(Asked asked, Job job) {
      this.asked = asked;
      this.job = job;
    }

    void write(EventStream stream) {
      Blocks blocks =
          new Blocks(
              asked,
              (type, event) -> {
                begin(stream);
                send(stream, type, event);
              });
      Answer answer = job.run(_ -> blocks).getFirst();
      begin(stream);
      ObjectNode last = Json.object();
      last.set("delta", end(asked, answer));
      last.set("usage", usage(answer));
      send(stream, "message_delta", last);
      send(stream, "message_stop", Json.object());
    }

    /// Sends the first events, once. They wait for the first piece of the answer, so that a
    /// refusal before it is no stream.
    private void begin(EventStream stream) {
      if (!begun) {
        begun = true;
        ObjectNode message = message(asked, Json.array());
        int tokens = asked.ask().read(served.backend()).size();
        message.set("usage", usage(tokens, 0, 0)); // what is cached the end says
        send(stream, "message_start", Json.object().set("message", message));
        send(stream, "ping", Json.object());
      }
    }

    private static void send(EventStream stream, String type, ObjectNode event) {
      ObjectNode whole = Json.object().put("type", type);
      stream.report(type, whole.setAll(event));
    }
  }
}
