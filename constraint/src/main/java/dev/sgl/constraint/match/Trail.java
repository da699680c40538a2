package dev.sgl.constraint.match;

import dev.sgl.constraint.machine.State;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/// The states of a text, token by token, shared by all matchers that came along here.
///
/// The first to go on writes into the same array; who comes later, or has gone back, takes a copy.
final class Trail {
  private final State[] states;
  private final AtomicInteger used;

  Trail(State start) {
    states = new State[16];
    states[0] = start;
    used = new AtomicInteger(1);
  }

  private Trail(State[] states, int used) {
    this.states = states;
    this.used = new AtomicInteger(used);
  }

  /// The state after `tokens`.
  State state(int tokens) {
    return states[tokens];
  }

  /// The trail on which `state` follows after `tokens`.
  Trail append(int tokens, State state) {
    int at = tokens + 1;
    if (at < states.length && used.compareAndSet(at, at + 1)) {
      states[at] = state;
      return this;
    }
    State[] copy = Arrays.copyOf(states, Math.max(16, at * 2));
    Arrays.fill(copy, at, Math.min(copy.length, states.length), null);
    copy[at] = state;
    return new Trail(copy, at + 1);
  }
}
