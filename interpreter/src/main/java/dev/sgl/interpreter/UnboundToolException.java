package dev.sgl.interpreter;

import dev.sgl.program.Tool;
import java.util.List;
import java.util.stream.Collectors;

/// Tools that are called and that nothing does: no other attempt will find them.
final class UnboundToolException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private UnboundToolException(String message) {
    super(message);
  }

  /// A tool that a test does not give.
  static UnboundToolException inTest(Tool tool) {
    return new UnboundToolException(
        "the test gives no tool `%1$s`, which the program calls: write `given tool %1$s -> …` in it"
            .formatted(tool.name()));
  }

  UnboundToolException(List<Tool> tools) {
    this(
        "nothing is bound to the tool%s %s: give it a command (--tool %s='…'), or in Java a method (withTools)"
            .formatted(
                tools.size() > 1 ? "s" : "",
                tools.stream().map(t -> "`" + t.name() + "`").collect(Collectors.joining(", ")),
                tools.getFirst().name()));
  }
}
