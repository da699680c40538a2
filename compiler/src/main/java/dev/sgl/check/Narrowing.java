package dev.sgl.check;

import dev.sgl.program.Pattern;
import dev.sgl.program.Type;
import dev.sgl.program.Values;
import java.util.List;
import java.util.Optional;

/// The types that are left of a union once a test of its value has come out.
final class Narrowing {
  private Narrowing() {}

  /// The type of a value that fits a pattern: those of several types that do, if each of them fits
  /// as a whole.
  static Type fitting(Type subject, Type pattern) {
    if (!(TypeFit.whole(subject) instanceof Type.OneOf(var choices))) {
      return TypeFit.fits(subject, pattern) ? subject : pattern;
    }
    List<Type> left = choices.stream().filter(c -> TypeFit.overlaps(c, pattern)).toList();
    boolean isWhole = !left.isEmpty() && left.stream().allMatch(c -> TypeFit.fits(c, pattern));
    return isWhole ? Type.oneOf(left) : pattern;
  }

  /// The type of a value after a `match` in which some arms leave: of several types those that not
  /// only these arms fit. Empty if nothing is learned.
  ///
  /// @param leaving the patterns of the arms that leave
  /// @param staying the patterns of the others
  static Optional<Type> left(Type subject, List<Pattern> leaving, List<Pattern> staying) {
    if (!(TypeFit.whole(subject) instanceof Type.OneOf(var choices))) {
      return Optional.empty();
    }
    List<Type> left =
        choices.stream()
            .filter(
                choice ->
                    !Coverage.covers(leaving, choice)
                        || staying.stream().anyMatch(p -> Coverage.overlaps(p, choice)))
            .toList();
    return left.isEmpty() || left.size() == choices.size()
        ? Optional.empty()
        : Optional.of(Type.oneOf(left));
  }

  /// A type without `none`.
  static Type withoutNone(Type type) {
    if (!(type instanceof Type.OneOf(var choices))) {
      return type;
    }
    return Type.oneOf(
        choices.stream().filter(c -> !c.equals(new Type.Literal(Values.NONE))).toList());
  }
}
