package dev.sgl.interpreter;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/// Tasks that end together: the first that fails cancels the others, and no one outlives the group.
final class TaskGroup implements AutoCloseable {
  private final List<Task> tasks = new ArrayList<>();
  private Optional<RuntimeException> failure = Optional.empty();
  private boolean cancelled;

  /// Starts a task of the group.
  synchronized Task start(String name, Supplier<Object> work) {
    if (cancelled) {
      throw failure.orElseGet(() -> new CancellationException("cancelled"));
    }
    Task task =
        Task.start(
            name,
            () -> {
              try {
                return work.get();
              } catch (RuntimeException e) {
                fail(e);
                throw e;
              }
            },
            this::cancel);
    tasks.add(task);
    return task;
  }

  private synchronized void fail(RuntimeException error) {
    if (failure.isEmpty() && !(error instanceof CancellationException)) {
      failure = Optional.of(error);
    }
  }

  /// Cancels every task that still runs.
  synchronized void cancel() {
    cancelled = true;
    tasks.forEach(
        task -> {
          if (!task.value().isDone()) {
            task.cancel();
          }
        });
  }

  private synchronized List<Task> all() {
    return List.copyOf(tasks);
  }

  /// Waits for all tasks, and raises the first error.
  void join() {
    all().forEach(Task::settle);
    synchronized (this) {
      if (failure.isPresent()) {
        throw failure.get();
      }
    }
    all().forEach(task -> task.value().await());
  }

  /// Cancels what still runs and waits for it.
  @Override
  public void close() {
    cancel();
    all().forEach(Task::settle);
  }
}
