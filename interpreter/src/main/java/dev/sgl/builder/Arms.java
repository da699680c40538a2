package dev.sgl.builder;

import dev.sgl.program.Pattern;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The arms of a `match`: the first that fits runs.
public final class Arms {
  private final List<Step.Arm> arms = new ArrayList<>();

  Arms() {}

  /// Fits one of these values: texts, numbers, truth values.
  public Arms is(List<?> values, Consumer<Steps> block) {
    return arm(
        values.stream().map(v -> (Pattern) new Pattern.Value(Constants.value(v))).toList(), block);
  }

  /// Fits this value.
  public Arms is(Object value, Consumer<Steps> block) {
    return is(List.of(value), block);
  }

  /// Fits the values of a type.
  public Arms of(Type type, Consumer<Steps> block) {
    return arm(List.of(new Pattern.OfType(type)), block);
  }

  /// Fits a call of a tool; its arguments are bound to `names`, in the order of its parameters.
  public Arms call(String tool, List<String> names, Consumer<Steps> block) {
    return arm(List.of(new Pattern.CallOf(tool, List.of(), names)), block);
  }

  /// Fits everything else.
  public Arms otherwise(Consumer<Steps> block) {
    return arm(List.of(new Pattern.Anything()), block);
  }

  /// Fits what one of the patterns fits.
  public Arms arm(List<Pattern> patterns, Consumer<Steps> block) {
    arms.add(new Step.Arm(patterns, Block.inner(block), Span.NONE));
    return this;
  }

  List<Step.Arm> arms() {
    return arms;
  }
}
