package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Heard;
import java.util.List;

/// The events of one response, numbered in their order: those of its beginning, those of its items,
/// and that of its end.
final class ResponseEvents {
  private final Asked asked;
  private final Output.Sink sink;
  private final Output output;
  private int number;

  /// @param sink takes each event with its number
  ResponseEvents(Asked asked, TokenBackend backend, Output.Sink sink) {
    this.asked = asked;
    this.sink = sink;
    this.output =
        new Output(
            asked,
            backend,
            (type, event) -> {
              begin();
              send(type, event);
            });
  }

  /// Makes items and their events of the pieces of the answer.
  Heard output() {
    return output;
  }

  /// The items so far.
  ArrayNode items() {
    return output.items();
  }

  /// Sends the first events, once.
  void begin() {
    if (number == 0) {
      for (String type : List.of("response.created", "response.in_progress")) {
        ObjectNode event = Json.object();
        event.set("response", asked.begun("in_progress"));
        send(type, event);
      }
    }
  }

  /// Ends the item that is being made, since no more of it comes.
  void cut() {
    output.cut();
  }

  /// Sends the last event. A response that was cancelled is incomplete: there is no other event for
  /// it.
  void end(ObjectNode response) {
    begin();
    String status = response.path("status").asText();
    ObjectNode event = Json.object();
    event.set("response", response);
    send("response." + (status.equals("cancelled") ? "incomplete" : status), event);
  }

  private void send(String type, ObjectNode event) {
    ObjectNode whole = Json.object().put("type", type).put("sequence_number", number++);
    sink.send(type, whole.setAll(event));
  }
}
