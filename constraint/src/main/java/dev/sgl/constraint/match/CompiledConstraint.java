package dev.sgl.constraint.match;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.machine.Machine;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.constraint.machine.Masks;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.machine.ShortestEnds;
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
  private static final long STEPS = 8_000_000;

  /// Objects that one step of a matcher may make.
  private static final long SPACE = 200_000;

  /// Bytes after which the constraint should be compiled again for the next caller.
  private static final long WORN = 150L << 20;

  /// Bytes of a constraint without any state: its machine, its maps.
  private static final int LEAST_BYTES = 20_000;

  private final Budget budget;
  private final Weighing weighing;
  private long weighed; // bytes
  private final Machine machine;
  private final ShortestEnds ends;
  private final Map<MaskCache, Masks> masks = new WeakHashMap<>();

  /// Is called when a constraint has grown.
  @FunctionalInterface
  interface Weighing {
    /// @param before the bytes that it had when it was weighed last
    void weigh(CompiledConstraint constraint, long before);
  }

  /// @param weighing is called, under the lock of the constraint, when it has grown by a quarter
  CompiledConstraint(Node start, Budget budget, Weighing weighing) {
    this.budget = budget;
    this.weighing = weighing;
    refill();
    machine = new Machine(start, budget);
    ends = new ShortestEnds(budget);
    weighed = bytes();
  }

  /// The memory that it takes, in bytes, as an estimate.
  final synchronized long bytes() {
    return LEAST_BYTES + budget.bytes();
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

  /// Whether so much is remembered that it is time to forget: matchers in use continue, but
  /// the next caller should compile the constraint again.
  synchronized boolean isWorn() {
    return budget.bytes() > WORN;
  }

  private void refill() {
    if (bytes() > weighed + weighed / 4) {
      long before = weighed;
      weighed = bytes();
      weighing.weigh(this, before);
    }
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

  synchronized void fillUnlimited(State state, MaskCache cache, long[] mask) {
    refill();
    masks(cache).fillUnlimited(state, mask);
  }

  synchronized void fillClosing(State state, MaskCache cache, long[] mask) {
    refill();
    masks(cache).fillClosing(state, mask);
  }

  synchronized boolean endsString(State state) {
    refill();
    return state.endsString();
  }

  synchronized int room(State state) {
    refill();
    return state.room();
  }

  synchronized void fillBelow(State state, int node, MaskCache cache, long[] mask) {
    refill();
    masks(cache).fillBelow(state, node, mask);
  }

  private Masks masks(MaskCache cache) {
    return masks.computeIfAbsent(cache, c -> new Masks(machine, c, budget));
  }

  /// A text that ends the whole from `state` on, as short as can be.
  synchronized byte[] shortestEnd(State state) {
    refill();
    return ends.shortest(state);
  }

  /// How many bytes [#shortestEnd] has.
  synchronized int shortestEndLength(State state) {
    refill();
    return ends.length(state);
  }

  /// Appends to `bytes` the bytes that must come from `state` on.
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
