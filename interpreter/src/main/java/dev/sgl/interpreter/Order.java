package dev.sgl.interpreter;

import dev.sgl.task.Pending;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The order of the calls of tools in one line of a program's flow: each begins when those before
/// it have ended. Elements of a comprehension and branches of a fork are lines of their own. Used
/// by the thread of that line.
final class Order {
  private List<Pending> before;

  Order() {
    this(List.of());
  }

  private Order(List<Pending> before) {
    this.before = before;
  }

  /// The order of a line that begins here.
  Order branch() {
    return new Order(before);
  }

  /// The calls that have to end before the next begins.
  List<Pending> before() {
    return before;
  }

  void began(Pending call) {
    before = List.of(call);
  }

  /// Continues after all of these lines.
  void join(List<Order> lines) {
    Set<Pending> last = new LinkedHashSet<>();
    lines.forEach(line -> last.addAll(line.before));
    before = lines.isEmpty() ? before : List.copyOf(last);
  }
}
