package dev.sgl.server.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Syntax;
import dev.sgl.program.Type;
import dev.sgl.server.format.Formats;
import dev.sgl.server.format.ToolFormat;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.ToolSpec;
import dev.sgl.server.turn.Toolbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// The tools of a call, and which of them the model may call.
///
/// @param all that the model is told of; none if it may call none
/// @param box the tools that it may call
public record Tools(List<ToolSpec> all, Optional<Toolbox> box) {
  /// The most tools of a call.
  public static final int MOST = 512;

  /// A call without tools.
  public static final Tools NONE = new Tools(List.of(), Optional.empty());

  private static final int LONGEST_HEADER = 1000;
  private static final String NAME = "[a-zA-Z0-9_.-]{1,128}";

  /// Which tools a model may call.
  ///
  /// @param names of the tools that it may call; all if it is empty
  /// @param required whether it calls one for certain
  /// @param parallel whether it may call several
  public record Choice(Set<String> names, boolean required, boolean parallel) {
    /// One call of one tool.
    public static Choice of(String tool) {
      return new Choice(Set.of(tool), true, false);
    }

    /// Any of the tools, as OpenAI's word says: `auto` or `required`.
    ///
    /// @param name of the parameter that has the word
    /// @throws ApiException if it is another word
    public static Choice of(String word, boolean parallel, String name) {
      if (!List.of("auto", "required").contains(word)) {
        throw ApiException.invalid(
            name, "invalid_value", name + " must be none, auto, required, or name a function");
      }
      return new Choice(Set.of(), word.equals("required"), parallel);
    }

    /// Some of the tools, as OpenAI's `allowed_tools` has them: with a `mode` and `tools`.
    ///
    /// @param name reads the name of a tool
    /// @throws ApiException if there is no such tool
    public static Choice allowed(
        Fields allowed, Listed listed, boolean parallel, Function<Fields, String> name) {
      Choice any = of(allowed.requiredText("mode"), parallel, allowed.name("mode"));
      Set<String> names = new TreeSet<>();
      allowed.objects("tools", MOST).forEach(tool -> names.add(listed.require(tool, name)));
      if (names.isEmpty()) {
        throw allowed.missing("tools");
      }
      return new Choice(names, any.required(), parallel);
    }
  }

  /// The tools that a model may call, as the call's `tool_choice` says.
  ///
  /// @param word of the choice; none of OpenAI's words if the choice is an object
  /// @param choice is read if there are tools to choose from
  /// @throws ApiException if a choice asks for tools that are not there
  public static Tools chosen(Listed listed, String word, Supplier<Choice> choice, Formats formats) {
    List<ToolSpec> all = listed.all();
    if (word.equals("none") || all.isEmpty() && word.equals("auto")) {
      return NONE;
    }
    if (all.isEmpty()) {
      throw ApiException.invalid("tool_choice", "tool_choice needs tools");
    }
    return of(all, choice.get(), formats, "tools");
  }

  /// Tools that a model may call in its own format.
  ///
  /// @param place the parameter that has the tools
  /// @throws ApiException if the model cannot call them
  public static Tools of(List<ToolSpec> tools, Choice choice, Formats formats, String place) {
    if (tools.isEmpty()) {
      return NONE;
    }
    ToolFormat format =
        formats
            .tools()
            .orElseThrow(
                () ->
                    ApiException.invalid(
                        place,
                        "the model's chat template knows no tools, or writes calls in a way that is not known here"));
    tools.forEach(tool -> requireWritable(tool, format, place));
    Predicate<ToolSpec> isAllowed =
        tool -> choice.names().isEmpty() || choice.names().contains(tool.name());
    List<ToolSpec> callable = tools.stream().filter(isAllowed).toList();
    Toolbox box = new Toolbox(callable, choice.required(), choice.parallel(), format);
    return new Tools(tools, Optional.of(box));
  }

  /// Refuses a tool whose arguments the model's format cannot name.
  private static void requireWritable(ToolSpec tool, ToolFormat format, String place) {
    Optional<Syntax.Members> form = format.call().syntax().outer();
    tool.parameters()
        .path("properties")
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (form.isPresent() && !form.get().mayName(name)) {
                throw ApiException.invalid(
                    place,
                    "the tool %s has a parameter `%s`, which cannot be written as this model writes calls"
                        .formatted(tool.name(), name));
              }
            });
  }

  // --- tools one by one

  /// A list of tools, which have names of their own.
  public static final class Listed {
    private final List<ToolSpec> tools = new ArrayList<>();
    private final Set<String> unknown = new TreeSet<>();

    /// Adds a tool.
    ///
    /// @param function that has its name and its description
    /// @param schema the member that has the JSON Schema of the arguments
    /// @throws ApiException if the name is no tool's or another tool's, or the schema cannot be
    ///     followed
    public void add(Fields function, String schema) {
      add(function, schema, function.requiredText("name"));
    }

    /// Adds a tool that the model knows by another name than its client.
    public void add(Fields function, String schema, String name) {
      function.requiredText("name");
      if (!name.matches(NAME)) {
        throw ApiException.invalid(
            function.name("name"),
            "invalid_value",
            "the name of a tool has up to 128 letters, digits, dots, dashes and underscores");
      }
      if (has(name)) {
        throw ApiException.invalid(function.name("name"), "there are two tools " + name);
      }
      function.text("description");
      function.flag("strict", false);
      ObjectNode parameters = parameters(function, schema, unknown);
      Schemas.require(function.name(schema), new Type.Schema(parameters.toString()));
      ObjectNode told = shown(function.json(), schema).put("name", name);
      tools.add(new ToolSpec(name, told, parameters));
    }

    /// Leaves out the members of a tool that are not known: their authors are not the caller.
    public void leaveOut(Fields function) {
      for (String name : function.unread()) {
        unknown.add(name);
        function.ignore(name);
      }
    }

    /// Whether there is a tool of this name.
    public boolean has(String name) {
      return tools.stream().anyMatch(tool -> tool.name().equals(name));
    }

    /// The name of a tool that another member of the call refers to.
    ///
    /// @param name reads the name
    /// @throws ApiException if there is no such tool
    public String require(Fields reference, Function<Fields, String> name) {
      reference.text("type");
      String tool = name.apply(reference);
      reference.finish();
      if (!has(tool)) {
        throw ApiException.invalid(reference.name("name"), "there is no tool " + tool);
      }
      return tool;
    }

    /// All tools.
    public List<ToolSpec> all() {
      return List.copyOf(tools);
    }

    /// Tells the client which keywords of their schemas are unknown, and are not followed.
    public void tell(Call call) {
      if (!unknown.isEmpty()) {
        String names = String.join(", ", unknown).replaceAll("[^ -~]", "?");
        boolean isLong = names.length() > LONGEST_HEADER;
        call.set(
            "X-Ignored-Schema-Keywords",
            isLong ? names.substring(0, LONGEST_HEADER) + ", ..." : names);
      }
    }
  }

  /// A tool as the model is told of it: in the words of the client, since models know such words.
  private static ObjectNode shown(JsonNode function, String schema) {
    ObjectNode shown = Json.object();
    for (Map.Entry<String, JsonNode> member : function.properties()) {
      switch (member.getKey()) {
        case "name", "description" -> shown.set(member.getKey(), member.getValue());
        case String key when key.equals(schema) -> shown.set("parameters", member.getValue());
        default -> {}
      }
    }
    if (!shown.path("description").isTextual()) { // which templates expect
      shown.put("description", "");
    }
    if (shown.path("parameters").isEmpty()) {
      shown.set("parameters", ofNothing());
    }
    return shown;
  }

  /// The schema of the arguments, which are an object in any case.
  private static ObjectNode parameters(Fields function, String member, Set<String> unknown) {
    Optional<JsonNode> given = function.any(member);
    if (given.isEmpty() || given.get().isObject() && given.get().isEmpty()) {
      return ofNothing().put("additionalProperties", false);
    }
    String name = function.name(member);
    if (!(given.get() instanceof ObjectNode schema)) {
      throw ApiException.invalid(name, "invalid_type", name + " must be a JSON Schema");
    }
    if (!schema.path("type").asText("object").equals("object")) {
      throw ApiException.invalid(name, "invalid_schema", name + " must be of the type object");
    }
    ObjectNode whole = Schemas.ofTool(schema.deepCopy().put("type", "object"), unknown);
    return (ObjectNode) Schemas.closed(whole);
  }

  private static ObjectNode ofNothing() {
    ObjectNode schema = Json.object().put("type", "object");
    schema.putObject("properties");
    return schema;
  }
}
