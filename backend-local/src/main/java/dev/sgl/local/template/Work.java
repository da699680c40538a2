package dev.sgl.local.template;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// How much one rendering has done, of how much it may do: terms and statements, the characters
/// and elements that it makes, and those that it looks through. A template comes with a model, from
/// strangers; the size of its variables bounds its work.
final class Work {
  private static final long MOST = 128L << 20;
  private static final long FOR_EACH_CHARACTER = 32; // of the variables

  // about the bytes, or the nanoseconds, that each costs
  private static final long STEP = 16;
  private static final long ITEM = 16;

  /// The number of compared characters that cost as much as one new character.
  private static final long COMPARED = 64;

  private static final ScopedValue<Work> RUNNING = ScopedValue.newInstance();

  private long left;

  private Work(long most) {
    this.left = most;
  }

  /// Renders within the bound that fits the variables.
  static String bounded(Map<String, Object> variables, Supplier<String> rendering) {
    Work work = new Work(MOST + FOR_EACH_CHARACTER * size(variables));
    return ScopedValue.where(RUNNING, work).call(rendering::get);
  }

  private static long size(Object value) {
    return switch (value) {
      case String text -> text.length();
      case Map<?, ?> map ->
          map.entrySet().stream().mapToLong(e -> 1 + size(e.getKey()) + size(e.getValue())).sum();
      case List<?> list -> list.stream().mapToLong(item -> 1 + size(item)).sum();
      default -> 1;
    };
  }

  /// A statement or a term.
  static void step() {
    spend(STEP);
  }

  /// Characters that are made, or looked at one by one; asked before there is room made for them.
  static void characters(long count) {
    spend(Math.max(0, count));
  }

  /// Elements of lists, entries of maps.
  static void items(long count) {
    spend(ITEM * Math.max(0, count));
  }

  /// A text is looked for in another: at worst the product of their lengths.
  static void search(String in, String part) {
    spend(in.length() + (long) in.length() * part.length() / COMPARED);
  }

  private static void spend(long amount) {
    Work work = RUNNING.get();
    work.left -= Math.min(amount, work.left + 1);
    if (work.left < 0) {
      throw new TemplateException("it does too much, or never comes to an end");
    }
  }
}
