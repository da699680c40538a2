package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Errors;
import dev.sgl.server.http.EventStream;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.keys.Caller;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Job;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;

/// `POST /v1/responses`, and the responses that it keeps.
///
/// Reference: OpenAI, API reference, "Responses" and "Streaming events".
public final class ResponsesApi {
  private static final int MOST_IN_BACKGROUND = 64;

  private final Served served;
  private final Store store;
  private final CallReader reader;
  private final Map<String, Job> background = new ConcurrentHashMap<>(); // by the response's id

  /// The routes of the model that is served.
  ResponsesApi(Served served, Store store) {
    this.served = served;
    this.store = store;
    this.reader = new CallReader(served, store);
  }

  /// Answers a conversation: whole, as a stream of events, or in the background.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void create(Call call) throws IOException {
    Asked asked = reader.read(call.fields(), call);
    Job job = new Job(served, asked.rid(), List.of(asked.ask()));
    if (asked.mode().stream()) {
      Events events = new Events(asked, job);
      call.stream(events::write, job::close, events::fail);
    } else if (asked.mode().background()) {
      call.answer(begin(asked, job));
    } else {
      call.answer(() -> keep(asked, answered(asked, job)));
    }
  }

  private ObjectNode answered(Asked asked, Job job) {
    Output output = new Output(asked, served.backend(), (_, _) -> {});
    Answer answer = job.run(_ -> output).getFirst();
    return asked.answered(answer, output.items());
  }

  /// Keeps a response, if it is to be kept.
  private ObjectNode keep(Asked asked, ObjectNode response) {
    Store.Kept kept = new Store.Kept(response, asked.before(), asked.input(), asked.owner());
    if (asked.mode().store()) {
      store.put(kept);
    }
    grow(asked, kept);
    return response;
  }

  /// Adds the items of a response to its conversation, if it was answered.
  private void grow(Asked asked, Store.Kept kept) {
    if (kept.isAnswered()) {
      asked.mode().conversation().ifPresent(id -> store.add(id, asked.owner(), kept.own()));
    }
  }

  // --- in the background

  private ObjectNode begin(Asked asked, Job job) {
    if (background.size() >= MOST_IN_BACKGROUND) {
      throw ApiException.unavailable("too much is answered in the background; try again later");
    }
    ObjectNode begun = asked.begun("in_progress");
    store.put(new Store.Kept(begun, asked.before(), asked.input(), asked.owner()));
    background.put(asked.id(), job);
    Caller.Stay stay = asked.rid().caller().stay();
    Thread.ofVirtual().name("sgl-background").start(() -> answer(asked, job, stay));
    return begun;
  }

  private void answer(Asked asked, Job job, Caller.Stay stay) {
    try (stay) {
      Store.Kept kept =
          new Store.Kept(whole(asked, job), asked.before(), asked.input(), asked.owner());
      store.replace(kept);
      grow(asked, kept);
    } finally {
      background.remove(asked.id());
    }
  }

  /// The response at its end, however it ends.
  private ObjectNode whole(Asked asked, Job job) {
    try {
      return answered(asked, job);
    } catch (CancellationException e) {
      return asked.begun("cancelled");
    } catch (RuntimeException | Error e) {
      ApiException error = Errors.of(e);
      return asked.failed(error.code().orElse("server_error"), error.text(), Json.array());
    }
  }

  /// Ends a response that is answered in the background.
  public void cancel(Call call) throws IOException {
    Store.Kept kept = kept(call);
    String id = kept.response().path("id").asText();
    if (!kept.response().path("background").asBoolean()) {
      throw ApiException.invalid("", "only a response in the background can be cancelled");
    }
    Job job = background.get(id);
    if (job != null) {
      job.close();
      ObjectNode cancelled = kept.response().deepCopy().put("status", "cancelled");
      store.replace(new Store.Kept(cancelled, kept.before(), kept.input(), kept.owner()));
      call.answer(cancelled);
    } else {
      call.answer(kept.response());
    }
  }

  // --- kept responses

  /// A response by its id.
  public void retrieve(Call call) throws IOException {
    if (call.query("stream").filter(word -> word.equals("true")).isPresent()) {
      throw ApiException.invalid("stream", "a kept response is not streamed again");
    }
    call.answer(kept(call).response());
  }

  /// Forgets a response.
  public void delete(Call call) throws IOException {
    String id = kept(call).response().path("id").asText();
    Job job = background.get(id);
    if (job != null) {
      job.close();
    }
    store.remove(id);
    call.answer(Json.object().put("id", id).put("object", "response.deleted").put("deleted", true));
  }

  /// The items that a response answered.
  public void inputItems(Call call) throws IOException {
    call.answer(Pages.of(kept(call).input(), call));
  }

  private Store.Kept kept(Call call) {
    String id = call.variable("id");
    return store
        .response(id, call.caller().name())
        .orElseThrow(
            () ->
                ApiException.notFound(
                    "response_id",
                    "response_not_found",
                    "there is no response " + id + ", or it is not kept any more"));
  }

  /// The number of tokens that a call would have as its input.
  public void inputTokens(Call call) throws IOException {
    Fields fields = call.fields();
    Asked asked = reader.read(fields, call);
    int tokens = asked.ask().read(served.backend()).size();
    call.answer(Json.object().put("object", "response.input_tokens").put("input_tokens", tokens));
  }

  // --- streams

  /// The events of one response.
  private final class Events {
    private final Asked asked;
    private final Job job;
    private Optional<Output> output = Optional.empty();
    private int number;

    Events(Asked asked, Job job) {
      this.asked = asked;
      this.job = job;
    }

    void write(EventStream stream) throws IOException {
      Output made =
          new Output(
              asked,
              served.backend(),
              (type, event) -> {
                begin(stream);
                stream.report(type, numbered(type, event));
              });
      output = Optional.of(made);
      Answer answer = job.run(_ -> made).getFirst();
      begin(stream);
      ObjectNode response = keep(asked, asked.answered(answer, made.items()));
      send(stream, "response." + response.path("status").asText(), response);
    }

    /// Sends the first events, once. They wait for the first piece of the answer, so that a
    /// refusal before it is no stream.
    private void begin(EventStream stream) {
      if (number == 0) {
        ObjectNode begun = asked.begun("in_progress");
        for (String type : List.of("response.created", "response.in_progress")) {
          stream.report(type, numbered(type, Json.object().set("response", begun)));
        }
      }
    }

    void fail(EventStream stream, ApiException error) throws IOException {
      begin(stream);
      output.ifPresent(Output::cut);
      ArrayNode items = output.map(Output::items).orElseGet(Json::array);
      String code = error.code().orElse("server_error");
      send(stream, "response.failed", keep(asked, asked.failed(code, error.text(), items)));
    }

    private void send(EventStream stream, String type, ObjectNode response) throws IOException {
      ObjectNode event = Json.object();
      event.set("response", response);
      stream.send(type, numbered(type, event));
    }

    private JsonNode numbered(String type, ObjectNode event) {
      ObjectNode whole = Json.object().put("type", type).put("sequence_number", number++);
      return whole.setAll(event);
    }
  }
}
