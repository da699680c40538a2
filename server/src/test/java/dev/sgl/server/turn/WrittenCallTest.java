package dev.sgl.server.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Writing;
import dev.sgl.program.Type;
import dev.sgl.server.format.ToolFormat;
import dev.sgl.server.format.ToolFormats;
import dev.sgl.testing.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which objects that a model writes are calls, and which are text. What is said as text is the
/// same whether it is read as it comes or at the end.
class WrittenCallTest {
  private static final List<ToolSpec> TOOLS =
      List.of(
          tool("get_weather", "{\"city\":{\"type\":\"string\"}}", "[\"city\"]"),
          tool("get_time", "{\"zone\":{\"type\":\"string\"}}", "[]"));

  private static final List<ToolFormat> FORMATS =
      List.of(ToolFormats.HERMES, ToolFormats.MISTRAL, ToolFormats.MISTRAL_ARGS);

  private static final List<String> PROSE =
      List.of(
          "",
          "I look it up.\n",
          "Sure! Here is the call:\n\n",
          "First `x = {}` and then\n",
          "A set {1, 2}, a list [3], a tag <b>.\n\n",
          "{\"name\": \"Rome\", \"arguments\": 2}\n");

  private static ToolSpec tool(String name, String properties, String required) {
    String json =
        "{\"name\":\"%s\",\"parameters\":{\"type\":\"object\",\"properties\":%s,\"required\":%s}}"
            .formatted(name, properties, required);
    ObjectNode function = (ObjectNode) Json.parse(json);
    return new ToolSpec(name, function, (ObjectNode) function.path("parameters"));
  }

  private record Call(String name, JsonNode arguments) {}

  private static Answer answer(String script, ToolFormat format, StringBuilder said) {
    Prompt prompt = new Prompt.Chat(List.of(), List.of(), Map.of());
    Ask ask =
        new Ask(
            prompt,
            Type.TEXT,
            Sampling.DEFAULT,
            Scheduling.DEFAULT,
            Writing.DEFAULT,
            Optional.of(new Toolbox(TOOLS, false, true, format)),
            Optional.empty(),
            Optional.empty());
    Heard heard =
        new Heard() {
          @Override
          public void said(String text, List<Reply.Logprob> logprobs) {
            said.append(text);
          }
        };
    try (Turn turn = new Turn(new ScriptedTokens(script, "", 4), ask, heard)) {
      return turn.run();
    }
  }

  private static List<Call> calls(Answer answer) {
    return answer.calls().stream()
        .map(call -> new Call(call.name(), Json.parse(call.arguments())))
        .toList();
  }

  /// Calls in every way of writing them, behind text and before text.
  @RepeatedTest(300)
  void callsAreFoundHoweverTheyAreWritten(RepetitionInfo info) {
    Random random = new Random(info.getCurrentRepetition());
    List<Call> expected = new ArrayList<>();
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      boolean time = random.nextInt(3) == 0;
      String place = List.of("Rome", "a \"b\"", "{\\\"name\\\"}", "\n```").get(random.nextInt(4));
      ObjectNode arguments = (ObjectNode) Json.parse("{}");
      if (!time || random.nextBoolean()) {
        arguments.put(time ? "zone" : "city", place);
      }
      expected.add(new Call(time ? "get_time" : "get_weather", arguments));
    }
    String prose = PROSE.get(random.nextInt(PROSE.size()));
    String written = written(expected, random);
    String after = random.nextBoolean() ? "" : "\nThat is all.";
    StringBuilder said = new StringBuilder();
    ToolFormat format = FORMATS.get(random.nextInt(FORMATS.size()));
    Answer answer = answer(prose + written + after, format, said);
    String message = prose + written;
    assertEquals(expected, calls(answer), message);
    assertEquals(prose.stripTrailing(), answer.text(), message);
    assertEquals(answer.text(), said.toString(), message);
    assertEquals(Answer.Finish.CALLS, answer.finish());
  }

  private static String written(List<Call> calls, Random random) {
    boolean isList = random.nextBoolean();
    boolean isTagged = !isList && random.nextInt(3) == 0;
    String margin = isList && random.nextBoolean() ? "  " : "";
    boolean isWide = random.nextInt(3) > 0;
    String line = List.of("\n", "\n", "\r\n").get(random.nextInt(3));
    String blanks = random.nextInt(4) == 0 ? "\t\t" : " ".repeat(random.nextInt(17));
    String indentation = isWide ? line + blanks : "";
    String end = isWide ? "\n" + margin + "}" : "}";
    String separator = isList ? random.nextBoolean() ? ", " : ",\n" + margin : "\n";
    String all =
        calls.stream()
            .map(call -> written(call, indentation, end, random))
            .map(call -> isTagged ? "<Tool-call>\n" + call + "\n</Tool-call>" : call)
            .collect(Collectors.joining(separator));
    String list = isList ? margin.isEmpty() ? "[" + all + "]" : "[\n  " + all + "\n]" : all;
    String fence = List.of("", "```\n", "```json\n", "```JSON5\n").get(random.nextInt(4));
    return fence + list + (fence.isEmpty() ? "" : "\n```");
  }

  private static String written(Call call, String indentation, String end, Random random) {
    String blank = random.nextBoolean() ? " " : "";
    String head = "{" + indentation + "\"name\":" + blank + "\"" + call.name() + "\"";
    if (call.arguments().isEmpty() && random.nextBoolean()) {
      return head + end;
    }
    String key = random.nextBoolean() ? "arguments" : "parameters";
    String between = indentation.isEmpty() ? blank : indentation;
    return head + "," + between + "\"" + key + "\":" + blank + call.arguments() + end;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Call it with `{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}`.",
        "The call is {\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rome\"}}, then wait.",
        "{\"name\": \"get_rain\", \"arguments\": {\"city\": \"Rome\"}}",
        "{\"name\": \"get_weathers\", \"arguments\": {}}",
        "```json\n{\n  \"name\": \"get_weather\",\n  \"description\": \"The weather.\"\n}\n```",
        "{\"name\": \"get_weather\"}", // which needs a city
        "{\"name\": \"get_weather\", \"arguments\"}",
        "{\"name\": \"get_weather",
        "{\"city\": \"Rome\", \"name\": \"get_weather\", \"arguments\": {}}",
        "[{\"name\": \"Ann\", \"age\": 3},\n {\"name\": \"Bob\", \"age\": 4}]\n",
        "a = [\n  {\"name\": \"get_time\", \"zone\": 1}\n]\n\n```",
        "Tags as <b> and <br, fences as ``, lists as [ are text.",
        "```json\n[",
      })
  void whatOnlyLooksLikeACallIsText(String script) {
    StringBuilder said = new StringBuilder();
    Answer answer = answer(script, ToolFormats.HERMES, said);
    assertEquals(List.of(), calls(answer));
    assertEquals(script, answer.text());
    assertEquals(script, said.toString());
    assertEquals(Answer.Finish.STOP, answer.finish());
  }

  @Test
  void longLinesAndRunsOfWhiteSpaceAreRead() {
    for (String line : List.of(" ".repeat(20_000), "x ".repeat(10_000), "<b>".repeat(5_000))) {
      whatOnlyLooksLikeACallIsText(line + "{\"name\": \"get_rain\"}");
    }
  }
}
