package dev.sgl.server.responses;

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
    Job job = new Job(served, asked.request(), List.of(asked.ask()));
    if (asked.mode().background()) {
      begin(call, asked, job);
    } else if (asked.mode().stream()) {
      Live live = new Live(asked, job);
      call.stream(live::write, job::close, live::fail);
    } else {
      ResponseEvents events = new ResponseEvents(asked, served.backend(), (_, _) -> {});
      call.answer(() -> keep(asked, answered(asked, job, events)));
    }
  }

  private static ObjectNode answered(Asked asked, Job job, ResponseEvents events) {
    Answer answer = job.run(_ -> events.output()).getFirst();
    return asked.answered(answer, events.items());
  }

  /// Keeps a response, if it is to be kept.
  private ObjectNode keep(Asked asked, ObjectNode response) {
    Store.Kept kept = kept(asked, response, Optional.empty());
    if (asked.mode().store()) {
      store.put(kept);
    }
    grow(asked, kept);
    return response;
  }

  private static Store.Kept kept(Asked asked, ObjectNode response, Optional<EventLog> events) {
    return new Store.Kept(response, asked.before(), asked.input(), asked.owner(), events);
  }

  /// Adds the items of a response to its conversation, if it was answered.
  private void grow(Asked asked, Store.Kept kept) {
    if (kept.isAnswered()) {
      asked.mode().conversation().ifPresent(id -> store.add(id, asked.owner(), kept.own()));
    }
  }

  // --- in the background

  private void begin(Call call, Asked asked, Job job) throws IOException {
    if (background.size() >= MOST_IN_BACKGROUND) {
      throw ApiException.unavailable("too much is answered in the background; try again later");
    }
    ObjectNode begun = asked.begun("in_progress");
    Optional<EventLog> log =
        asked.mode().stream()
            ? Optional.of(new EventLog(store.mostBytesOfOne()))
            : Optional.empty();
    store.put(kept(asked, begun, log));
    background.put(asked.id(), job);
    Caller.Stay stay = asked.request().caller().stay();
    Thread.ofVirtual().name("sgl-background").start(() -> answer(asked, job, log, stay));
    if (log.isPresent()) {
      follow(log.get(), 0, call);
    } else {
      call.answer(begun);
    }
  }

  private void answer(Asked asked, Job job, Optional<EventLog> log, Caller.Stay stay) {
    try (stay) {
      ResponseEvents events =
          new ResponseEvents(
              asked,
              served.backend(),
              (type, event) -> log.ifPresent(to -> add(type, event, to, asked)));
      events.begin();
      Store.Kept kept = kept(asked, whole(asked, job, events), log);
      store.replace(kept);
      grow(asked, kept);
      events.end(kept.response());
    } finally {
      log.ifPresent(EventLog::end);
      background.remove(asked.id());
    }
  }

  /// Adds an event to a log, which is weighed with the response as long as that is kept.
  private void add(String type, ObjectNode event, EventLog log, Asked asked) {
    if (log.add(type, event) && !store.weigh(asked.id(), asked.owner())) {
      log.forget();
    }
  }

  /// The response at its end, however it ends.
  private static ObjectNode whole(Asked asked, Job job, ResponseEvents events) {
    try {
      return answered(asked, job, events);
    } catch (CancellationException e) {
      events.cut();
      return asked.cancelled(events.items());
    } catch (RuntimeException | Error e) {
      events.cut();
      return failed(asked, Errors.of(e), events);
    }
  }

  private static ObjectNode failed(Asked asked, ApiException error, ResponseEvents events) {
    return asked.failed(error.code().orElse("server_error"), error.text(), events.items());
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
      store.update(id, kept.owner(), Store.Kept::cancelled);
    }
    call.answer(kept(call).response());
  }

  // --- kept responses

  /// A response by its id, or its events from a number on: those that were sent before, and those
  /// that come while it is still answered.
  public void retrieve(Call call) throws IOException {
    Store.Kept kept = kept(call);
    Optional<String> after = call.query("starting_after");
    if (!call.query("stream").orElse("false").equals("true")) {
      if (after.isPresent()) {
        throw ApiException.invalid("starting_after", "starting_after needs stream=true");
      }
      call.answer(kept.response());
      return;
    }
    EventLog log =
        kept.events()
            .orElseThrow(
                () ->
                    ApiException.invalid(
                        "stream",
                        "only a response that was begun with background and stream is streamed again"));
    int from = after.map(ResponsesApi::number).orElse(-1) + 1;
    log.require(from);
    follow(log, from, call);
  }

  private static int number(String text) {
    if (!text.matches("[0-9]{1,9}")) {
      throw ApiException.invalid(
          "starting_after", "invalid_value", "starting_after must be the number of an event");
    }
    return Integer.parseInt(text);
  }

  /// Sends the events of a log from a number on, until the last one. A client that goes away ends
  /// nothing else.
  private static void follow(EventLog log, int from, Call call) throws IOException {
    call.stream(
        stream -> {
          try {
            int number = from;
            for (Optional<EventLog.Event> next = log.event(number);
                next.isPresent();
                next = log.event(++number)) {
              stream.send(next.get().type(), next.get().json());
            }
          } catch (InterruptedException e) {
            throw new CancellationException("cancelled");
          }
        },
        Thread.currentThread()::interrupt);
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

  /// Refuses to compact a conversation: what OpenAI's models leave of it is a state of theirs, in
  /// an encrypted item, and no text that a model here could be given.
  public void compact(Call call) {
    throw new ApiException(
        400,
        "invalid_request_error",
        "",
        "unsupported_operation",
        "this server compacts no conversations; send the items that are still needed, or truncation: auto");
  }

  // --- streams

  /// The stream of a response that is answered to one client.
  private final class Live {
    private final Asked asked;
    private final Job job;
    private Optional<ResponseEvents> events = Optional.empty();

    Live(Asked asked, Job job) {
      this.asked = asked;
      this.job = job;
    }

    /// The first events wait for the first piece of the answer, so that a refusal before it is no
    /// stream.
    void write(EventStream stream) throws IOException {
      ResponseEvents made = new ResponseEvents(asked, served.backend(), stream::report);
      events = Optional.of(made);
      ObjectNode response = answered(asked, job, made);
      made.begin(); // before it is kept, so that a client that is gone leaves nothing
      made.end(keep(asked, response));
    }

    void fail(EventStream stream, ApiException error) {
      ResponseEvents made =
          events.orElseGet(() -> new ResponseEvents(asked, served.backend(), stream::report));
      made.begin();
      made.cut();
      made.end(keep(asked, failed(asked, error, made)));
    }
  }
}
