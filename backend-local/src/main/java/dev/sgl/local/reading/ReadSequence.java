package dev.sgl.local.reading;

import dev.sgl.backend.TokenBackend.BrokenOffException;
import dev.sgl.local.schedule.Sequence;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// A sequence that is only read, and its result.
public abstract class ReadSequence<T> extends Sequence {
  private final CompletableFuture<T> result = new CompletableFuture<>();

  ReadSequence(int[] tokens, Terms terms) {
    super(tokens, terms);
  }

  /// The result of the sequence after its last token was read.
  protected abstract T outcome();

  @Override
  public final void finish() {
    result.complete(outcome());
  }

  @Override
  public final void fail(RuntimeException error) {
    result.completeExceptionally(error);
  }

  /// Whether it was answered.
  public final boolean isDone() {
    return result.isDone();
  }

  /// Waits for the outcome.
  public final T await() {
    try {
      return result.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException error
          ? error
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokenOffException(reached());
    }
  }
}
