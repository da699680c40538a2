package dev.sgl.interpreter;

import dev.sgl.task.Pending;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// The order of the calls of tools in one line of a program's flow: each begins when those before
/// it have ended, except that the calls of one comprehension run beside each other. Used by the
/// thread of that line.
final class Order {
  private List<Pending> before;
  private final List<Pending> together = new ArrayList<>();
  private int depth; // of comprehensions

  Order() {
    this(List.of());
  }

  private Order(List<Pending> before) {
    this.before = before;
  }

  /// The order of a branch that begins here.
  Order branch() {
    List<Pending> all = new ArrayList<>(before);
    all.addAll(together);
    return new Order(List.copyOf(all));
  }

  /// The calls that have to end before the next begins.
  List<Pending> before() {
    return before;
  }

  void began(Pending call) {
    if (depth > 0) {
      together.add(call);
    } else {
      before = List.of(call);
    }
  }

  /// Does `work`, whose calls run beside each other.
  <T> T together(Supplier<T> work) {
    depth++;
    try {
      return work.get();
    } finally {
      if (--depth == 0 && !together.isEmpty()) {
        before = List.copyOf(together);
        together.clear();
      }
    }
  }
}
