package dev.sgl.check;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Whether values of one type are values of another.
public final class TypeFit {
  private TypeFit() {}

  /// A recursive type, unfolded until another type is at its top; any other type as it is.
  static Type whole(Type type) {
    return type instanceof Type.Recursive recursive ? whole(recursive.unfolded()) : type;
  }

  /// The type of a value that is of one of several types.
  static Type union(List<Type> types) {
    List<Type> all =
        types.stream()
            .flatMap(t -> t instanceof Type.OneOf(var choices) ? choices.stream() : Stream.of(t))
            .distinct()
            .toList();
    return all.contains(Type.ANY) ? Type.ANY : Type.oneOf(all);
  }

  private record Pair(Type found, Type wanted) {}

  /// Whether every value of type `found` is one of type `wanted`. Types whose values are known only
  /// when a program runs fit: any value, a JSON Schema, and a text of one regular expression where
  /// a text of another is wanted.
  public static boolean fits(Type found, Type wanted) {
    return fits(found, wanted, Set.of());
  }

  /// @param assumed the pairs that are assumed to fit, because they are being compared already
  private static boolean fits(Type found, Type wanted, Set<Pair> assumed) {
    if (isOpen(found) || isOpen(wanted) || found.equals(wanted)) {
      return true;
    }
    if (found instanceof Type.Recursive || wanted instanceof Type.Recursive) {
      Set<Pair> more = new HashSet<>(assumed);
      return !more.add(new Pair(found, wanted)) || fits(whole(found), whole(wanted), more);
    }
    return switch (found) {
      case Type.OneOf(var choices) -> choices.stream().allMatch(c -> fits(c, wanted, assumed));
      case Type.Literal(Object value) -> isOf(value, wanted);
      case Type.Bool _ when wanted instanceof Type.OneOf ->
          fits(new Type.Literal(true), wanted, assumed)
              && fits(new Type.Literal(false), wanted, assumed);
      case Type.Text _, Type.Str _, Type.Pattern _ -> fitsSome(found, wanted, assumed);
      case Type.Int _, Type.Float _, Type.Bool _, Type.Rec _ -> fitsSome(found, wanted, assumed);
      case Type.Array _, Type.MapOf _, Type.Call _ -> fitsSome(found, wanted, assumed);
      case Type.Schema _, Type.Grammar _, Type.Recursive _ -> fitsSome(found, wanted, assumed);
      case Type.Ref _, Type.Any _ -> fitsSome(found, wanted, assumed);
    };
  }

  /// @param found is no union, and no literal
  private static boolean fitsSome(Type found, Type wanted, Set<Pair> assumed) {
    return wanted instanceof Type.OneOf(var choices)
        ? choices.stream().anyMatch(choice -> fits(found, choice, assumed))
        : fitsOne(found, wanted, assumed);
  }

  /// Whether a value is of a type; of a type that is a mistake itself, any is.
  private static boolean isOf(Object value, Type type) {
    try {
      return Types.mismatch(type, value).isEmpty();
    } catch (ConstraintException e) {
      return true;
    }
  }

  private static boolean isOpen(Type type) {
    return type instanceof Type.Any || type instanceof Type.Schema;
  }

  /// @param found is no union, and no literal
  /// @param wanted is no union
  private static boolean fitsOne(Type found, Type wanted, Set<Pair> assumed) {
    return switch (wanted) {
      case Type.Text() -> isText(found);
      case Type.Str(int min, int max) -> fitsString(found, min, max);
      case Type.Pattern _, Type.Grammar _ ->
          found instanceof Type.Pattern || found instanceof Type.Grammar;
      case Type.Int(long min, long max) ->
          found instanceof Type.Int(long least, long most) && min <= least && most <= max;
      case Type.Float(double min, double max) -> fitsNumber(found, min, max);
      case Type.Rec record -> fitsRecord(found, record, assumed);
      case Type.Array(var item, int min, int max) ->
          found instanceof Type.Array(var other, int least, int most)
              && min <= least
              && most <= max
              && (most == 0 || fits(other, item, assumed));
      case Type.MapOf map -> fitsMap(found, map, assumed);
      case Type.Call call -> fitsCall(found, call, assumed);
      case Type.Bool _ -> false; // but for itself
      case Type.Literal _, Type.OneOf _, Type.Any _, Type.Schema _ -> false;
      case Type.Recursive _, Type.Ref _ -> throw new AssertionError(wanted);
    };
  }

  private static boolean fitsString(Type found, int min, int max) {
    return switch (found) {
      case Type.Str(int least, int most) -> min <= least && most <= max;
      case Type.Text() -> min == 0 && max == Type.UNBOUNDED;
      case Type.Pattern _, Type.Grammar _ -> true;
      case Type.Int _, Type.Float _, Type.Bool _, Type.Literal _, Type.OneOf _ -> false;
      case Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _, Type.Schema _ -> false;
      case Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean fitsNumber(Type found, double min, double max) {
    return switch (found) {
      case Type.Int(long least, long most) -> min <= least && most <= max;
      case Type.Float(double least, double most) -> min <= least && most <= max;
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Bool _, Type.Literal _ -> false;
      case Type.OneOf _, Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _ -> false;
      case Type.Schema _, Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean fitsRecord(Type found, Type.Rec wanted, Set<Pair> assumed) {
    List<Type.Field> fields = wanted.fields();
    return switch (found) {
      case Type.Rec(var given) ->
          fields.stream().allMatch(f -> hasField(given, f, assumed))
              && given.stream().allMatch(g -> names(fields).contains(g.name()));
      case Type.Call(var tools) ->
          tools.stream().allMatch(t -> fits(Types.callOf(t), wanted, assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Array _, Type.MapOf _ -> false;
      case Type.Schema _, Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean fitsMap(Type found, Type.MapOf wanted, Set<Pair> assumed) {
    return switch (found) {
      case Type.MapOf(var other) -> fits(other, wanted.value(), assumed);
      case Type.Rec(var fields) ->
          fields.stream().allMatch(f -> fits(f.type(), wanted.value(), assumed));
      case Type.Call(var tools) ->
          tools.stream().allMatch(t -> fits(Types.callOf(t), wanted, assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Array _, Type.Schema _ -> false;
      case Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean fitsCall(Type found, Type.Call wanted, Set<Pair> assumed) {
    return switch (found) {
      case Type.Call(var others) -> wanted.tools().containsAll(others);
      case Type.Rec _ ->
          wanted.tools().stream().anyMatch(t -> fits(found, Types.callOf(t), assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Array _, Type.MapOf _ -> false;
      case Type.Schema _, Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static Set<String> names(List<Type.Field> fields) {
    return fields.stream().map(Type.Field::name).collect(Collectors.toSet());
  }

  private static boolean isText(Type type) {
    return switch (type) {
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Grammar _ -> true;
      case Type.Int _, Type.Float _, Type.Bool _, Type.Literal _, Type.OneOf _ -> false;
      case Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _, Type.Schema _ -> false;
      case Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean hasField(List<Type.Field> given, Type.Field wanted, Set<Pair> assumed) {
    Optional<Type.Field> field =
        given.stream().filter(f -> f.name().equals(wanted.name())).findFirst();
    return field.isEmpty()
        ? wanted.optional()
        : (wanted.optional() || !field.get().optional())
            && fits(field.get().type(), wanted.type(), assumed);
  }

  /// Why a record does not fit another: the first field that is wrong.
  static Optional<String> why(Type found, Type wanted) {
    if (!(whole(found) instanceof Type.Rec(var given))
        || !(whole(wanted) instanceof Type.Rec(var fields))) {
      return Optional.empty();
    }
    for (Type.Field field : fields) {
      Optional<Type.Field> own =
          given.stream().filter(f -> f.name().equals(field.name())).findFirst();
      if (own.isEmpty() && !field.optional()) {
        return Optional.of("the field `%s` is missing".formatted(field.name()));
      }
      if (own.isPresent() && !hasField(given, field, Set.of())) {
        return Optional.of(
            "the field `%s` must be `%s`, but it is `%s`"
                .formatted(field.name(), field.type().show(), own.get().type().show()));
      }
    }
    return given.stream()
        .filter(f -> !names(fields).contains(f.name()))
        .findFirst()
        .map(f -> "there is no field `%s`".formatted(f.name()));
  }

  /// Whether some value of type `found` can be one of type `wanted`; bounds are ignored.
  public static boolean overlaps(Type found, Type wanted) {
    return overlaps(found, wanted, Set.of());
  }

  private static boolean overlaps(Type found, Type wanted, Set<Pair> assumed) {
    if (found instanceof Type.Any || wanted instanceof Type.Any || found.equals(wanted)) {
      return true;
    }
    if (found instanceof Type.Recursive || wanted instanceof Type.Recursive) {
      Set<Pair> more = new HashSet<>(assumed);
      return !more.add(new Pair(found, wanted)) || overlaps(whole(found), whole(wanted), more);
    }
    return switch (found) {
      case Type.Schema _ -> true; // only a run can tell
      case Type.OneOf(var choices) -> choices.stream().anyMatch(c -> overlaps(c, wanted, assumed));
      case Type.Text _, Type.Str _, Type.Pattern _ -> overlapsOne(found, wanted, assumed);
      case Type.Int _, Type.Float _, Type.Bool _ -> overlapsOne(found, wanted, assumed);
      case Type.Literal _, Type.Rec _, Type.Array _ -> overlapsOne(found, wanted, assumed);
      case Type.MapOf _, Type.Call _, Type.Grammar _ -> overlapsOne(found, wanted, assumed);
      case Type.Recursive _, Type.Ref _, Type.Any _ -> overlapsOne(found, wanted, assumed);
    };
  }

  /// @param found is no union, and neither type is recursive
  private static boolean overlapsOne(Type found, Type wanted, Set<Pair> assumed) {
    return switch (wanted) {
      case Type.Any() -> true;
      case Type.OneOf(var choices) -> choices.stream().anyMatch(c -> overlaps(found, c, assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Grammar _ ->
          isText(found) || found instanceof Type.Literal(String _);
      case Type.Int(long min, long max) ->
          found instanceof Type.Int
              || found instanceof Type.Literal(Long n) && min <= n && n <= max;
      case Type.Float _ ->
          found instanceof Type.Float
              || found instanceof Type.Literal(Double _)
              || overlaps(found, Type.INT, assumed);
      case Type.Bool _ -> found instanceof Type.Bool || found instanceof Type.Literal(Boolean _);
      case Type.Literal(Object value) ->
          !(found instanceof Type.Literal) && overlaps(new Type.Literal(value), found, assumed);
      case Type.Rec record -> overlapsRecord(found, record, assumed);
      case Type.Array(var item, _, _) ->
          found instanceof Type.Array(var other, _, _) && overlaps(other, item, assumed);
      case Type.MapOf(var value) -> overlapsMap(found, value, assumed);
      case Type.Call(var tools) -> overlapsCall(found, tools, assumed);
      case Type.Schema _ -> true; // only a run can tell
      case Type.Recursive _, Type.Ref _ -> throw new AssertionError(wanted);
    };
  }

  private static boolean overlapsRecord(Type found, Type.Rec wanted, Set<Pair> assumed) {
    return switch (found) {
      case Type.Rec(var given) ->
          wanted.fields().stream().allMatch(f -> mayHaveField(given, f, assumed));
      case Type.MapOf _ -> true;
      case Type.Call(var tools) ->
          tools.stream().anyMatch(t -> overlaps(Types.callOf(t), wanted, assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Array _, Type.Schema _ -> false;
      case Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean overlapsMap(Type found, Type value, Set<Pair> assumed) {
    return switch (found) {
      case Type.MapOf(var other) -> overlaps(other, value, assumed);
      case Type.Rec(var fields) ->
          fields.stream().allMatch(f -> overlaps(f.type(), value, assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Array _, Type.Call _ -> false;
      case Type.Schema _, Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean overlapsCall(Type found, List<Type.Field> tools, Set<Pair> assumed) {
    return switch (found) {
      case Type.Call(var others) -> others.stream().anyMatch(tools::contains);
      case Type.Rec _ -> tools.stream().anyMatch(t -> overlaps(found, Types.callOf(t), assumed));
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Array _, Type.MapOf _ -> false;
      case Type.Schema _, Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> false;
    };
  }

  private static boolean mayHaveField(
      List<Type.Field> given, Type.Field wanted, Set<Pair> assumed) {
    return wanted.optional()
        || given.stream()
            .anyMatch(
                f -> f.name().equals(wanted.name()) && overlaps(f.type(), wanted.type(), assumed));
  }
}
