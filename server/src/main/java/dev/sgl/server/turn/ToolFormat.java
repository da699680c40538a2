package dev.sgl.server.turn;

import java.util.List;
import java.util.Optional;

/// How families of models write calls of tools.
///
/// A model writes a call by itself, as a [WrittenCall] behind a mark or without one. Where it
/// has to call, or writes the mark and no call behind it, the call is written piece by piece:
/// the text before the name, the name, the text before the arguments, the arguments as JSON,
/// the end. The fixed pieces are the format's then, and only the name and the arguments are
/// asked of the model.
public enum ToolFormat {
  /// Hermes 2 Pro and Qwen: each call in an element of its own.
  HERMES("<tool_call>\n{\"name\": \"", "\"", ", \"arguments\": ", "}", "\n</tool_call>"),
  /// Llama 3.1 and later: the message is the call.
  LLAMA("{\"name\": \"", "\"", ", \"parameters\": ", "}", ""),
  /// Mistral up to its tokenizer 7: a list of calls behind a token of its own.
  MISTRAL("[TOOL_CALLS][{\"name\": \"", "\"", ", \"arguments\": ", "}", "]"),
  /// Mistral from its tokenizer 11 on: tokens of their own before the name and the arguments.
  MISTRAL_ARGS("[TOOL_CALLS]", "", "[ARGS]", "", "");

  static final String HERMES_MARK = "<tool_call>";
  static final String HERMES_END = "\n</tool_call>";
  static final String LLAMA_MARK = "<|python_tag|>";
  static final String MISTRAL_MARK = "[TOOL_CALLS]";

  /// Of formats that are not known here: arguments one by one, a list of calls, another protocol.
  private static final List<String> OTHERS =
      List.of("<function=", "<arg_key>", "<tool_calls>[", "<use_mcp_tool>");

  static final String ARGS_MARK = "[ARGS]";
  static final String LLAMA_HEADER = "<|start_header_id|>";

  static final int SHORT_ID = 9;

  private final String beforeName;
  private final String nameEnd;
  private final String beforeArguments;
  private final String brace;
  private final String end;

  ToolFormat(String beforeName, String nameEnd, String beforeArguments, String brace, String end) {
    this.beforeName = beforeName;
    this.nameEnd = nameEnd;
    this.beforeArguments = beforeArguments;
    this.brace = brace;
    this.end = end;
  }

  /// The format that a chat template writes; empty if it knows no tools.
  public static Optional<ToolFormat> of(String template) {
    if (template.contains(MISTRAL_MARK)) {
      return Optional.of(template.contains(ARGS_MARK) ? MISTRAL_ARGS : MISTRAL);
    }
    if (OTHERS.stream().anyMatch(template::contains)) {
      return Optional.empty();
    }
    if (template.contains(HERMES_MARK)) {
      return Optional.of(HERMES);
    }
    boolean isLlama = template.contains(LLAMA_MARK) || template.contains(LLAMA_HEADER);
    return isLlama && template.contains("tools") && template.contains("\"parameters\"")
        ? Optional.of(LLAMA)
        : Optional.empty();
  }

  /// The text before the name.
  ///
  /// @param index of the call in the message
  String beforeName(int index) {
    return this == MISTRAL && index > 0 ? ", {\"name\": \"" : beforeName;
  }

  /// The text that ends the name.
  String nameEnd() {
    return nameEnd;
  }

  String beforeArguments() {
    return beforeArguments;
  }

  /// What the model writes behind the arguments; empty if it writes nothing there.
  String brace() {
    return brace;
  }

  /// The text behind a call.
  ///
  /// @param isLast whether it is known that no other call follows
  String end(boolean isLast) {
    return this == MISTRAL && !isLast ? "" : end;
  }

  /// Texts with which a call begins; a [WrittenCall] begins without.
  List<String> marks() {
    return switch (this) {
      case HERMES -> List.of(HERMES_MARK);
      case LLAMA, MISTRAL, MISTRAL_ARGS -> List.of();
    };
  }

  /// The special token with which a call may begin.
  Optional<String> token() {
    return switch (this) {
      case HERMES -> Optional.empty();
      case LLAMA -> Optional.of(LLAMA_MARK);
      case MISTRAL, MISTRAL_ARGS -> Optional.of(MISTRAL_MARK);
    };
  }

  /// The special token that ends a name, if one does.
  Optional<String> nameEndToken() {
    return this == MISTRAL_ARGS ? Optional.of(ARGS_MARK) : Optional.empty();
  }

  /// Whether a message may hold several calls.
  public boolean isParallel() {
    return this != LLAMA;
  }

  /// Letters and digits of a call's id: Mistral's templates ask for nine.
  int idLength() {
    return this == MISTRAL || this == MISTRAL_ARGS ? SHORT_ID : 24;
  }
}
