package dev.sgl.server.turn;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.program.Type;

/// A tool that a client offers.
///
/// @param function its description in the words of OpenAI's API: name, description, parameters
public record ToolSpec(String name, ObjectNode function) {

  /// What its arguments may be: what the JSON Schema of its parameters says.
  Type arguments() {
    return new Type.Schema(function.path("parameters").toString());
  }

  /// Whether it must have arguments.
  boolean isArgued() {
    return !function.at("/parameters/required").isEmpty();
  }
}
