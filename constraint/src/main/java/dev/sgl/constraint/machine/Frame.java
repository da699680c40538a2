package dev.sgl.constraint.machine;

import java.util.Optional;
import java.util.Set;

/// Who called a rule: where each caller continues, and its own callers.
///
/// A rule that is called from several places after the same bytes runs once for all of them, as in
/// Earley's algorithm (CACM 1970); since frames are interned, equal stacks are the same object.
final class Frame {

  /// @param then where the caller continues
  /// @param frame the callers of the caller
  record Caller(Node then, Frame frame) {}

  /// The frame of the constraint itself.
  static final Frame ROOT = new Frame(Set.of());

  private final Set<Caller> callers;
  private final int depth;
  private Optional<State> popped = Optional.empty();

  Frame(Set<Caller> callers) {
    this.callers = callers;
    depth = callers.stream().mapToInt(caller -> caller.frame().depth + 1).max().orElse(0);
  }

  /// The most calls that lead here.
  int depth() {
    return depth;
  }

  Set<Caller> callers() {
    return callers;
  }

  /// The state after the rule has ended, once it has been computed.
  Optional<State> popped() {
    return popped;
  }

  void popTo(State state) {
    popped = Optional.of(state);
  }
}
