package dev.sgl.check;

import dev.sgl.program.Type;
import dev.sgl.program.Values;

/// The types of variables that are declared by their first value alone.
final class Widening {
  private Widening() {}

  /// The type of a variable that begins with a list or a record that is written out: its lists may
  /// grow, its values become others of their kinds, and anything may stand where there is none yet.
  static Type loosen(Type type) {
    return switch (type) {
      case Type.Array(var item, _, _) -> Type.array(loosen(item));
      case Type.Rec(var fields) ->
          new Type.Rec(
              fields.stream()
                  .map(f -> new Type.Field(f.name(), loosen(f.type()), f.optional(), f.doc()))
                  .toList());
      case Type.OneOf(var choices) -> {
        Type none = new Type.Literal(Values.NONE);
        yield TypeFit.union(choices.stream().map(c -> c.equals(none) ? c : loosen(c)).toList());
      }
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> widen(type);
      case Type.Bool _, Type.Literal _, Type.MapOf _, Type.Call _, Type.Schema _ -> widen(type);
      case Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> widen(type);
    };
  }

  /// The type of a variable that begins with a value of `type`.
  static Type widen(Type type) {
    return switch (type) {
      case Type.Literal(String _) -> Type.TEXT;
      case Type.Literal(Long _) -> Type.INT;
      case Type.Literal(Boolean _) -> Type.BOOL;
      case Type.Literal(Double _) -> Type.FLOAT;
      case Type.Literal _ -> Type.ANY; // none, until there is a value
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> type;
      case Type.OneOf _, Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _ -> type;
      case Type.Schema _, Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> type;
    };
  }
}
