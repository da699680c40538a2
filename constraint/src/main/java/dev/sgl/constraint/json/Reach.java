package dev.sgl.constraint.json;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Tells which goals can be reached: the least solution, so that what only leads back to itself
/// is not.
///
/// Depth first. That a goal cannot be reached is only remembered where it did not follow from a
/// goal that was still being looked at.
final class Reach {

  /// Something that can be written to its end, or cannot.
  interface Goal {

    /// The ways to the end: each is a list of the goals that have to be written on it. Those
    /// that are likely to succeed come first.
    Iterable<List<Goal>> ways();
  }

  private static final int MAX_DEPTH = 1_500;

  private final Budget budget;
  private final Map<Goal, Boolean> known = new HashMap<>();
  private final Map<Goal, Integer> open = new HashMap<>(); // with their depth
  private int lowest = Integer.MAX_VALUE; // depth of the open goals that were relied upon

  Reach(Budget budget) {
    this.budget = budget;
  }

  boolean isReachable(Goal goal) {
    Boolean answer = known.get(goal);
    if (answer != null) {
      return answer;
    }
    Integer above = open.get(goal);
    if (above != null) {
      lowest = Math.min(lowest, above);
      return false;
    }
    int depth = open.size();
    if (depth > MAX_DEPTH) {
      throw ConstraintException.tooComplex("its values are nested too deeply");
    }
    open.put(goal, depth);
    int outer = lowest;
    lowest = Integer.MAX_VALUE;
    try {
      for (List<Goal> way : goal.ways()) {
        budget.spend(1);
        if (isReachable(way)) {
          known.put(goal, true);
          return true;
        }
      }
      if (lowest >= depth) {
        known.put(goal, false);
      }
      return false;
    } finally {
      open.remove(goal);
      lowest = Math.min(outer, lowest >= depth ? Integer.MAX_VALUE : lowest);
    }
  }

  /// Does `work`, and tells whether it asked only for settled goals: then its result can be
  /// kept. Otherwise it relied on a goal that is still being looked at.
  boolean isSettled(Runnable work) {
    int outer = lowest;
    lowest = Integer.MAX_VALUE;
    work.run();
    boolean settled = lowest == Integer.MAX_VALUE;
    lowest = Math.min(outer, lowest);
    return settled;
  }

  private boolean isReachable(List<Goal> way) {
    for (Goal goal : way) {
      if (!isReachable(goal)) {
        return false;
      }
    }
    return true;
  }
}
