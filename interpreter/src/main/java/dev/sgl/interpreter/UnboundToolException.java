package dev.sgl.interpreter;

import dev.sgl.program.Tool;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
    this(
        Stream.of(
                message(
                    "nothing is bound to the tool",
                    "give it a command (--tool %s='…'), or in Java a method (withTools)",
                    tools.stream().filter(t -> t.model().isEmpty()).map(Tool::name)),
                message(
                    "nothing is given for the model",
                    "say which it is (--models %s=MODEL), or in Java withModel",
                    tools.stream().flatMap(t -> t.model().stream())))
            .flatMap(Optional::stream)
            .collect(Collectors.joining("; ")));
  }

  /// The missing things, and how to give them; none if nothing is missing.
  private static Optional<String> message(String missing, String help, Stream<String> of) {
    List<String> names = of.distinct().toList();
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s%s %s: %s"
                .formatted(
                    missing,
                    names.size() > 1 ? "s" : "",
                    names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", ")),
                    help.formatted(names.getFirst())));
  }
}
