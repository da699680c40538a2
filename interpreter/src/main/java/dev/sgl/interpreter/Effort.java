package dev.sgl.interpreter;

import dev.sgl.program.TypeException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// What a run computes by itself, counted in steps and elements: so that it can be ended while it
/// computes, lets others compute beside it, and has an end if it may only do so much.
final class Effort {
  private static final int REST = 1 << 14; // steps between two looks around: some milliseconds

  private final long most;
  private final AtomicLong done = new AtomicLong();

  /// @param most steps of a run
  Effort(long most) {
    this.most = most;
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
    if (before + steps > most) {
      throw new TypeException("the program computes too much: it has %,d steps".formatted(most));
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
}
