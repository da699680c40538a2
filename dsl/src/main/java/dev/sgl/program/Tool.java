package dev.sgl.program;

import java.util.List;
import java.util.Optional;

/// Something that the host does for a program: a Java method, a command, a tool of an MCP server.
///
/// @param documentation the text of its `///` lines, for the host that binds it
public record Tool(
    String name,
    List<Routine.Parameter> parameters,
    Optional<Type> returns,
    String documentation,
    Span span) {
  public Tool {
    parameters = List.copyOf(parameters);
  }

  /// What a call of it is made of: its name, and the record of its parameters.
  public Type.Field call() {
    return new Type.Field(
        name,
        new Type.Rec(
            parameters.stream()
                .map(p -> new Type.Field(p.name(), p.type(), p.standard().isPresent()))
                .toList()),
        false);
  }
}
