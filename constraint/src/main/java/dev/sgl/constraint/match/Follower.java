package dev.sgl.constraint.match;

import dev.sgl.constraint.machine.State;

/// Follows one text byte by byte, whatever its tokens are. Owned by one thread at a time.
public final class Follower {
  private final CompiledConstraint constraint;
  private State state;

  Follower(CompiledConstraint constraint) {
    this.constraint = constraint;
    this.state = constraint.start();
  }

  /// Takes `bytes`.
  ///
  /// @return whether the text so far is the beginning of one that is allowed; if not nothing has
  ///     changed
  public boolean accept(byte[] bytes) {
    State next = constraint.next(state, bytes);
    if (next.isDead()) {
      return false;
    }
    state = next;
    return true;
  }

  /// Whether `value` may be the next byte.
  public boolean mayContinueWith(int value) {
    return state.bytes().contains(value);
  }

  /// Whether nothing may follow.
  public boolean mustEnd() {
    return constraint.isLast(state);
  }
}
