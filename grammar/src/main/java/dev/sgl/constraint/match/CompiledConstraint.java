package dev.sgl.constraint.match;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.machine.Machine;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.constraint.machine.Masks;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.machine.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.WeakHashMap;

/// A constraint that is ready to be followed by any number of [Matcher]s, of any number of threads.
///
/// What its automata have found out is kept for all of them, under one lock; different constraints
/// do not wait for each other.
public final class CompiledConstraint {
  /// Work that one step of a matcher may take.
  private static final long STEPS = 4_000_000;

  /// Objects that one step of a matcher may make.
  private static final long SPACE = 200_000;

  /// Objects after which the constraint should be compiled anew by who needs it next.
  private static final long WORN = 1_000_000;

  private final Budget budget;
  private final Machine machine;
  private final Map<MaskCache, Masks> masks = new WeakHashMap<>();

  CompiledConstraint(Node start, Budget budget) {
    this.budget = budget;
    refill();
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

  /// A follower at the beginning of a text.
  public Follower follower() {
    return new Follower(this);
  }

  /// Whether so much has been found out that it is time to forget: who uses it goes on, but others
  /// should have it compiled anew.
  synchronized boolean isWorn() {
    return budget.kept() > WORN;
  }

  private void refill() {
    budget.refill(STEPS, SPACE);
  }

  State start() {
    return machine.start();
  }

  synchronized boolean isLast(State state) {
    return state.accepts() && state.isLast();
  }

  synchronized State next(State state, byte[] bytes) {
    refill();
    return machine.next(state, bytes);
  }

  synchronized void fill(State state, MaskCache cache, long[] mask) {
    refill();
    masks(cache).fill(state, mask);
  }

  synchronized void fillBelow(State state, int node, MaskCache cache, long[] mask) {
    refill();
    masks(cache).fillBelow(state, node, mask);
  }

  private Masks masks(MaskCache cache) {
    return masks.computeIfAbsent(cache, c -> new Masks(machine, c, budget));
  }

  /// The shortest text that ends the whole from `state` on; of equal ones one in plain characters.
  ///
  /// Breadth first over states, which are few: what a byte inside of a text leads to is mostly
  /// known.
  synchronized byte[] shortestEnd(State state) {
    refill();
    Map<State, Reached> reached = new IdentityHashMap<>();
    reached.put(state, new Reached(Optional.empty(), 0));
    Queue<State> queue = new ArrayDeque<>(List.of(state));
    while (!queue.isEmpty()) {
      State here = queue.remove();
      if (here.accepts()) {
        return way(here, reached);
      }
      for (int i = 0; i < 256; i++) {
        int value = (i + ' ') & 0xff; // control characters last
        if (here.bytes().contains(value)) {
          budget.spend(1);
          State next = machine.next(here, value);
          if (reached.putIfAbsent(next, new Reached(Optional.of(here), value)) == null) {
            queue.add(next);
          }
        }
      }
    }
    throw new ConstraintException("the text cannot be ended");
  }

  /// How a state was reached first.
  private record Reached(Optional<State> from, int value) {}

  private static byte[] way(State end, Map<State, Reached> reached) {
    List<Integer> values = new ArrayList<>();
    Reached last = reached.get(end);
    while (last != null && last.from().isPresent()) {
      values.addFirst(last.value());
      last = reached.get(last.from().get());
    }
    byte[] way = new byte[values.size()];
    for (int i = 0; i < way.length; i++) {
      way[i] = (byte) (int) values.get(i);
    }
    return way;
  }

  /// Appends to `bytes` what must come from `state` on.
  ///
  /// @return how many bytes that is, at most as many as there is room for
  synchronized int forced(State state, byte[] bytes) {
    refill();
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
