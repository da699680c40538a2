package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.server.chat.Tools;
import dev.sgl.server.format.Formats;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import java.util.Optional;

/// The tools of a chat, from `tools`, `tool_choice` and `parallel_tool_calls`.
///
/// @param isNamed whether the call names the one tool that is called
record ToolReader(Tools tools, boolean isNamed) {

  static ToolReader read(Fields fields, Formats formats, Call call) {
    Tools.Listed listed = new Tools.Listed();
    for (Fields tool : fields.objects("tools", Tools.MOST)) {
      requireFunction(tool);
      Fields function = tool.object("function").orElseThrow(() -> tool.missing("function"));
      listed.add(function, "parameters");
      listed.leaveOut(function);
      tool.finish();
    }
    listed.tell(call);
    boolean parallel = fields.flag("parallel_tool_calls", true);
    JsonNode choice = fields.any("tool_choice").orElse(Json.of("auto"));
    Tools tools =
        Tools.chosen(listed, choice.asText(), () -> choice(fields, listed, parallel), formats);
    return new ToolReader(tools, choice.has("function"));
  }

  private static void requireFunction(Fields tool) {
    if (!tool.requiredText("type").equals("function")) {
      throw ApiException.invalid(
          tool.name("type"), "invalid_value", tool.name("type") + " must be function");
    }
  }

  private static Tools.Choice choice(Fields fields, Tools.Listed listed, boolean parallel) {
    JsonNode given = fields.any("tool_choice").orElse(Json.of("auto"));
    if (!given.isObject()) {
      return Tools.Choice.of(given.asText(), parallel, "tool_choice");
    }
    Fields choice = fields.object("tool_choice").orElseThrow();
    Optional<Fields> allowed = choice.object("allowed_tools");
    Tools.Choice chosen =
        allowed.isPresent()
            ? Tools.Choice.allowed(allowed.get(), listed, parallel, ToolReader::name)
            : Tools.Choice.of(listed.require(choice, ToolReader::name));
    if (allowed.isPresent()) {
      choice.text("type");
    }
    choice.finish();
    return chosen;
  }

  /// The name of the function that an object refers to.
  private static String name(Fields reference) {
    Fields function = reference.object("function").orElseThrow(() -> reference.missing("function"));
    String name = function.requiredText("name");
    function.finish();
    return name;
  }
}
