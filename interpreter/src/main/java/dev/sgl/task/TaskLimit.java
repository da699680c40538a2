package dev.sgl.task;

import dev.sgl.program.TypeException;
import java.util.concurrent.atomic.AtomicInteger;

/// How many tasks may be unfinished at the same time, in all groups that share it.
public final class TaskLimit {
  private final int most;
  private final AtomicInteger unfinished = new AtomicInteger();

  /// @param most tasks that may run at the same time
  public TaskLimit(int most) {
    this.most = most;
  }

  /// Counts a task that begins.
  ///
  /// @throws TypeException if it is one too many
  void begin() {
    if (unfinished.incrementAndGet() > most) {
      unfinished.decrementAndGet();
      throw new TypeException(
          "the program does too much at once: %,d calls, branches and messages are unfinished"
              .formatted(most));
    }
  }

  /// Counts a task that has ended.
  void end() {
    unfinished.decrementAndGet();
  }
}
