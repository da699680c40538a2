package dev.sgl.task;

import dev.sgl.backend.Pin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Tasks that end together: the first that fails cancels the others, and no one outlives the group.
public final class TaskGroup implements AutoCloseable {
  /// Tasks that are done are forgotten each time this number of tasks has been started.
  private static final int PRUNED_EVERY = 256;

  private final Optional<TaskGroup> outer;
  private final boolean sequential;
  private final TaskLimit limit;
  private final List<Task> tasks = new ArrayList<>();
  private Optional<Throwable> failure = Optional.empty();
  private final List<TaskGroup> inner = new ArrayList<>();
  private final List<Pin> pins = new ArrayList<>();
  private boolean cancelled;
  private boolean closed;
  private boolean ended; // before all tasks were done

  /// @param sequential whether each task is waited for before the next is started
  public TaskGroup(boolean sequential) {
    this(sequential, new TaskLimit(Integer.MAX_VALUE));
  }

  /// @param limit of the tasks of this group and of others
  public TaskGroup(boolean sequential, TaskLimit limit) {
    this(Optional.empty(), sequential, limit);
  }

  private TaskGroup(Optional<TaskGroup> outer, boolean sequential, TaskLimit limit) {
    this.outer = outer;
    this.sequential = sequential;
    this.limit = limit;
  }

  /// Starts a task of the group.
  public Task start(String name, Supplier<Object> work) {
    return start(false, name, work);
  }

  /// Starts a task of the group.
  ///
  /// @param isRead whether its error is raised where its value is read, so that it can be handled
  ///     there, or else where the group is joined; and not at once
  public Task start(boolean isRead, String name, Supplier<Object> work) {
    Task task = begin(name, work, isRead ? _ -> {} : this::fail);
    if (sequential) {
      task.settle();
    }
    return task;
  }

  private synchronized Task begin(
      String name, Supplier<Object> work, Consumer<Throwable> onFailure) {
    if (cancelled) {
      raiseFailure();
      throw new CancellationException("cancelled");
    }
    if (tasks.size() % PRUNED_EVERY == PRUNED_EVERY - 1) {
      tasks.removeIf(task -> task.value().isKnown());
    }
    limit.begin();
    Task task = Task.start(name, work, onFailure, limit::end);
    tasks.add(task);
    return task;
  }

  /// A group that ends with this one at the latest.
  public synchronized TaskGroup inner() {
    TaskGroup group = new TaskGroup(Optional.of(this), sequential, limit);
    inner.add(group);
    if (cancelled) {
      group.cancel();
    }
    return group;
  }

  /// A group that ends by itself, with the same limit.
  public TaskGroup separate() {
    return new TaskGroup(sequential, limit);
  }

  private synchronized void forget(TaskGroup group) {
    inner.remove(group);
  }

  private synchronized void fail(Throwable error) {
    if (failure.isEmpty() && !(error instanceof CancellationException)) {
      failure = Optional.of(error);
    }
    cancel();
  }

  /// Raises the error that the group ended with, if it did: what cancelled the others.
  public synchronized void raiseFailure() {
    if (failure.isPresent()) {
      switch (failure.get()) {
        case RuntimeException error -> throw error;
        case Error error -> throw error;
        case Throwable error -> throw new IllegalStateException(error);
      }
    }
  }

  /// Cancels every task that still runs.
  public void cancel() {
    cancel(new CancellationException("cancelled"));
  }

  private synchronized void cancel(RuntimeException reason) {
    cancelled = true;
    inner.forEach(TaskGroup::cancel);
    tasks.stream().filter(task -> !task.value().isDone()).forEach(task -> task.cancel(reason));
  }

  private synchronized List<TaskGroup> groups() {
    return List.copyOf(inner);
  }

  private synchronized List<Task> all() {
    return List.copyOf(tasks);
  }

  /// Does `work`, which waits for tasks of the group. If a task fails and so cancels the task
  /// that is waited for, the error of the failed task is raised.
  public <T> T during(Supplier<T> work) {
    try {
      return work.get();
    } catch (CancellationException e) {
      raiseFailure();
      throw e;
    }
  }

  /// Keeps a pin until the tasks have ended.
  public synchronized void keep(Pin pin) {
    if (cancelled) {
      pin.close();
    } else {
      pins.add(pin);
    }
  }

  /// Waits for all tasks, those of inner groups too, and raises the first error.
  public void join() {
    settle();
    if (!ended) {
      raiseFailure();
      all().stream()
          .map(Task::value)
          .filter(value -> !value.isFailureRead())
          .forEach(Pending::await);
      groups().forEach(TaskGroup::join);
    }
  }

  /// Ends the group although some tasks still run, because what the others made is enough. Who
  /// reads the values of those that were cancelled gets `reason`.
  public void end(RuntimeException reason) {
    ended = true;
    cancel(reason);
    settle();
  }

  /// Whether it was closed: nothing is started in it any more.
  public synchronized boolean isClosed() {
    return closed;
  }

  /// Cancels what still runs and waits for it.
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    cancel();
    settle();
    outer.ifPresent(group -> group.forget(this));
  }

  private void settle() {
    all().forEach(Task::settle);
    groups().forEach(TaskGroup::settle);
    synchronized (this) {
      pins.forEach(Pin::close);
      pins.clear();
    }
  }
}
