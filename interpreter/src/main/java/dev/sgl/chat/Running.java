package dev.sgl.chat;

import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.function.Supplier;

/// A run on a thread of its own.
///
/// @param <T> the result of the run
public final class Running<T> implements AutoCloseable {
  private final TaskGroup group;
  private final Pending value;

  private Running(TaskGroup group, Pending value) {
    this.group = group;
    this.value = value;
  }

  private record Outcome(Object value) {}

  /// Starts `work`.
  public static <T> Running<T> start(String name, Supplier<T> work) {
    TaskGroup group = new TaskGroup(false);
    return new Running<>(group, group.start(name, () -> new Outcome(work.get())).value());
  }

  /// Waits for the end.
  ///
  /// @throws dev.sgl.run.RunException if it failed
  /// @throws java.util.concurrent.CancellationException if it was closed before
  @SuppressWarnings("unchecked") // what the work returned
  public T get() {
    return (T) ((Outcome) value.await()).value();
  }

  /// Whether the run has ended, with a value or an error.
  public boolean isDone() {
    return value.isDone();
  }

  /// Cancels the run if it is not done, and waits until nothing of it is left.
  @Override
  public void close() {
    group.close();
  }
}
