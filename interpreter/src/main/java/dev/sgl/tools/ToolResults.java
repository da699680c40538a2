package dev.sgl.tools;

import dev.sgl.program.Tool;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;

/// What a tool said as text, as the value that its program wants.
final class ToolResults {
  /// Larger results are an error.
  static final int MAX_BYTES = 1 << 20;

  private static final int SHOWN = 300;

  private ToolResults() {}

  /// The text itself without the line ends behind it, or the JSON that it is where the tool returns
  /// something else.
  ///
  /// @throws TypeException if it is no value of the tool's type
  static Object read(Tool tool, String output) {
    Type type = tool.returns().orElse(Type.TEXT);
    String text = withoutLineEnds(output);
    if (Types.mismatch(type, text).isEmpty()) {
      return text;
    }
    return Types.parse(text)
        .filter(value -> Types.mismatch(type, value).isEmpty())
        .orElseThrow(
            () -> new TypeException("its output is not `" + type.show() + "`: " + shorten(text)));
  }

  private static String withoutLineEnds(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == '\n') {
      end -= end > 1 && text.charAt(end - 2) == '\r' ? 2 : 1;
    }
    return text.substring(0, end);
  }

  static String shorten(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }
}
