package dev.sgl.interpreter;

import dev.sgl.program.TypeException;
import dev.sgl.run.RunLimits;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// The work of a run by itself, counted in steps, elements and characters: so that it can be ended
/// while it computes, lets others compute beside it, and has an end if it has limits.
final class Effort {
  private static final int REST = 1 << 14; // steps between two looks around: some milliseconds

  private final RunLimits limits;
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong text = new AtomicLong();

  Effort(RunLimits limits) {
    this.limits = limits;
  }

  /// Counts a step, or an element.
  ///
  /// @throws TypeException if it is one too many
  /// @throws CancellationException if the run is to end
  void spend() {
    spend(1);
  }

  /// Counts several.
  void spend(long steps) {
    long before = done.getAndAdd(steps);
    if (before + steps > limits.steps()) {
      throw new TypeException(
          "the program computes too much: it has %,d steps".formatted(limits.steps()));
    }
    if (before / REST != (before + steps) / REST) {
      if (Thread.currentThread().isInterrupted()) {
        throw new CancellationException("cancelled");
      }
      // A virtual thread keeps its carrier as long as it computes, and one that yields comes back
      // before those that woke up meanwhile; one that parks goes behind them.
      if (Thread.currentThread().isVirtual()) {
        LockSupport.parkNanos(1);
      }
    }
  }

  /// Counts a value that was made: the characters of a text, the elements of a list.
  ///
  /// @return the value
  Object made(Object value) {
    if (value instanceof String made && text.addAndGet(made.length()) > limits.text()) {
      throw new TypeException(
          "the program makes too much text: it has %,d characters".formatted(limits.text()));
    }
    if (value instanceof List<?> list) {
      spend(list.size());
    }
    return value;
  }
}
