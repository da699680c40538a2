package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.request.Ids;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// Items of a conversation as messages. A thought, a text and calls that follow each other are one
/// message of the model, as it wrote them; system messages at the beginning are one, too, since
/// many chat templates know no other.
final class ItemReader {
  private static final int MOST_PARTS = 1000;

  private final Messages made;
  private final List<Prompt.Message> messages = new ArrayList<>();
  private String thought = "";
  private final List<Prompt.Part> parts = new ArrayList<>();
  private final List<Object> calls = new ArrayList<>();

  /// @param made makes messages of the assistant
  ItemReader(Messages made) {
    this.made = made;
  }

  /// Adds instructions, which come before all items.
  void instruct(String text) {
    if (!text.isEmpty()) {
      system(List.of(new Prompt.Part.Written(text)));
    }
  }

  /// Adds the next item.
  ///
  /// @throws ApiException if it is of a kind that is not known
  void add(Fields item) {
    item.ignore("id", "status");
    switch (item.text("type").orElse("message")) {
      case "message" -> message(item);
      case "reasoning" -> {
        if (!parts.isEmpty() || !calls.isEmpty()) {
          close();
        }
        String read = thought(item);
        thought = thought.isEmpty() ? read : thought + "\n\n" + read;
      }
      case "function_call" -> {
        Object arguments =
            Messages.arguments(item.requiredText("arguments"), item.name("arguments"));
        String name = ToolReader.known(item.text("namespace"), item.requiredText("name"));
        calls.add(Messages.call(item.requiredText("call_id"), name, arguments));
      }
      case "custom_tool_call" ->
          calls.add(
              Messages.call(
                  item.requiredText("call_id"),
                  item.requiredText("name"),
                  Map.of(ToolReader.INPUT, item.requiredText("input"))));
      case "function_call_output", "custom_tool_call_output" -> {
        close();
        messages.add(
            Messages.result(item.requiredText("call_id"), parts(item, "output"), Map.of()));
      }
      case String other ->
          throw ApiException.invalid(
              item.name("type"), "invalid_value", "items of type " + other + " are not supported");
    }
    item.finish();
  }

  /// All messages.
  List<Prompt.Message> all() {
    close();
    return List.copyOf(messages);
  }

  private void message(Fields item) {
    switch (item.requiredText("role")) {
      case "system", "developer" -> system(parts(item, "content"));
      case "user" -> {
        close();
        messages.add(new Prompt.Message(Role.USER, parts(item, "content"), Map.of()));
      }
      case "assistant" -> {
        item.text("phase"); // whether it is the last of the answer, which its place says, too
        if (!parts.isEmpty() || !calls.isEmpty()) {
          close();
        }
        parts.addAll(parts(item, "content"));
      }
      case String other ->
          throw ApiException.invalid(
              item.name("role"),
              "invalid_value",
              item.name("role") + " must be system, developer, user or assistant, not " + other);
    }
  }

  private void system(List<Prompt.Part> content) {
    close();
    List<Prompt.Part> all = new ArrayList<>();
    if (messages.size() == 1 && messages.getFirst().role() == Role.SYSTEM) {
      all.addAll(messages.removeFirst().parts());
      all.add(new Prompt.Part.Written("\n\n"));
    }
    all.addAll(content);
    messages.add(new Prompt.Message(Role.SYSTEM, all, Map.of()));
  }

  /// Ends the model's message, if there is one.
  private void close() {
    if (!thought.isEmpty() || !parts.isEmpty() || !calls.isEmpty()) {
      messages.add(made.assistant(thought, parts, calls, Map.of()));
      thought = "";
      parts.clear();
      calls.clear();
    }
  }

  private static List<Prompt.Part> parts(Fields item, String name) {
    JsonNode content = item.any(name).orElseThrow(() -> item.missing(name));
    if (content.isTextual()) {
      return List.of(new Prompt.Part.Written(content.textValue()));
    }
    List<Prompt.Part> parts = new ArrayList<>();
    for (Fields part : item.objects(name, MOST_PARTS)) {
      parts.add(part(part, parts));
      part.finish();
    }
    return parts;
  }

  private static Prompt.Part part(Fields part, List<Prompt.Part> before) {
    return switch (part.requiredText("type")) {
      case "input_text", "output_text", "text" -> Messages.text(before, part.requiredText("text"));
      case "refusal" -> Messages.text(before, part.requiredText("refusal"));
      case "input_image" -> new Prompt.Part.Image(part.requiredText("image_url"));
      case String other ->
          throw ApiException.invalid(
              part.name("type"), "invalid_value", "parts of type " + other + " are not supported");
    };
  }

  // --- thoughts

  /// The text of a thought: its content, what a client keeps of one that the server does not, or
  /// its summary.
  private static String thought(Fields item) {
    List<String> content = texts(item, "content");
    List<String> summary = texts(item, "summary");
    String sealed = item.text("encrypted_content").orElse("");
    if (!content.isEmpty() || sealed.isEmpty()) {
      return String.join("\n\n", content.isEmpty() ? summary : content);
    }
    try {
      return new String(Base64.getDecoder().decode(sealed), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid(
          item.name("encrypted_content"),
          "invalid_encrypted_content",
          item.name("encrypted_content") + " is not from this server");
    }
  }

  /// A thought as a client keeps it: in Base64, which hides nothing, but goes through unchanged.
  static String sealed(String thought) {
    return Base64.getEncoder().encodeToString(thought.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> texts(Fields item, String name) {
    List<String> texts = new ArrayList<>();
    for (Fields part : item.objects(name, MOST_PARTS)) {
      part.text("type");
      texts.add(part.requiredText("text"));
      part.finish();
    }
    return texts;
  }

  // --- items as they are kept

  /// An item as it is kept: with an id, a type and a list of parts.
  static ObjectNode kept(ObjectNode item) {
    ObjectNode kept = item.deepCopy();
    String type = kept.path("type").asText("message");
    kept.put("type", type);
    if (!kept.path("id").isTextual()) {
      kept.put("id", Ids.next(prefix(type)));
    }
    if (!kept.path("status").isTextual()) {
      kept.put("status", "completed");
    }
    for (JsonNode part : kept.path("content")) {
      if (part instanceof ObjectNode text && text.path("type").asText().equals("output_text")) {
        for (String list : List.of("annotations", "logprobs")) {
          if (!text.path(list).isArray()) {
            text.putArray(list);
          }
        }
      }
    }
    if (type.equals("message") && kept.path("content").isTextual()) {
      boolean isAnswer = kept.path("role").asText().equals("assistant");
      ObjectNode part = Json.object().put("type", isAnswer ? "output_text" : "input_text");
      part.put("text", kept.path("content").asText());
      if (isAnswer) {
        part.putArray("annotations");
        part.putArray("logprobs");
      }
      kept.putArray("content").add(part);
    }
    return kept;
  }

  private static String prefix(String type) {
    return switch (type) {
      case "message" -> "msg_";
      case "reasoning" -> "rs_";
      case "function_call" -> "fc_";
      case "function_call_output" -> "fco_";
      case "custom_tool_call" -> "ctc_";
      case "custom_tool_call_output" -> "ctco_";
      default -> "item_";
    };
  }
}
