package dev.sgl.program;

import java.util.List;

/// What an arm of a [Step.Match] fits. The set is closed.
public sealed interface Pattern {

  /// Every value.
  record Anything() implements Pattern {}

  /// This value only.
  record Value(Object value) implements Pattern {}

  /// Every value of a type.
  record OfType(Type type) implements Pattern {}

  /// A call of `tool`; its arguments are bound to `names`, in the order of its parameters.
  ///
  /// @param parameters of the tool, as many as there are names
  record CallOf(String tool, List<String> parameters, List<String> names) implements Pattern {
    public CallOf {
      parameters = List.copyOf(parameters);
      names = List.copyOf(names);
    }
  }
}
