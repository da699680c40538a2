package dev.sgl.interpreter;

import dev.sgl.program.Tool;
import java.util.List;
import java.util.stream.Collectors;

/// Tools, or functions of named models, that are called and that nothing does: no other attempt
/// will find them.
final class UnboundToolException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private UnboundToolException(String message) {
    super(message);
  }

  /// A tool that a test does not give.
  static UnboundToolException inTest(Tool tool) {
    return new UnboundToolException(
        "the test does not give %s, which the program calls: write `given tool %s -> …` in it"
            .formatted(tool.title(), tool.name()));
  }

  UnboundToolException(List<Tool> tools) {
    this(tools.getFirst().model().map(UnboundToolException::noModel).orElseGet(() -> none(tools)));
  }

  private static String noModel(String model) {
    return "the program reads with the model `%1$s`, which is not given: name one (--models %1$s=MODEL), or in Java give one (withModel)"
        .formatted(model);
  }

  private static String none(List<Tool> tools) {
    List<String> names = tools.stream().filter(t -> t.model().isEmpty()).map(Tool::name).toList();
    return "nothing is bound to the tool%s %s: give it a command (--tool %s='…'), or in Java a method (withTools)"
        .formatted(
            names.size() > 1 ? "s" : "",
            names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", ")),
            names.getFirst());
  }
}
