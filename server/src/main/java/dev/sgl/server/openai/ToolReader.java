package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Syntax;
import dev.sgl.program.Type;
import dev.sgl.server.format.Formats;
import dev.sgl.server.format.ToolFormat;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.ToolSpec;
import dev.sgl.server.turn.Toolbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The tools of a call, from `tools`, `tool_choice` and `parallel_tool_calls`.
///
/// @param all that the model is told of; none if it may call none
/// @param box the tools that it may call
record ToolReader(List<ToolSpec> all, Optional<Toolbox> box, boolean isNamed) {
  private static final int MOST_TOOLS = 512;
  private static final String NAME = "[a-zA-Z0-9_.-]{1,128}";

  static ToolReader read(Fields fields, Formats formats) {
    List<ToolSpec> tools = new ArrayList<>();
    for (Fields tool : fields.objects("tools", MOST_TOOLS)) {
      tools.add(tool(tool, tools));
    }
    boolean parallel = fields.flag("parallel_tool_calls", true);
    Optional<JsonNode> choice = fields.any("tool_choice");
    String word = choice.map(c -> c.asText("")).orElse(tools.isEmpty() ? "none" : "auto");
    if (tools.isEmpty() && choice.isPresent() && !word.equals("none") && !word.equals("auto")) {
      throw ApiException.invalid("tool_choice", "tool_choice needs tools");
    }
    if (tools.isEmpty() || word.equals("none")) {
      return new ToolReader(List.of(), Optional.empty(), false);
    }
    ToolFormat format =
        formats
            .tools()
            .orElseThrow(
                () ->
                    ApiException.invalid(
                        "tools",
                        "the model's chat template knows no tools, or writes calls in a way that is not known here"));
    boolean isNamed = choice.isPresent() && choice.get().isObject();
    tools.forEach(tool -> requireWritable(tool, format));
    List<ToolSpec> callable = isNamed ? named(fields, tools) : tools;
    if (!isNamed && !List.of("auto", "required").contains(word)) {
      throw ApiException.invalid(
          "tool_choice",
          "invalid_value",
          "tool_choice must be none, auto, required, or name a function");
    }
    boolean required = isNamed || word.equals("required");
    return new ToolReader(
        tools, Optional.of(new Toolbox(callable, required, parallel && !isNamed, format)), isNamed);
  }

  /// Refuses a tool whose arguments the model's format cannot name.
  private static void requireWritable(ToolSpec tool, ToolFormat format) {
    Optional<Syntax.Members> form = format.call().syntax().outer();
    tool.parameters()
        .path("properties")
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (form.isPresent() && !form.get().mayName(name)) {
                throw ApiException.invalid(
                    "tools",
                    "the tool %s has a parameter `%s`, which cannot be written as this model writes calls"
                        .formatted(tool.name(), name));
              }
            });
  }

  private static ToolSpec tool(Fields tool, List<ToolSpec> before) {
    if (!tool.requiredText("type").equals("function")) {
      throw ApiException.invalid(
          tool.name("type"), "invalid_value", tool.name("type") + " must be function");
    }
    Fields function = tool.object("function").orElseThrow(() -> tool.missing("function"));
    String name = function.requiredText("name");
    if (!name.matches(NAME)) {
      throw ApiException.invalid(
          function.name("name"),
          "invalid_value",
          "the name of a tool has up to 128 letters, digits, dots, dashes and underscores");
    }
    if (before.stream().anyMatch(other -> other.name().equals(name))) {
      throw ApiException.invalid(function.name("name"), "there are two tools " + name);
    }
    function.text("description");
    function.flag("strict", false);
    ObjectNode parameters = parameters(function);
    function.finish();
    tool.finish();
    FormatReader.require(function.name("parameters"), new Type.Schema(parameters.toString()));
    return new ToolSpec(name, shown((ObjectNode) function.json()), parameters);
  }

  /// A tool as the model is told of it: in the words of the client, since models know such words.
  private static ObjectNode shown(ObjectNode function) {
    ObjectNode shown = function.deepCopy();
    shown.remove("strict");
    if (!shown.path("description").isTextual()) { // which templates expect
      shown.put("description", "");
    }
    if (shown.path("parameters").isEmpty()) {
      shown.set("parameters", Json.object().put("type", "object").set("properties", Json.object()));
    }
    return shown;
  }

  /// The schema of the arguments, which are an object in any case.
  private static ObjectNode parameters(Fields function) {
    Optional<JsonNode> given = function.any("parameters").filter(schema -> !schema.isEmpty());
    if (given.isEmpty()) {
      return noParameters();
    }
    String name = function.name("parameters");
    if (!(given.get() instanceof ObjectNode schema)) {
      throw ApiException.invalid(name, "invalid_type", name + " must be a JSON Schema");
    }
    if (!schema.path("type").asText("object").equals("object")) {
      throw ApiException.invalid(name, "invalid_schema", name + " must be of the type object");
    }
    ObjectNode whole = schema.deepCopy().put("type", "object");
    return (ObjectNode) FormatReader.closed(whole);
  }

  private static ObjectNode noParameters() {
    ObjectNode none = Json.object().put("type", "object");
    none.putObject("properties");
    return none.put("additionalProperties", false);
  }

  private static List<ToolSpec> named(Fields fields, List<ToolSpec> tools) {
    Fields choice = fields.object("tool_choice").orElseThrow();
    Fields function = choice.object("function").orElseThrow(() -> choice.missing("function"));
    String name = function.requiredText("name");
    function.finish();
    choice.finish();
    List<ToolSpec> named = tools.stream().filter(tool -> tool.name().equals(name)).toList();
    if (named.isEmpty()) {
      throw ApiException.invalid(function.name("name"), "there is no tool " + name);
    }
    return named;
  }
}
