package dev.sgl.task;

import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// A value that is still being made: of a generation, a branch or a program's call.
public final class Pending {
  private final CompletableFuture<Object> future = new CompletableFuture<>();
  private volatile boolean failureRead;

  /// Gives the value. Does nothing if there is a value or an error already.
  public void complete(Object value) {
    future.complete(value);
  }

  /// Gives an error in the place of the value. Does nothing if there is a value or an error
  /// already.
  public void fail(Throwable error) {
    future.completeExceptionally(error);
  }

  /// Whether there is a value or an error.
  public boolean isDone() {
    return future.isDone();
  }

  /// Whether there is a value, so that [#await] returns at once.
  public boolean isKnown() {
    return future.isDone() && !future.isCompletedExceptionally();
  }

  /// Waits until the value is known or cannot be had, and raises its error unless that was raised
  /// where the value was read.
  public void requireHandled() {
    try {
      future.handle((_, _) -> true).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("cancelled");
    }
    if (!failureRead) {
      await();
    }
  }

  /// Whether the error that it ended with was raised where it was read.
  boolean isFailureRead() {
    return failureRead;
  }

  /// Waits for the first `count` of the values to be known; raises the first error once too
  /// many values have failed.
  public static List<Pending> awaitFirst(List<Pending> values, int count) {
    Pending enough = new Pending();
    List<Pending> first = new ArrayList<>(); // guarded by itself, as the errors are
    List<Throwable> errors = new ArrayList<>();
    for (Pending value : values) {
      value.future.whenComplete(
          (_, error) -> {
            synchronized (first) {
              if (error != null) {
                errors.add(error);
                if (errors.size() > values.size() - count) {
                  enough.fail(errors.getFirst());
                }
              } else if (first.size() < count && first.add(value) && first.size() == count) {
                enough.complete(true);
              }
            }
          });
    }
    enough.await();
    synchronized (first) {
      return List.copyOf(first);
    }
  }

  /// Waits for the value; raises the error that it ended with.
  public Object await() {
    try {
      return future.get();
    } catch (ExecutionException e) {
      failureRead = true;
      if (e.getCause() instanceof RuntimeException error) {
        throw error;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    }
  }

  /// The value itself, waited for if it is pending; parts of it may still be pending.
  public static Object shallow(Object value) {
    Object known = value;
    while (known instanceof Pending pending) {
      known = pending.await();
    }
    return known;
  }

  /// The value with all its parts, waited for. The same list may be in it many times.
  ///
  /// @throws dev.sgl.program.TypeException if it has too many parts
  public static Object deep(Object value) {
    return deep(value, () -> {});
  }

  /// The same.
  ///
  /// @param each called with each list and record
  public static Object deep(Object value, Runnable each) {
    return new Parts(each).deep(value, 0);
  }

  /// The parts of one value.
  private static final class Parts {
    private final Runnable each;
    private long count;

    Parts(Runnable each) {
      this.each = each;
    }

    Object deep(Object value, int depth) {
      Values.requireDepth(depth);
      Values.requireParts(++count);
      return switch (shallow(value)) {
        case List<?> list -> {
          each.run();
          List<Object> items = new ArrayList<>(list.size());
          list.forEach(item -> items.add(deep(item, depth + 1)));
          yield items;
        }
        case Map<?, ?> map -> {
          each.run();
          Map<String, Object> record = new LinkedHashMap<>();
          map.forEach((key, item) -> record.put((String) key, deep(item, depth + 1)));
          yield record;
        }
        case Object known -> known;
      };
    }
  }
}
