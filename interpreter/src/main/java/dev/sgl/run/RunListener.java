package dev.sgl.run;

import dev.sgl.program.Role;
import dev.sgl.program.Span;
import dev.sgl.program.Type;
import java.util.Map;

/// Called with the events of a run while it runs. `branch` names the conversation: `tips`,
/// `tips/drafts[1]`. Calls for one conversation come one after the other, those for several
/// at once.
public interface RunListener {

  /// A listener that does nothing.
  RunListener SILENT = new RunListener() {};

  /// A conversation begins: of a program, or of a branch.
  default void began(String branch) {}

  /// The program begins with the statement at `span`.
  default void reached(String branch, Span span) {}

  /// A request for a value of `type` for the variable `name` is about to be sent.
  default void asked(String branch, String name, Type type) {}

  /// The model has answered the request for the variable `name`.
  ///
  /// @param asked when, as [System#nanoTime]
  /// @param meta what `meta(name)` says
  default void answered(String branch, String name, long asked, Map<String, Object> meta) {}

  /// A tool was called and has answered.
  ///
  /// @param asked when, as [System#nanoTime]
  default void called(
      String branch, String tool, long asked, Map<String, Object> arguments, Object result) {}

  /// An attempt of a `retry` failed.
  ///
  /// @param attempt from 1
  default void retried(String branch, int attempt, String why) {}

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

  /// Tells `first` and `second` everything.
  static RunListener both(RunListener first, RunListener second) {
    return new RunListener() {
      @Override
      public void began(String branch) {
        first.began(branch);
        second.began(branch);
      }

      @Override
      public void reached(String branch, Span span) {
        first.reached(branch, span);
        second.reached(branch, span);
      }

      @Override
      public void asked(String branch, String name, Type type) {
        first.asked(branch, name, type);
        second.asked(branch, name, type);
      }

      @Override
      public void answered(String branch, String name, long asked, Map<String, Object> meta) {
        first.answered(branch, name, asked, meta);
        second.answered(branch, name, asked, meta);
      }

      @Override
      public void called(
          String branch, String tool, long asked, Map<String, Object> arguments, Object result) {
        first.called(branch, tool, asked, arguments, result);
        second.called(branch, tool, asked, arguments, result);
      }

      @Override
      public void retried(String branch, int attempt, String why) {
        first.retried(branch, attempt, why);
        second.retried(branch, attempt, why);
      }

      @Override
      public void message(String branch, Role role) {
        first.message(branch, role);
        second.message(branch, role);
      }

      @Override
      public void written(String branch, String text) {
        first.written(branch, text);
        second.written(branch, text);
      }

      @Override
      public void generated(String branch, String name, String text) {
        first.generated(branch, name, text);
        second.generated(branch, name, text);
      }

      @Override
      public void logged(String branch, String text) {
        first.logged(branch, text);
        second.logged(branch, text);
      }

      @Override
      public void ended(String branch) {
        first.ended(branch);
        second.ended(branch);
      }
    };
  }
}
