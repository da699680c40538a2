package dev.sgl.task;

import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Work on a virtual thread of its own, with a value at its end.
public final class Task {
  private final Pending value = new Pending();
  private final Thread thread;

  private Task(String name, Supplier<Object> work, Consumer<Throwable> onFailure, Runnable ended) {
    thread =
        Thread.ofVirtual()
            .name(name)
            .unstarted(
                () -> {
                  try {
                    value.complete(work.get());
                  } catch (Throwable e) {
                    onFailure.accept(e); // before anybody who waits for the value goes on
                    value.fail(e);
                  } finally {
                    ended.run();
                  }
                });
  }

  /// Starts `work`.
  ///
  /// @param onFailure takes the error that it fails with, if it does
  /// @param ended runs at its end
  static Task start(
      String name, Supplier<Object> work, Consumer<Throwable> onFailure, Runnable ended) {
    Task task = new Task(name, work, onFailure, ended);
    task.thread.start();
    return task;
  }

  /// The result of the task, or the error with which it ended.
  public Pending value() {
    return value;
  }

  /// Asks the work to end; it ends where it waits next.
  void cancel() {
    cancel(new CancellationException("cancelled"));
  }

  /// Asks the work to end; who reads its value from now on gets `reason`.
  void cancel(RuntimeException reason) {
    value.fail(reason);
    thread.interrupt();
  }

  /// Waits until the thread has ended, whatever came of it.
  void settle() {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        thread.interrupt();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
