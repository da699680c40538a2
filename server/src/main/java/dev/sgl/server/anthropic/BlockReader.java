package dev.sgl.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.Prompt;
import dev.sgl.program.Role;
import dev.sgl.server.chat.Messages;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Messages made of blocks, as messages of a chat template: the results of tools, which are blocks
/// of the user here, are messages of their own there.
final class BlockReader {
  private static final int MOST_BLOCKS = 10_000;

  private final Messages made;
  private final List<Prompt.Message> messages = new ArrayList<>();

  /// @param made makes messages of the assistant
  BlockReader(Messages made) {
    this.made = made;
  }

  /// Adds the instructions of a call: a text, or blocks of text.
  void system(Fields fields) {
    List<Prompt.Part> parts = parts(fields, "system");
    if (!parts.isEmpty()) {
      messages.add(new Prompt.Message(Role.SYSTEM, parts, Map.of()));
    }
  }

  /// Adds the next message.
  ///
  /// @throws ApiException if it has a block that is not known
  void add(Fields message) {
    switch (message.requiredText("role")) {
      case "user" -> user(message);
      case "assistant" -> assistant(message);
      case "system" ->
          messages.add(new Prompt.Message(Role.SYSTEM, parts(message, "content"), Map.of()));
      case String other ->
          throw ApiException.invalid(
              message.name("role"),
              message.name("role") + " must be user or assistant, not " + other);
    }
    message.finish();
  }

  /// All messages.
  List<Prompt.Message> all() {
    return List.copyOf(messages);
  }

  private static boolean isText(Fields message) {
    return message.any("content").orElseThrow(() -> message.missing("content")).isTextual();
  }

  private void user(Fields message) {
    List<Prompt.Part> parts = new ArrayList<>();
    if (isText(message)) {
      parts.add(new Prompt.Part.Written(message.requiredText("content")));
    } else {
      for (Fields block : message.objects("content", MOST_BLOCKS)) {
        if (block.requiredText("type").equals("tool_result")) {
          messages.add(result(block));
        } else {
          parts.add(shown(block, parts));
        }
        block.finish();
      }
    }
    if (!parts.isEmpty()) {
      messages.add(new Prompt.Message(Role.USER, parts, Map.of()));
    }
  }

  private static Prompt.Message result(Fields block) {
    List<Prompt.Part> parts = block.has("content") ? parts(block, "content") : List.of();
    block.flag("is_error", false); // which the content says, too
    return Messages.result(block.requiredText("tool_use_id"), parts, Map.of());
  }

  private void assistant(Fields message) {
    if (isText(message)) {
      messages.add(
          made.assistant(
              "",
              List.of(new Prompt.Part.Written(message.requiredText("content"))),
              List.of(),
              Map.of()));
      return;
    }
    List<String> thoughts = new ArrayList<>();
    List<Prompt.Part> parts = new ArrayList<>();
    List<Object> calls = new ArrayList<>();
    for (Fields block : message.objects("content", MOST_BLOCKS)) {
      switch (block.requiredText("type")) {
        case "thinking" -> {
          thoughts.add(block.requiredText("thinking"));
          block.text("signature");
        }
        case "redacted_thinking" -> block.text("data"); // which only its author can read
        case "tool_use" -> calls.add(call(block));
        default -> parts.add(shown(block, parts));
      }
      block.finish();
    }
    messages.add(made.assistant(String.join("\n\n", thoughts), parts, calls, Map.of()));
  }

  private static Map<String, Object> call(Fields block) {
    Fields input = block.object("input").orElseThrow(() -> block.missing("input"));
    return Messages.call(
        block.requiredText("id"), block.requiredText("name"), Json.plain(input.json()));
  }

  // --- what is seen

  private static List<Prompt.Part> parts(Fields fields, String name) {
    JsonNode content = fields.any(name).orElseThrow(() -> fields.missing(name));
    if (content.isTextual()) {
      return content.textValue().isEmpty()
          ? List.of()
          : List.of(new Prompt.Part.Written(content.textValue()));
    }
    List<Prompt.Part> parts = new ArrayList<>();
    for (Fields block : fields.objects(name, MOST_BLOCKS)) {
      parts.add(shown(block, parts));
      block.finish();
    }
    return parts;
  }

  private static Prompt.Part shown(Fields block, List<Prompt.Part> before) {
    return switch (block.requiredText("type")) {
      case "text" -> Messages.text(before, block.requiredText("text"));
      case "tool_reference" -> // a tool that the client found, and offers in the same call
          Messages.text(before, "Tool: " + block.requiredText("tool_name"));
      case "image" -> new Prompt.Part.Image(image(source(block)));
      case "document" -> Messages.text(before, document(block));
      case String other ->
          throw ApiException.invalid(
              block.name("type"), "blocks of type " + other + " are not supported");
    };
  }

  private static Fields source(Fields block) {
    return block.object("source").orElseThrow(() -> block.missing("source"));
  }

  private static String image(Fields source) {
    String url =
        switch (source.requiredText("type")) {
          case "url" -> source.requiredText("url");
          case "base64" ->
              "data:%s;base64,%s"
                  .formatted(source.requiredText("media_type"), source.requiredText("data"));
          case String other ->
              throw ApiException.invalid(
                  source.name("type"),
                  source.name("type") + " must be base64 or url, not " + other);
        };
    source.finish();
    return url;
  }

  /// The text of a document, behind its title.
  private static String document(Fields block) {
    Fields source = source(block);
    if (!source.requiredText("type").equals("text")) {
      throw ApiException.invalid(
          source.name("type"), "this server reads documents of plain text only");
    }
    source.text("media_type");
    String text = source.requiredText("data");
    source.finish();
    String head =
        block.text("title").map(title -> title + "\n\n").orElse("")
            + block.text("context").map(context -> context + "\n\n").orElse("");
    return head + text;
  }
}
