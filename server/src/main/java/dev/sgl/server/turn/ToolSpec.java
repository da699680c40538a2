package dev.sgl.server.turn;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Type;

/// A tool that a client offers.
///
/// @param function as the model is told of it, in the words of OpenAI's API: name, description,
///     parameters
/// @param parameters the JSON Schema that its arguments are held to
public record ToolSpec(String name, ObjectNode function, ObjectNode parameters) {

  /// What its arguments may be: what the JSON Schema of its parameters says.
  public Type arguments() {
    return new Type.Schema(parameters.toString());
  }

  /// Whether it must have arguments.
  boolean isArgued() {
    return !parameters.path("required").isEmpty();
  }
}
