package dev.sgl.backend;

import dev.sgl.program.Type;
import java.util.OptionalInt;

/// What a program does behind a generation in the same message, as far as it is known before
/// the model speaks. A backend may use it to ask for several values at once, or ignore it:
/// each value then gets its own request.
public sealed interface Ahead {
  /// Text is said.
  record Written(String text) implements Ahead {}

  /// Another value is generated, with the options of the first but for `maxTokens`.
  record Generated(Type type, OptionalInt maxTokens) implements Ahead {}
}
