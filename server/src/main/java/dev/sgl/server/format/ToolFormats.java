package dev.sgl.server.format;

import dev.sgl.constraint.Syntax;
import dev.sgl.server.format.ToolFormat.Call;
import dev.sgl.server.format.ToolFormat.Ids;
import dev.sgl.server.format.ToolFormat.Mark;
import dev.sgl.server.format.ToolFormat.Next;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The formats that are known, as the chat templates of the models show them and as their
/// publishers describe them.
public final class ToolFormats {
  private static final String NAME = "{\"name\": \"";
  private static final String ARGUMENTS = "\", \"arguments\": ";
  private static final String BRACE = "}";
  private static final String TOOL_CALL = "<tool_call>";
  private static final String TOOL_CALL_END = "\n</tool_call>";
  private static final String TOOL_CALLS = "[TOOL_CALLS]";

  private static final Next ONE = new Next.None();
  private static final Next LIST = new Next.Item(", ");

  /// Hermes 2 Pro, Qwen 2.5 and 3, Granite 4, and many more: each call in an element of its own.
  public static final ToolFormat HERMES =
      new ToolFormat(
          "Hermes",
          "Hermes 2 and 3, Qwen 2.5 and 3, QwQ, Granite 4, MiMo",
          new Mark(TOOL_CALL, true),
          "",
          Call.json("\n" + NAME, ARGUMENTS, BRACE, TOOL_CALL_END),
          new Next.Again("\n" + TOOL_CALL, TOOL_CALL),
          "",
          Ids.LONG);

  /// Llama 3.1 to 3.3: the message is the call.
  public static final ToolFormat LLAMA =
      new ToolFormat(
          "Llama 3",
          "Llama 3.1 to 3.3",
          new Mark("<|python_tag|>", false),
          "",
          Call.json(NAME, "\", \"parameters\": ", BRACE, ""),
          ONE,
          "",
          Ids.LONG);

  /// Mistral up to its tokenizer 7: a list of calls behind a token of its own.
  public static final ToolFormat MISTRAL =
      list(
          "Mistral, list",
          "Mistral 7B v0.3, Mistral Nemo",
          TOOL_CALLS,
          Call.json(NAME, ARGUMENTS, BRACE, ""),
          "]",
          Ids.SHORT);

  /// Mistral from its tokenizer 11 on: tokens of their own before the name and the arguments.
  public static final ToolFormat MISTRAL_ARGS =
      mistral("Mistral", "Ministral 3, Devstral, Magistral", "[ARGS]");

  /// The same with the id of the call: Mistral Small 3.2.
  public static final ToolFormat MISTRAL_ID =
      mistral("Mistral, ids", "Mistral Small 3.2", "[CALL_ID]{id}[ARGS]");

  /// Qwen3-Coder, Qwen 3.5, Nemotron 3, Step 3.5: an element for each argument.
  public static final ToolFormat QWEN_CODER =
      elements(
          "Qwen3-Coder",
          "Qwen3-Coder, Qwen 3.5, Nemotron 3, Step 3.5",
          TOOL_CALL,
          TOOL_CALL_END,
          parameters("\n", "\n", Syntax.Scalars.JSON));

  /// Seed-OSS: the same without line ends around the arguments, and with Python's words.
  public static final ToolFormat SEED =
      elements(
          "Seed-OSS",
          "Seed-OSS",
          "<seed:tool_call>",
          "\n</seed:tool_call>",
          parameters("", "", Syntax.Scalars.PYTHON));

  /// GLM 4.5 and 4.6: a line for each key and each value.
  public static final ToolFormat GLM_LINES = glm("GLM 4.5", "GLM 4.5 and 4.6", "\n");

  /// GLM 4.7 and later: the same in one line.
  public static final ToolFormat GLM = glm("GLM 4.7", "GLM 4.7, GLM 5", "");

  /// MiniMax M2.
  public static final ToolFormat MINIMAX =
      new ToolFormat(
          "MiniMax M2",
          "MiniMax M2",
          new Mark("<minimax:tool_call>", true),
          "",
          new Call(
              "\n<invoke name=\"",
              "\">\n",
              tags("<parameter name=\"", "\">", "", "", "</parameter>\n", "</invoke>"),
              Set.of(),
              "",
              ""),
          new Next.Again("", "<invoke name=\""),
          "\n</minimax:tool_call>",
          Ids.LONG);

  /// DeepSeek V3 and R1: JSON in a code block.
  public static final ToolFormat DEEPSEEK_BLOCK =
      deepseek(
          "DeepSeek V3",
          "DeepSeek V3, DeepSeek R1",
          "function<｜tool▁sep｜>",
          "\n```json\n",
          "\n```<｜tool▁call▁end｜>",
          "\n");

  /// DeepSeek V3.1: JSON between tokens of their own.
  public static final ToolFormat DEEPSEEK =
      deepseek("DeepSeek V3.1", "DeepSeek V3.1", "", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "");

  /// DeepSeek V3.2: an element for each argument, which says whether it is a string.
  public static final ToolFormat DEEPSEEK_ELEMENTS =
      dsml("DeepSeek V3.2", "DeepSeek V3.2", "function_calls");

  /// DeepSeek V4: the same by another name.
  public static final ToolFormat DEEPSEEK_V4 = dsml("DeepSeek V4", "DeepSeek V4", "tool_calls");

  /// Kimi K2: JSON behind the id of the call, which has its name.
  public static final ToolFormat KIMI =
      new ToolFormat(
          "Kimi K2",
          "Kimi K2",
          new Mark("<|tool_calls_section_begin|>", true),
          "",
          Call.json(
              "<|tool_call_begin|>functions.",
              ":{index}<|tool_call_argument_begin|>",
              "",
              "<|tool_call_end|>"),
          new Next.Again("", "<|tool_call_begin|>"),
          "<|tool_calls_section_end|>",
          Ids.NAMED);

  /// Gemma 4: names without quotes, strings between tokens of their own.
  public static final ToolFormat GEMMA = gemma("Gemma 4", "<|tool_call>", "<|\"|>", "<tool_call|>");

  /// FunctionGemma: the same with other tokens.
  public static final ToolFormat FUNCTION_GEMMA =
      gemma("FunctionGemma", "<start_function_call>", "<escape>", "<end_function_call>");

  /// OLMo 3: calls as in Python, each in a line, with values of JSON.
  public static final ToolFormat OLMO =
      new ToolFormat(
          "OLMo 3",
          "OLMo 3",
          new Mark("<function_calls>", true),
          "",
          new Call("", "", python(Syntax.Scalars.JSON), Set.of(), "", ""),
          new Next.Item("\n"),
          "</function_calls>",
          Ids.LONG);

  /// LFM2: calls of Python in a list.
  public static final ToolFormat LFM =
      list(
              "LFM2",
              "LFM2, LFM2.5",
              "<|tool_call_start|>",
              new Call("", "", python(Syntax.Scalars.PYTHON), Set.of(), "", ""),
              "]<|tool_call_end|>",
              Ids.LONG)
          .knownBy("List of tools: ");

  /// Command R7B, Command A.
  public static final ToolFormat COHERE =
      new ToolFormat(
          "Command R7B",
          "Command R7B, Command A",
          new Mark("<|START_ACTION|>", true),
          "[\n    ",
          Call.json(
              "{\"tool_call_id\": \"{index}\", \"tool_name\": \"",
              "\", \"parameters\": ",
              BRACE,
              ""),
          new Next.Item(",\n    "),
          "\n]<|END_ACTION|>",
          Ids.LONG);

  /// Granite 3: a list of calls behind a token of its own.
  public static final ToolFormat GRANITE =
      list(
          "Granite 3",
          "Granite 3",
          "<|tool_call|>",
          Call.json(NAME, ARGUMENTS, BRACE, ""),
          "]",
          Ids.LONG);

  /// Apertus: the name is the key of the arguments.
  public static final ToolFormat APERTUS =
      list(
          "Apertus",
          "Apertus",
          "<|tools_prefix|>",
          Call.json("{\"", "\": ", BRACE, ""),
          "]<|tools_suffix|>",
          Ids.LONG);

  /// Apriel, Hunyuan, Jamba: a list of calls in an element.
  public static final ToolFormat TOOL_CALLS_LIST =
      list(
              "Apriel",
              "Apriel, Hunyuan, Jamba",
              "<tool_calls>",
              Call.json(NAME, ARGUMENTS, BRACE, ""),
              "]</tool_calls>",
              Ids.LONG)
          .knownBy("<tool_calls>[");

  /// Nemotron Nano 2: the same in capitals.
  public static final ToolFormat TOOLCALL_LIST =
      list(
          "Nemotron Nano 2",
          "Nemotron Nano 2",
          "<TOOLCALL>",
          Call.json(NAME, ARGUMENTS, BRACE, ""),
          "]</TOOLCALL>",
          Ids.LONG);

  /// GigaChat 3.1: a token of its own.
  public static final ToolFormat GIGACHAT =
      new ToolFormat(
          "GigaChat 3.1",
          "GigaChat 3.1",
          new Mark("<|function_call|>", true),
          "",
          Call.json(NAME, ARGUMENTS, BRACE, ""),
          ONE,
          "",
          Ids.LONG);

  /// InternLM 2 and 2.5.
  public static final ToolFormat INTERNLM =
      new ToolFormat(
          "InternLM 2",
          "InternLM 2 and 2.5",
          new Mark("<|action_start|>", true),
          "<|plugin|>",
          Call.json("\n" + NAME, "\", \"parameters\": ", BRACE, "<|action_end|>"),
          ONE,
          "",
          Ids.LONG);

  /// Functionary 3.1: JSON in an element that is named after the tool.
  public static final ToolFormat FUNCTIONARY =
      new ToolFormat(
          "Functionary 3.1",
          "Functionary 3.1",
          new Mark("<function=", true),
          "",
          Call.json("", ">", "", "</function>"),
          new Next.Again("<function=", "<function="),
          "",
          Ids.LONG);

  /// Functionary 3.2: the name is the header of a message.
  static final ToolFormat FUNCTIONARY_HEADERS =
      new ToolFormat(
          "Functionary 3.2",
          "Functionary 3.2",
          new Mark(">>>", false),
          "",
          Call.json("", "\n", "", ""),
          new Next.Again(">>>", ">>>"),
          "",
          Ids.LONG);

  /// gpt-oss: a message of the channel for commentary.
  static final ToolFormat HARMONY =
      new ToolFormat(
          "gpt-oss",
          "gpt-oss",
          new Mark("<|channel|>", false),
          "",
          Call.json(
              "<|channel|>commentary to=functions.",
              " <|constrain|>json<|message|>",
              "",
              "<|call|>"),
          ONE,
          "",
          Ids.LONG);

  /// MiroThinker: a call of a tool of an MCP server.
  public static final ToolFormat MIRO =
      new ToolFormat(
          "MiroThinker",
          "MiroThinker",
          new Mark("<use_mcp_tool>", true),
          "",
          Call.json(
              "\n<server_name>generic-extras</server_name>\n<tool_name>",
              "</tool_name>\n<arguments>\n",
              "",
              "\n</arguments>\n</use_mcp_tool>"),
          ONE,
          "",
          Ids.LONG);

  /// Command R+: a list of calls in a code block.
  public static final ToolFormat COMMAND_R =
      new ToolFormat(
              "Command R+",
              "Command R+",
              new Mark("Action:\n```json", true),
              "\n[\n    ",
              Call.json("{\n        \"tool_name\": \"", "\",\n        \"parameters\": ", BRACE, ""),
              new Next.Item(",\n    "),
              "\n]```",
              Ids.LONG)
          .knownBy("Action:", "\"tool_name\"", "\"parameters\"");

  private ToolFormats() {}

  /// All formats, those first that are told apart from others by more.
  public static List<ToolFormat> all() {
    return List.of(
        MISTRAL_ID,
        MISTRAL_ARGS,
        MISTRAL,
        QWEN_CODER,
        SEED,
        GLM_LINES,
        GLM,
        MINIMAX,
        DEEPSEEK_BLOCK,
        DEEPSEEK,
        DEEPSEEK_ELEMENTS,
        DEEPSEEK_V4,
        KIMI,
        GEMMA,
        FUNCTION_GEMMA,
        OLMO,
        LFM,
        COHERE,
        GRANITE,
        APERTUS,
        TOOL_CALLS_LIST,
        TOOLCALL_LIST,
        GIGACHAT,
        INTERNLM,
        MIRO,
        FUNCTIONARY,
        COMMAND_R,
        HERMES,
        LLAMA);
  }

  private static ToolFormat list(
      String name, String models, String mark, Call call, String close, Ids ids) {
    return new ToolFormat(name, models, new Mark(mark, true), "[", call, LIST, close, ids);
  }

  private static ToolFormat mistral(String name, String models, String afterName) {
    return new ToolFormat(
        name,
        models,
        new Mark(TOOL_CALLS, true),
        "",
        Call.json("", afterName, "", ""),
        new Next.Again(TOOL_CALLS, TOOL_CALLS),
        "",
        Ids.SHORT);
  }

  private static ToolFormat elements(
      String name, String models, String mark, String end, Syntax syntax) {
    return new ToolFormat(
        name,
        models,
        new Mark(mark, true),
        "",
        new Call("\n<function=", ">\n", syntax, Set.of(), "", end),
        new Next.Again("\n" + mark, mark),
        "",
        Ids.LONG);
  }

  private static ToolFormat glm(String name, String models, String line) {
    Syntax syntax =
        tags(
            "<arg_key>",
            "</arg_key>" + line,
            "<arg_value>",
            "<arg_value>",
            "</arg_value>" + line,
            "</tool_call>");
    Set<String> specials =
        Set.of("<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>", "</tool_call>");
    return new ToolFormat(
        name,
        models,
        new Mark(TOOL_CALL, true),
        "",
        new Call("", line, syntax, specials, "", ""),
        new Next.Again(line + TOOL_CALL, TOOL_CALL),
        "",
        Ids.LONG);
  }

  private static ToolFormat gemma(String name, String mark, String quote, String end) {
    return new ToolFormat(
        name,
        name,
        new Mark(mark, true),
        "",
        new Call("call:", "", gemma(quote), Set.of(quote), "", end),
        new Next.Again(mark, mark),
        "",
        Ids.LONG);
  }

  private static ToolFormat deepseek(
      String name, String models, String beforeName, String afterName, String end, String between) {
    String call = "<｜tool▁call▁begin｜>";
    return new ToolFormat(
        name,
        models,
        new Mark("<｜tool▁calls▁begin｜>", true),
        "",
        Call.json(call + beforeName, afterName, "", end),
        new Next.Again(between, call),
        "<｜tool▁calls▁end｜>",
        Ids.LONG);
  }

  private static ToolFormat dsml(String name, String models, String section) {
    Syntax syntax =
        tags(
            "<｜DSML｜parameter name=\"",
            "\" string=\"",
            "true\">",
            "false\">",
            "</｜DSML｜parameter>\n",
            "</｜DSML｜invoke>");
    return new ToolFormat(
        name,
        models,
        new Mark("<｜DSML｜" + section + ">", true),
        "",
        new Call("\n<｜DSML｜invoke name=\"", "\">\n", syntax, Set.of("｜DSML｜"), "", ""),
        new Next.Again("", "<｜DSML｜invoke name=\""),
        "\n</｜DSML｜" + section + ">",
        Ids.LONG);
  }

  // --- syntaxes

  /// Arguments in elements: strings as they are, other values as JSON.
  private static Syntax tags(
      String beforeName,
      String afterName,
      String beforeString,
      String beforeOther,
      String afterValue,
      String end) {
    return Syntax.of(
        new Syntax.Members(
            "",
            beforeName,
            afterName,
            beforeOther,
            afterValue,
            "",
            end,
            Optional.of(new Syntax.Raw(beforeString, afterValue))));
  }

  private static Syntax parameters(String before, String after, Syntax.Scalars scalars) {
    String end = after + "</parameter>\n";
    return new Syntax(
        tags("<parameter=", ">" + before, "", "", end, "</function>").outer(),
        Optional.empty(),
        scalars,
        false);
  }

  private static Syntax python(Syntax.Scalars scalars) {
    return new Syntax(
        Optional.of(new Syntax.Members("(", "", "=", "", "", ", ", ")", Optional.empty())),
        Optional.empty(),
        scalars,
        false);
  }

  private static Syntax gemma(String quote) {
    Optional<Syntax.Members> members =
        Optional.of(new Syntax.Members("{", "", ":", "", "", ",", "}", Optional.empty()));
    Syntax.Raw strings = new Syntax.Raw(quote, quote);
    Syntax.Scalars scalars = new Syntax.Scalars("None", "true", "false", Optional.of(strings));
    return new Syntax(members, members, scalars, true);
  }
}
