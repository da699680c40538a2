package dev.sgl.check;

import dev.sgl.program.Operators;
import dev.sgl.program.Pattern;
import dev.sgl.program.Type;
import java.util.List;

/// Whether patterns fit every value of a type.
final class Coverage {
  private Coverage() {}

  static boolean covers(List<Pattern> patterns, Type type) {
    if (patterns.stream().anyMatch(pattern -> fitsAll(pattern, type))) {
      return true;
    }
    return switch (type) {
      case Type.OneOf(var choices) -> choices.stream().allMatch(choice -> covers(patterns, choice));
      case Type.Recursive recursive -> covers(patterns, recursive.unfolded());
      case Type.Bool _ -> fits(patterns, true) && fits(patterns, false);
      case Type.Literal(Object value) -> fits(patterns, value);
      case Type.Call(var tools) ->
          tools.stream()
              .allMatch(
                  tool ->
                      patterns.stream()
                          .anyMatch(
                              p ->
                                  p instanceof Pattern.CallOf(var name, _, _)
                                      && name.equals(tool.name())));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Rec _ -> false;
      case Type.Array _, Type.MapOf _, Type.Schema _, Type.Grammar _, Type.Ref _, Type.Any _ ->
          false;
    };
  }

  /// Whether some value of the type may fit a pattern.
  static boolean overlaps(Pattern pattern, Type type) {
    return switch (pattern) {
      case Pattern.Anything() -> true;
      case Pattern.Value(Object value) -> TypeFit.overlaps(ExprChecker.constant(value), type);
      case Pattern.OfType(Type of) -> TypeFit.overlaps(of, type) || TypeFit.overlaps(type, of);
      case Pattern.CallOf _ -> TypeFit.overlaps(type, new Type.MapOf(Type.ANY));
    };
  }

  private static boolean fitsAll(Pattern pattern, Type type) {
    return switch (pattern) {
      case Pattern.Anything() -> true;
      case Pattern.OfType(Type of) ->
          of instanceof Type.Any || !(type instanceof Type.Any) && TypeFit.fits(type, of);
      case Pattern.Value _, Pattern.CallOf _ -> false;
    };
  }

  private static boolean fits(List<Pattern> patterns, Object value) {
    return patterns.stream()
        .anyMatch(p -> p instanceof Pattern.Value(Object v) && Operators.equal(v, value));
  }
}
