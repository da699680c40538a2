package dev.sgl.compiler;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.TokenSource;

/// A time in which source text has to be compiled that comes from strangers, or is being typed.
public final class Deadline {
  private Deadline() {}

  /// Compiles on a thread of its own, which is given up after a time.
  ///
  /// @return what `work` gives; nothing if it took longer
  public static <T> Optional<T> within(Duration limit, Supplier<T> work) {
    FutureTask<T> task = new FutureTask<>(work::get);
    // a platform thread: others have their share of the processor while it is busy
    Thread.ofPlatform().daemon().name("compiler").start(task);
    try {
      return Optional.of(task.get(limit.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      task.cancel(true);
      return Optional.empty();
    } catch (InterruptedException e) {
      task.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException error -> throw error;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /// The tokens that a parser reads; it ends when its thread was given up.
  static final class Tokens extends CommonTokenStream {
    Tokens(TokenSource source) {
      super(source);
    }

    @Override
    public int LA(int i) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("cancelled");
      }
      return super.LA(i);
    }
  }
}
