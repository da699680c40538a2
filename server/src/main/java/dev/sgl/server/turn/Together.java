package dev.sgl.server.turn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;

/// Several things done at the same time, each on a virtual thread.
public final class Together {
  private Together() {}

  /// Does all of `tasks` and waits for them. If one fails, or the caller is interrupted, the others
  /// are interrupted.
  ///
  /// @throws CancellationException if the caller was interrupted
  public static <T> List<T> all(List<Callable<T>> tasks) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (Callable<T> task : tasks) {
        futures.add(threads.submit(() -> endingAllIfItFails(task, failure, threads)));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(await(future, threads));
      }
      return results;
    } catch (ExecutionException | RejectedExecutionException e) {
      // the latter if one failed before all were asked
      Throwable first = failure.get();
      throw raised(first == null ? e : first);
    }
  }

  private static <T> T endingAllIfItFails(
      Callable<T> task, AtomicReference<Throwable> failure, ExecutorService threads)
      throws Exception {
    try {
      return task.call();
    } catch (Exception | Error e) {
      if (failure.compareAndSet(null, e)) {
        threads.shutdownNow();
      }
      throw e;
    }
  }

  private static <T> T await(Future<T> future, ExecutorService threads) throws ExecutionException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    }
  }

  private static RuntimeException raised(Throwable error) {
    if (error instanceof Error fatal) {
      throw fatal;
    }
    return error instanceof RuntimeException known ? known : new IllegalStateException(error);
  }
}
