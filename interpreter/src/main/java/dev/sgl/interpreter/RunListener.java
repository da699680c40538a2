package dev.sgl.interpreter;

import dev.sgl.program.Role;

/// Hears what a run says while it runs. `branch` names the conversation: `tips`, `tips/drafts[1]`.
/// Calls for one conversation come one after the other, those for several at once.
public interface RunListener {

  /// Hears nothing.
  RunListener SILENT = new RunListener() {};

  /// A message of `role` begins.
  default void message(String branch, Role role) {}

  /// The program added `text`.
  default void written(String branch, String text) {}

  /// The model generated `text`, a piece of the variable `name`.
  default void generated(String branch, String name, String text) {}

  /// The program wrote `text` to its log.
  default void logged(String branch, String text) {}

  /// The conversation ended, well or not.
  default void ended(String branch) {}
}
