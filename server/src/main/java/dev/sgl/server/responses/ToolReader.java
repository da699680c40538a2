package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Type;
import dev.sgl.server.chat.Schemas;
import dev.sgl.server.chat.Tools;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Reads the tools of a call: functions, functions in namespaces, and custom tools, whose input is
/// a text. The model knows all of them as functions.
///
/// Tools that OpenAI's servers run are left out where there are others, since agents offer them in
/// each call; a header names them.
final class ToolReader {
  /// The only argument of a custom tool.
  static final String INPUT = "input";

  private static final String BETWEEN = "__"; // a namespace and a name

  /// Tools that OpenAI's servers run, or that OpenAI's models know by heart.
  private static final Set<String> OF_OTHERS =
      Set.of(
          "apply_patch",
          "code_interpreter",
          "computer",
          "computer_use_preview",
          "file_search",
          "image_generation",
          "local_shell",
          "mcp",
          "shell",
          "tool_search",
          "web_search",
          "web_search_2025_08_26",
          "web_search_preview",
          "web_search_preview_2025_03_11");

  /// A tool as its client knows it.
  ///
  /// @param isCustom whether its input is a text, not arguments
  record Own(String name, Optional<String> namespace, boolean isCustom) {}

  private final Tools.Listed listed = new Tools.Listed();
  private final Map<String, Own> own = new HashMap<>(); // by the model's name
  private final List<JsonNode> shown = new ArrayList<>();
  private final Set<String> left = new TreeSet<>();
  private Optional<ApiException> refusal = Optional.empty(); // if nothing else is offered

  private ToolReader() {}

  /// Reads the tools of a call.
  ///
  /// @throws ApiException if one cannot be offered
  static ToolReader read(Fields fields, Call call) {
    ToolReader reader = new ToolReader();
    for (Fields tool : fields.objects("tools", Tools.MOST)) {
      reader.add(tool);
      reader.shown.add(shown((ObjectNode) tool.json()));
    }
    if (reader.own.isEmpty() && reader.refusal.isPresent()) {
      throw reader.refusal.get();
    }
    reader.listed.tell(call);
    if (!reader.left.isEmpty()) {
      call.set("X-Ignored-Tools", String.join(", ", reader.left));
    }
    return reader;
  }

  Tools.Listed listed() {
    return listed;
  }

  /// The tools as a response repeats them.
  List<JsonNode> shown() {
    return shown;
  }

  /// Tools as the client knows them, by the names by which the model does.
  Map<String, Own> own() {
    return own;
  }

  private void add(Fields tool) {
    switch (tool.requiredText("type")) {
      case "function" -> function(tool, Optional.empty());
      case "namespace" -> namespace(tool);
      case "custom" -> custom(tool);
      case String other when OF_OTHERS.contains(other) -> {
        left.add(other);
        refusal =
            Optional.of(
                ApiException.invalid(
                    tool.name("type"),
                    "unsupported_value",
                    "%s must be function, custom or namespace: this server runs no tools such as %s itself"
                        .formatted(tool.name("type"), other)));
      }
      case String other ->
          throw ApiException.invalid(
              tool.name("type"),
              "unsupported_value",
              "%s must be function, custom or namespace, not %s"
                  .formatted(tool.name("type"), other));
    }
  }

  private void function(Fields tool, Optional<String> namespace) {
    String name = tool.requiredText("name");
    String known = known(namespace, name);
    listed.add(tool, "parameters", known);
    own.put(known, new Own(name, namespace, false));
    tool.finish();
  }

  private void namespace(Fields tool) {
    String name = tool.requiredText("name");
    if (name.isBlank()) {
      throw ApiException.invalid(tool.name("name"), tool.name("name") + " is empty");
    }
    tool.text("description");
    for (Fields inner : tool.objects("tools", Tools.MOST)) {
      if (!inner.requiredText("type").equals("function")) {
        throw ApiException.invalid(inner.name("type"), inner.name("type") + " must be function");
      }
      function(inner, Optional.of(name));
    }
    tool.finish();
  }

  private void custom(Fields tool) {
    String name = tool.requiredText("name");
    ObjectNode input = Json.object().put("type", "string");
    Optional<Fields> format = tool.object("format");
    if (format.isPresent() && format.get().requiredText("type").equals("grammar")) {
      if (!format.get().requiredText("syntax").equals("regex")) {
        throw ApiException.invalid(
            format.get().name("syntax"),
            "unsupported_value",
            format.get().name("syntax") + " must be regex: the input is a string in JSON");
      }
      String definition = format.get().requiredText("definition");
      Schemas.require(format.get().name("definition"), new Type.Pattern(definition));
      input.put("pattern", "^(?:" + definition + ")$");
    }
    format.ifPresent(Fields::finish);
    ObjectNode function = Json.object().put("name", name);
    function.put("description", tool.text("description").orElse(""));
    ObjectNode parameters = function.putObject("parameters").put("type", "object");
    parameters.putObject("properties").set(INPUT, input);
    parameters.putArray("required").add(INPUT);
    listed.add(Fields.of(function, tool.name("format")), "parameters", name);
    own.put(name, new Own(name, Optional.empty(), true));
    tool.finish();
  }

  /// The name by which the model knows a function.
  static String known(Optional<String> namespace, String name) {
    return namespace.map(space -> space + BETWEEN).orElse("") + name;
  }

  private static ObjectNode shown(ObjectNode tool) {
    ObjectNode shown = tool.deepCopy();
    if (!tool.path("type").asText().equals("function")) {
      return shown;
    }
    for (String name : List.of("description", "parameters")) {
      if (!shown.has(name)) {
        shown.putNull(name);
      }
    }
    if (!shown.path("strict").isBoolean()) {
      shown.put("strict", true);
    }
    return shown;
  }
}
