package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Reply;
import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import dev.sgl.server.openai.Writer;
import dev.sgl.server.request.Ids;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Stripped;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// The items of an answer, made of its pieces, and an event for each step.
final class Output implements Heard {
  private final Asked asked;
  private final TokenBackend backend;
  private final Sink sink;
  private final ArrayNode items = Json.array();
  private State state = State.BETWEEN;
  private ObjectNode item = Json.object(); // the one that is being made
  private final StringBuilder text = new StringBuilder(); // of its only part, or its arguments
  private Stripped thought = new Stripped(); // of the item that is being made
  private final ArrayNode logprobs = Json.array();

  /// Takes events.
  @FunctionalInterface
  interface Sink {
    /// @param event without its number
    void send(String type, ObjectNode event);
  }

  /// The kind of item that is being made.
  private enum State {
    BETWEEN,
    THOUGHT,
    MESSAGE,
    CALL,
    CUSTOM_CALL
  }

  Output(Asked asked, TokenBackend backend, Sink sink) {
    this.asked = asked;
    this.backend = backend;
    this.sink = sink;
  }

  /// The items so far.
  ArrayNode items() {
    return items;
  }

  // --- pieces

  @Override
  public void thought(String piece) {
    if (state != State.THOUGHT) {
      if (piece.isBlank()) {
        return;
      }
      open(State.THOUGHT, "rs_", Json.object().put("type", "reasoning"));
      sendPart(
          asked.summarizes()
              ? "response.reasoning_summary_part.added"
              : "response.content_part.added",
          thoughtPart(""));
    }
    String words = thought.next(piece);
    if (!words.isEmpty()) {
      text.append(words);
      ObjectNode event = place().put("delta", words);
      send(thoughtEvent() + ".delta", event);
    }
  }

  @Override
  public void said(String piece, List<Reply.Logprob> probabilities) {
    if (state != State.MESSAGE) {
      if (piece.isEmpty() && probabilities.isEmpty()) {
        return;
      }
      message();
    }
    text.append(piece);
    ArrayNode told = Json.array();
    if (asked.hasLogprobs()) {
      Writer.logprobs(probabilities, backend).path("content").forEach(told::add);
      logprobs.addAll(told);
    }
    ObjectNode event = place().put("delta", piece);
    event.set("logprobs", told);
    send("response.output_text.delta", event);
  }

  @Override
  public void called(int index, String id, String name) {
    ToolReader.Own own =
        asked.tools().getOrDefault(name, new ToolReader.Own(name, Optional.empty(), false));
    ObjectNode call = Json.object();
    call.put("type", own.isCustom() ? "custom_tool_call" : "function_call").put("call_id", id);
    own.namespace().ifPresent(space -> call.put("namespace", space));
    call.put("name", own.name()).put(own.isCustom() ? "input" : "arguments", "");
    if (own.isCustom()) {
      open(State.CUSTOM_CALL, "ctc_", call);
    } else {
      open(State.CALL, "fc_", call);
    }
  }

  @Override
  public void argued(int index, String json) {
    text.append(json);
    if (state == State.CUSTOM_CALL) {
      return; // its input is known when the text is whole JSON
    }
    send("response.function_call_arguments.delta", here().put("delta", json));
  }

  @Override
  public void ended(Answer answer) {
    boolean isCut = answer.finish() == Answer.Finish.LENGTH;
    if (items.isEmpty() && state != State.MESSAGE && !isCall() && !isCut) {
      message(); // an empty answer is one, too
    }
    close(isCut ? "incomplete" : "completed");
  }

  private boolean isCall() {
    return state == State.CALL || state == State.CUSTOM_CALL;
  }

  /// Ends the item that is being made, since no more of it comes.
  void cut() {
    close("incomplete");
  }

  // --- items

  private void message() {
    ObjectNode message = Json.object().put("type", "message");
    message.put("role", "assistant").putArray("content");
    open(State.MESSAGE, "msg_", message);
    sendPart("response.content_part.added", textPart());
  }

  private void open(State kind, String prefix, ObjectNode begun) {
    close("completed");
    state = kind;
    item = Json.object().put("id", Ids.next(prefix));
    item.setAll(begun);
    item.put("status", "in_progress");
    if (kind == State.THOUGHT) {
      item.putArray("summary");
    }
    ObjectNode event = Json.object().put("output_index", items.size());
    event.set("item", item.deepCopy());
    send("response.output_item.added", event);
  }

  private void close(String status) {
    switch (state) {
      case BETWEEN -> {
        return;
      }
      case THOUGHT -> closeThought();
      case MESSAGE -> {
        ObjectNode done = place().put("text", text.toString());
        done.set("logprobs", logprobs.deepCopy());
        send("response.output_text.done", done);
        sendPart("response.content_part.done", textPart());
        item.putArray("content").add(textPart());
      }
      case CALL -> {
        item.put("arguments", text.toString());
        ObjectNode done = here().put("name", item.path("name").asText());
        send("response.function_call_arguments.done", done.put("arguments", text.toString()));
      }
      case CUSTOM_CALL -> {
        String input = input();
        item.put("input", input);
        send("response.custom_tool_call_input.delta", here().put("delta", input));
        if (!status.equals("incomplete")) {
          send("response.custom_tool_call_input.done", here().put("input", input));
        }
      }
    }
    item.put("status", status);
    ObjectNode event = Json.object().put("output_index", items.size());
    event.set("item", item.deepCopy());
    send("response.output_item.done", event);
    items.add(item);
    state = State.BETWEEN;
    text.setLength(0);
    thought = new Stripped();
    logprobs.removeAll();
  }

  /// The text for a custom tool; none of a call that was cut off.
  private String input() {
    try {
      JsonNode arguments = Json.read(text.toString().getBytes(StandardCharsets.UTF_8));
      return arguments.path(ToolReader.INPUT).asText();
    } catch (ApiException e) {
      return "";
    }
  }

  private void closeThought() {
    send(thoughtEvent() + ".done", place().put("text", text.toString()));
    sendPart(
        asked.summarizes() ? "response.reasoning_summary_part.done" : "response.content_part.done",
        thoughtPart(text.toString()));
    item.putArray(asked.summarizes() ? "summary" : "content").add(thoughtPart(text.toString()));
    if (asked.sealsThoughts()) {
      item.put("encrypted_content", ItemReader.sealed(text.toString()));
    }
  }

  private String thoughtEvent() {
    return asked.summarizes() ? "response.reasoning_summary_text" : "response.reasoning_text";
  }

  private ObjectNode thoughtPart(String words) {
    String type = asked.summarizes() ? "summary_text" : "reasoning_text";
    return Json.object().put("type", type).put("text", words);
  }

  private ObjectNode textPart() {
    ObjectNode part = Json.object().put("type", "output_text").put("text", text.toString());
    part.putArray("annotations");
    part.set("logprobs", logprobs.deepCopy());
    return part;
  }

  // --- events

  /// Where the item is that is being made.
  private ObjectNode here() {
    String id = item.path("id").asText();
    return Json.object().put("item_id", id).put("output_index", items.size());
  }

  /// Where the only part is of the item that is being made.
  private ObjectNode place() {
    boolean isSummary = state == State.THOUGHT && asked.summarizes();
    return here().put(isSummary ? "summary_index" : "content_index", 0);
  }

  private void sendPart(String type, ObjectNode part) {
    ObjectNode event = place();
    event.set("part", part);
    send(type, event);
  }

  private void send(String type, ObjectNode event) {
    sink.send(type, event);
  }
}
