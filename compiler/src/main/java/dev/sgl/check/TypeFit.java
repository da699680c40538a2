package dev.sgl.check;

import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Whether values of one type can be values of another.
public final class TypeFit {
  private TypeFit() {}

  /// A recursive type as what it is at its top.
  static Type whole(Type type) {
    return type instanceof Type.Recursive recursive ? whole(recursive.unfolded()) : type;
  }

  /// Whether a value of type `found` can be one of type `wanted`; bounds are seen to when it runs.
  public static boolean fits(Type found, Type wanted) {
    return fits(found, wanted, Set.of());
  }

  private record Pair(Type found, Type wanted) {}

  /// @param assumed what is taken to fit, because it is being looked at
  private static boolean fits(Type found, Type wanted, Set<Pair> assumed) {
    if (found instanceof Type.Any || wanted instanceof Type.Any || found.equals(wanted)) {
      return true;
    }
    if (found instanceof Type.Recursive || wanted instanceof Type.Recursive) {
      Set<Pair> more = new HashSet<>(assumed);
      return !more.add(new Pair(found, wanted)) || fits(whole(found), whole(wanted), more);
    }
    if (found instanceof Type.Schema) {
      return true; // it is seen when it runs
    }
    if (found instanceof Type.OneOf(var choices)) {
      return choices.stream().anyMatch(c -> fits(c, wanted, assumed));
    }
    return switch (wanted) {
      case Type.Any() -> true;
      case Type.OneOf(var choices) -> choices.stream().anyMatch(c -> fits(found, c, assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Grammar _ ->
          found instanceof Type.Text
              || found instanceof Type.Str
              || found instanceof Type.Pattern
              || found instanceof Type.Grammar
              || found instanceof Type.Literal(String _);
      case Type.Int(long min, long max) ->
          found instanceof Type.Int
              || found instanceof Type.Literal(Long n) && min <= n && n <= max;
      case Type.Float _ ->
          found instanceof Type.Float
              || found instanceof Type.Literal(Double _)
              || fits(found, Type.INT, assumed);
      case Type.Bool _ -> found instanceof Type.Bool || found instanceof Type.Literal(Boolean _);
      case Type.Literal(Object value) ->
          !(found instanceof Type.Literal) && fits(new Type.Literal(value), found, assumed);
      case Type.Rec(var fields) ->
          switch (found) {
            case Type.Rec(var given) -> fields.stream().allMatch(f -> hasField(given, f, assumed));
            case Type.MapOf _ -> true;
            case Type.Call(var tools) ->
                tools.stream().anyMatch(t -> fits(Types.callOf(t), wanted, assumed));
            default -> false;
          };
      case Type.Array(var item, _, _) ->
          found instanceof Type.Array(var other, _, _) && fits(other, item, assumed);
      case Type.MapOf(var value) ->
          switch (found) {
            case Type.MapOf(var other) -> fits(other, value, assumed);
            case Type.Rec(var fields) ->
                fields.stream().allMatch(f -> fits(f.type(), value, assumed));
            default -> false;
          };
      case Type.Call(var tools) ->
          switch (found) {
            case Type.Call(var others) -> others.stream().anyMatch(tools::contains);
            case Type.Rec _ -> tools.stream().anyMatch(t -> fits(found, Types.callOf(t), assumed));
            default -> false;
          };
      case Type.Schema _ -> true; // it is seen when it runs
      case Type.Recursive _, Type.Ref _ -> throw new AssertionError(wanted);
    };
  }

  private static boolean hasField(List<Type.Field> given, Type.Field wanted, Set<Pair> assumed) {
    return wanted.optional()
        || given.stream()
            .anyMatch(
                f -> f.name().equals(wanted.name()) && fits(f.type(), wanted.type(), assumed));
  }
}
