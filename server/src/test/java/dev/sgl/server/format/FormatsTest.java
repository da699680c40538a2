package dev.sgl.server.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Writing;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.match.SyntaxReader;
import dev.sgl.constraint.syntax.SyntaxWriter;
import dev.sgl.local.tokens.ChatTemplate;
import dev.sgl.local.weights.ModelException;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import dev.sgl.server.turn.Heard;
import dev.sgl.server.turn.ScriptedTokens;
import dev.sgl.server.turn.ToolSpec;
import dev.sgl.server.turn.Toolbox;
import dev.sgl.server.turn.Turn;
import dev.sgl.testing.Json;
import dev.sgl.testing.Suites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which formats are found for the chat templates of real models, and whether calls are read as
/// these templates write them.
class FormatsTest {
  private static final TreeMap<String, String> KNOWN = new TreeMap<>();

  static {
    know("gpt-oss", "openai-gpt-oss-120b");
    know("Functionary 3.2", "meetkai-functionary-medium-v3.2");
    know("Apertus", "Apertus-8B-Instruct");
    know("Apriel", "Apriel-1.6-15b-Thinker-fixed", "unsloth-Apriel-1.5");
    know(
        "Hermes",
        "Bielik-11B-v3.0-Instruct",
        "MiMo-VL",
        "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
        "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
        "Qwen-QwQ-32B",
        "Qwen-Qwen2.5-7B-Instruct",
        "Qwen-Qwen3-0.6B",
        "Reka-Edge");
    know("Seed-OSS", "ByteDance-Seed-OSS");
    know("Command R7B", "Cohere2MoE", "CohereForAI-c4ai-command-r7b-12-2024-tool_use");
    know("Command R+", "CohereForAI-c4ai-command-r-plus-tool_use");
    know("GLM 4.5", "GLM-4.6");
    know("GLM 4.7", "GLM-4.7-Flash", "GLM-5.2");
    know("GigaChat 3.1", "GigaChat3.1-10B-A1.8B");
    know("Kimi K2, not shown", "Kimi-K2-Instruct", "Kimi-K2-Thinking");
    know("LFM2, not shown", "LFM2-8B-A1B", "LFM2.5-Instruct");
    know("Mistral, ids", "Mistral-Small-3.2-24B-Instruct-2506");
    know(
        "Qwen3-Coder",
        "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        "Qwen3-Coder",
        "Qwen3.5-4B",
        "StepFun3.5-Flash",
        "stepfun-ai-Step-3.5-Flash");
    know("DeepSeek V3", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B");
    know("DeepSeek V3.1", "deepseek-ai-DeepSeek-V3.1");
    know("DeepSeek V3.2", "deepseek-ai-DeepSeek-V3.2");
    know("DeepSeek V4", "deepseek-ai-DeepSeek-V4");
    know("Gemma 4", "google-gemma-4-31B-it", "google-gemma-4-31B-it-interleaved");
    know("Granite 3, not shown", "ibm-granite-granite-3.3-2B-Instruct");
    know("Functionary 3.1", "meetkai-functionary-medium-v3.1");
    know(
        "Llama 3",
        "meta-llama-Llama-3.1-8B-Instruct",
        "meta-llama-Llama-3.2-3B-Instruct",
        "meta-llama-Llama-3.3-70B-Instruct");
    know(
        "Mistral",
        "mistralai-Ministral-3-14B-Reasoning-2512",
        "unsloth-mistral-Devstral-Small-2507");
    know("Mistral, list", "mistralai-Mistral-Nemo-Instruct-2407");
    know("Kimi K2", "moonshotai-Kimi-K2");
  }

  private static final TreeMap<String, String> THOUGHTS = new TreeMap<>();

  static {
    think("<|inner_prefix|>…<|inner_suffix|>", "Apertus-8B-Instruct");
    think("Here are my reasoning steps:⏎…[BEGIN FINAL RESPONSE]⏎", "Apriel-1.6-15b-Thinker-fixed");
    think(
        "<think>⏎…</think>⏎",
        "Bielik-11B-v3.0-Instruct",
        "HuggingFaceTB-SmolLM3-3B",
        "NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
        "StepFun3.5-Flash",
        "stepfun-ai-Step-3.5-Flash");
    think("<seed:think>…</seed:think>⏎", "ByteDance-Seed-OSS");
    think(
        "<|START_THINKING|>…<|END_THINKING|>",
        "Cohere2MoE",
        "CohereForAI-c4ai-command-r7b-12-2024-tool_use");
    think("<think>…</think>⏎", "GLM-4.6");
    think("<think>…</think>", "GLM-4.7-Flash", "GLM-5.2");
    think(
        "<think>⏎…</think>",
        "Kimi-K2-Thinking",
        "deepseek-ai-DeepSeek-V3.1",
        "deepseek-ai-DeepSeek-V3.2",
        "deepseek-ai-DeepSeek-V4");
    think(
        "<think>⏎…</think>⏎⏎",
        "MiroThinker",
        "Qwen-QwQ-32B",
        "Qwen-Qwen3-0.6B",
        "Qwen3.5-4B",
        "Reka-Edge",
        "deepseek-ai-DeepSeek-R1-Distill-Llama-8B",
        "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B",
        "ibm-granite-granite-3.3-2B-Instruct",
        "llama-cpp-deepseek-r1",
        "llama-cpp-rwkv-world");
    think(
        "<|channel>thought⏎…<channel|>",
        "google-gemma-4-31B-it",
        "google-gemma-4-31B-it-interleaved");
    think("[THINK]…[/THINK]", "mistralai-Ministral-3-14B-Reasoning-2512");
  }

  private static void think(String format, String... templates) {
    List.of(templates).forEach(template -> THOUGHTS.put(template, format));
  }

  private static void know(String format, String... templates) {
    List.of(templates).forEach(template -> KNOWN.put(template, format));
  }

  @TempDir static Path folder;

  /// A model whose chat template is one of the suite.
  private static final class Templated extends ScriptedTokens {
    private final ChatTemplate template;

    Templated(Path file, String script) {
      super(script, source(file));
      template = open(file);
    }

    private static ChatTemplate open(Path file) {
      try {
        Path model = Files.createTempDirectory(folder, "model");
        Files.copy(file, model.resolve("chat_template.jinja"));
        Files.writeString(
            model.resolve("tokenizer_config.json"),
            "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}");
        return ChatTemplate.open(model);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String text(Prompt.Chat chat) {
      try {
        return template.text(chat);
      } catch (ModelException e) {
        throw new BackendException(String.valueOf(e.getMessage()), e);
      }
    }
  }

  private static String source(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> templates() throws IOException {
    try (Stream<Path> files = Files.list(Suites.folder("chat-templates"))) {
      return files.filter(file -> file.toString().endsWith(".jinja")).sorted().toList();
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).replace(".jinja", "");
  }

  @Test
  void everyTemplateHasItsFormatOrNone() throws IOException {
    TreeMap<String, String> found = new TreeMap<>();
    for (Path file : templates()) {
      Formats formats = Formats.of(new Templated(file, ""));
      formats
          .tools()
          .ifPresent(
              format ->
                  found.put(
                      name(file),
                      format.name()
                          + (formats.calls() == Formats.Calls.NONE ? ", not shown" : "")));
    }
    assertEquals(lines(KNOWN), lines(found));
  }

  @Test
  void everyTemplateHasItsThoughts() throws IOException {
    TreeMap<String, String> found = new TreeMap<>();
    for (Path file : templates()) {
      Formats.of(new Templated(file, ""))
          .thoughts()
          .ifPresent(format -> found.put(name(file), shown(format)));
    }
    assertEquals(lines(THOUGHTS), lines(found));
  }

  private static String shown(ThoughtFormat format) {
    String all = format.begin() + format.behindBegin() + "…" + format.end() + format.behindEnd();
    return all.replace("\n", "⏎");
  }

  private static String lines(Map<String, String> all) {
    StringBuilder lines = new StringBuilder();
    all.forEach(
        (template, format) -> lines.append(template).append(": ").append(format).append("\n"));
    return lines.toString();
  }

  // --- calls

  private static final String WEATHER =
      """
      {"name": "get_weather", "description": "The weather.", "parameters": {"type": "object",
        "properties": {
          "city": {"type": "string", "description": "where"},
          "days": {"type": "integer", "description": "how many"},
          "exact": {"type": "boolean", "description": "whether"},
          "options": {"type": "object", "description": "more", "properties": {
            "flags": {"type": "array", "items": {"type": "boolean"}}, "unit": {"type": "string"}},
            "required": [], "additionalProperties": true}},
        "required": ["city"]}}""";
  private static final String TIME =
      """
      {"name": "get", "description": "The time.",
        "parameters": {"type": "object", "properties": {}, "required": []}}""";
  private static final List<String> ARGUMENTS =
      List.of(
          "{\"city\": \"Ro\\\"me <1>\\nand 'so' on\", \"days\": 3, \"exact\": true,"
              + " \"options\": {\"flags\": [true, false], \"unit\": \"C\"}}",
          "{\"city\": \"7\", \"exact\": false}");

  private static ToolSpec tool(String json) {
    ObjectNode function = (ObjectNode) Json.parse(json);
    return new ToolSpec(
        function.path("name").asText(), function, (ObjectNode) function.path("parameters"));
  }

  private static Map<String, Object> call(String arguments, int index, boolean isText) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", "get_weather");
    function.put(
        "arguments", isText ? arguments : dev.sgl.server.http.Json.plain(Json.parse(arguments)));
    Map<String, Object> call = new LinkedHashMap<>();
    call.put("id", "call0000" + index);
    call.put("type", "function");
    call.put("function", function);
    return call;
  }

  /// The message with the first calls, by the template; empty if the template refuses it.
  private static String rendered(Templated model, int calls, boolean isText) {
    List<Object> all = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      all.add(call(ARGUMENTS.get(i), i, isText));
    }
    Map<String, Object> tool = new LinkedHashMap<>();
    tool.put("type", "function");
    tool.put("function", dev.sgl.server.http.Json.plain(tool(WEATHER).function()));
    Prompt.Part question = new Prompt.Part.Written("How is the weather?");
    Prompt.Message asked = new Prompt.Message(Role.USER, List.of(question), Map.of());
    Prompt.Message called =
        new Prompt.Message(Role.ASSISTANT, List.of(), Map.of("tool_calls", all));
    Map<String, Object> tools = Map.of("tools", List.of(tool));
    try {
      String before = model.text(new Prompt.Chat(List.of(asked), List.of(), tools));
      String whole =
          model.text(
              new Prompt.Chat(
                  List.of(asked, called),
                  List.of(),
                  Map.of("tools", List.of(tool), "add_generation_prompt", false)));
      return whole.startsWith(before)
          ? whole.substring(before.length())
          : whole.substring(whole.lastIndexOf(question.text()) + question.text().length());
    } catch (BackendException e) {
      return "";
    }
  }

  @ParameterizedTest
  @MethodSource("templates")
  void aCallThatTheTemplateWritesIsReadAgain(Path file) {
    Formats formats = Formats.of(new Templated(file, ""));
    assumeTrue(
        formats.tools().isPresent() && formats.calls() != Formats.Calls.NONE, "writes no calls");
    ToolFormat format = formats.tools().orElseThrow();
    int most = format.isParallel() ? 2 : 1;
    for (int calls = 1; calls <= most; calls++) {
      Templated model = new Templated(file, "");
      int count = calls;
      String message =
          Stream.of(false, true)
              .map(isText -> rendered(model, count, isText))
              .filter(text -> text.contains("get_weather"))
              .findFirst()
              .orElseThrow()
              .replaceAll(", \"id\": \"call0000[01]\"", "") // which models do not write
              .replaceAll("\\[CALL_ID\\]call0000[01]", ""); // which the server writes
      Answer answer = answer(message, formats);
      assertEquals(calls, answer.calls().size(), message + "\n" + answer);
      for (int i = 0; i < calls; i++) {
        assertEquals("get_weather", answer.calls().get(i).name());
        assertEquals(
            Json.parse(ARGUMENTS.get(i)),
            Json.parse(answer.calls().get(i).arguments()),
            message + "\n" + answer);
      }
      assertTrue(answer.text().indexOf("get_weather") < 0, answer.text());
    }
  }

  @Test
  void whatIsWrittenIsAllowedAndReadAgain() {
    for (ToolFormat format : ToolFormats.all()) {
      Syntax syntax = format.call().syntax();
      Type type = tool(WEATHER).arguments();
      for (String arguments : ARGUMENTS) {
        String written = new SyntaxWriter(syntax).write(Json.parse(arguments));
        JsonStyle style = JsonStyle.written(layout(syntax), syntax);
        assertTrue(Types.compiled(type, style).matches(written), format.name() + ": " + written);
        if (!syntax.isJson()) {
          SyntaxReader reader = Types.reader(type, syntax);
          reader.read(written);
          assertEquals(Json.parse(arguments), Json.parse(reader.json()), format.name());
        }
      }
    }
  }

  private static JsonStyle.Layout layout(Syntax syntax) {
    return syntax.inner().isPresent() ? JsonStyle.Layout.COMPACT : JsonStyle.Layout.SPACED;
  }

  /// Behind a call comes its result, and the conversation goes on.
  @ParameterizedTest
  @MethodSource("templates")
  void aConversationGoesOnBehindACall(Path file) {
    Templated model = new Templated(file, "");
    Formats formats = Formats.of(model);
    assumeTrue(formats.tools().isPresent(), "knows no tools");
    boolean isText = formats.calls() == Formats.Calls.WITH_TEXT;
    List<?> calls = List.of(call(ARGUMENTS.getLast(), 1, isText));
    Prompt.Part question = new Prompt.Part.Written("How is the weather?");
    Prompt.Message called =
        formats.calls() != Formats.Calls.NONE
            ? new Prompt.Message(Role.ASSISTANT, List.of(), Map.of("tool_calls", calls))
            : new Prompt.Message(
                Role.ASSISTANT,
                List.of(new Prompt.Part.Written(formats.written(calls, 0))),
                Map.of());
    Prompt.Message result =
        new Prompt.Message(
            Role.TOOL,
            List.of(new Prompt.Part.Written("It rains.")),
            Map.of("tool_call_id", "call00001", "name", "get_weather"));
    Map<String, Object> tool =
        Map.of(
            "type",
            "function",
            "function",
            dev.sgl.server.http.Json.plain(tool(WEATHER).function()));
    String text =
        model.text(
            new Prompt.Chat(
                List.of(new Prompt.Message(Role.USER, List.of(question), Map.of()), called, result),
                List.of(),
                Map.of("tools", List.of(tool))));
    assertTrue(text.contains("It rains.") && text.contains("get_weather"), text);
  }

  private static Answer answer(String script, Formats formats) {
    Ask ask =
        new Ask(
            new Prompt.Chat(List.of(), List.of(), Map.of()),
            Type.TEXT,
            Sampling.DEFAULT,
            Scheduling.DEFAULT,
            Writing.DEFAULT,
            Optional.of(
                new Toolbox(
                    List.of(tool(TIME), tool(WEATHER)),
                    false,
                    true,
                    formats.tools().orElseThrow())),
            Optional.empty(),
            formats.channels());
    try (Turn turn = new Turn(new ScriptedTokens(script, ""), ask, Heard.NOTHING)) {
      return turn.run();
    }
  }
}
