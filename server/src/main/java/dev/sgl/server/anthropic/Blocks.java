package dev.sgl.server.anthropic;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Reply;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.Stripped;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The blocks of a message, made of the pieces of an answer, and an event for each step.
final class Blocks implements Heard {
  private final Asked asked;
  private final Sink sink;
  private final ArrayNode blocks = Json.array();
  private ObjectNode block = Json.object(); // the one that is being made; none if it is empty
  private int index = -1; // of the block
  private final StringBuilder text = new StringBuilder(); // of the block
  private Stripped thought = new Stripped(); // of the block

  /// Takes events.
  @FunctionalInterface
  interface Sink {
    void send(String type, ObjectNode event);
  }

  Blocks(Asked asked, Sink sink) {
    this.asked = asked;
    this.sink = sink;
  }

  /// The blocks so far.
  ArrayNode all() {
    return blocks;
  }

  @Override
  public void thought(String piece) {
    if (!asked.showsThought()) {
      return;
    }
    if (!is("thinking")) {
      if (piece.isBlank()) {
        return;
      }
      open(Json.object().put("type", "thinking").put("thinking", "").put("signature", ""));
    }
    delta("thinking_delta", "thinking", thought.next(piece));
  }

  @Override
  public void said(String piece, List<Reply.Logprob> logprobs) {
    if (!is("text") && !piece.isEmpty()) {
      open(Json.object().put("type", "text").put("text", ""));
    }
    delta("text_delta", "text", piece);
  }

  @Override
  public void called(int call, String id, String name) {
    ObjectNode use = Json.object().put("type", "tool_use").put("id", id).put("name", name);
    use.putObject("input");
    open(use);
  }

  @Override
  public void argued(int call, String json) {
    delta("input_json_delta", "partial_json", json);
  }

  @Override
  public void ended(Answer answer) {
    close();
  }

  private boolean is(String type) {
    return block.path("type").asText().equals(type);
  }

  private void open(ObjectNode begun) {
    close();
    block = begun;
    ObjectNode event = Json.object().put("index", ++index);
    event.set("content_block", begun.deepCopy());
    sink.send("content_block_start", event);
  }

  private void delta(String type, String name, String piece) {
    if (!piece.isEmpty()) {
      text.append(piece);
      send(Json.object().put("type", type).put(name, piece));
    }
  }

  private void send(ObjectNode delta) {
    ObjectNode event = Json.object().put("index", index);
    event.set("delta", delta);
    sink.send("content_block_delta", event);
  }

  private void close() {
    if (block.isEmpty()) {
      return;
    }
    switch (block.path("type").asText()) {
      case "thinking" -> {
        block.put("thinking", text.toString());
        send(Json.object().put("type", "signature_delta").put("signature", ""));
        blocks.add(block);
      }
      case "text" -> blocks.add(block.put("text", text.toString()));
      default -> addCall();
    }
    sink.send("content_block_stop", Json.object().put("index", index));
    block = Json.object();
    text.setLength(0);
    thought = new Stripped();
  }

  /// Adds a call, unless its arguments are cut off, which no reader should take for the whole.
  private void addCall() {
    try {
      block.set("input", Json.read(text.toString().getBytes(StandardCharsets.UTF_8)));
      blocks.add(block);
    } catch (ApiException e) {
      return; // max_tokens is the reason that the message gives
    }
  }
}
