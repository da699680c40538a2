package dev.sgl.tools;

import java.util.Map;

/// What the host does when a program calls a tool. May be called by many threads at once.
@FunctionalInterface
public interface ToolFunction {

  /// Does it.
  ///
  /// @param arguments by parameter name, as values of programs
  /// @return a value of programs: `String`, `Long`, `Double`, `Boolean`, `List`, `Map` or
  ///     [dev.sgl.program.Values#NONE]
  /// @throws Exception whose message the program's `retry`, or its user, gets
  Object call(Map<String, Object> arguments) throws Exception;
}
