package dev.sgl.constraint.match;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.machine.Machine;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.constraint.machine.Masks;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.machine.State;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.WeakHashMap;

/// A constraint that is ready to be followed by any number of [Matcher]s, of any number of threads.
///
/// What its automata have found out is kept for all of them, under one lock; different constraints
/// do not wait for each other.
public final class CompiledConstraint {
  /// Work that one step of a matcher may take.
  private static final long STEPS = 4_000_000;

  private final Budget budget;
  private final Machine machine;
  private final Map<MaskCache, Masks> masks = new WeakHashMap<>();

  CompiledConstraint(Node start, Budget budget) {
    this.budget = budget;
    budget.refill(STEPS);
    machine = new Machine(start, budget);
  }

  /// Whether `text` as a whole satisfies the constraint.
  public boolean matches(String text) {
    State state = start();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      state = next(state, new byte[] {b});
    }
    return state.accepts();
  }

  /// A matcher at the beginning of a text.
  public Matcher matcher(MaskCache cache) {
    return new Matcher(this, cache);
  }

  State start() {
    return machine.start();
  }

  synchronized State next(State state, byte[] bytes) {
    budget.refill(STEPS);
    return machine.next(state, bytes);
  }

  synchronized void fill(State state, MaskCache cache, long[] mask) {
    budget.refill(STEPS);
    masks.computeIfAbsent(cache, c -> new Masks(machine, c, budget)).fill(state, mask);
  }

  /// Appends to `bytes` what must come from `state` on.
  ///
  /// @return how many bytes that is, at most as many as there is room for
  synchronized int forced(State state, byte[] bytes) {
    budget.refill(STEPS);
    State here = state;
    int length = 0;
    while (length < bytes.length && !here.accepts()) {
      int only = here.onlyByte();
      if (only < 0) {
        break;
      }
      bytes[length++] = (byte) only;
      here = machine.next(here, only);
    }
    return length;
  }
}
