package dev.sgl.program;

import java.util.List;
import java.util.stream.Collectors;

/// What a value may be. For a generated value the type is its constraint.
///
/// The set is closed: printer, checker, JSON schema and constraint switch over it.
public sealed interface Type {
  /// No upper bound of a length.
  int UNBOUNDED = Integer.MAX_VALUE;

  /// Free text, which ends where the model ends it.
  record Text() implements Type {}

  /// A string of `min` to `max` characters.
  record Str(int min, int max) implements Type {}

  /// A string that the regular expression `regex` matches as a whole.
  record Pattern(String regex) implements Type {}

  /// An integer from `min` to `max`.
  record Int(long min, long max) implements Type {}

  /// A number.
  record Float() implements Type {}

  /// `true` or `false`.
  record Bool() implements Type {}

  /// This value only: a `String`, a `Long` or a `Boolean`.
  record Literal(Object value) implements Type {}

  /// One of several types.
  record OneOf(List<Type> choices) implements Type {
    public OneOf {
      choices = List.copyOf(choices);
    }
  }

  /// A record with these fields, in this order.
  record Rec(List<Field> fields) implements Type {
    public Rec {
      fields = List.copyOf(fields);
    }
  }

  /// A field of a record; an optional one may be absent.
  record Field(String name, Type type, boolean optional) {}

  /// A list of `min` to `max` items.
  record Array(Type item, int min, int max) implements Type {}

  /// Nothing is known: the value of what the checker cannot follow. Generated, it is any JSON.
  record Any() implements Type {}

  Type TEXT = new Text();
  Type STRING = new Str(0, UNBOUNDED);
  Type INT = new Int(Long.MIN_VALUE, Long.MAX_VALUE);
  Type FLOAT = new Float();
  Type BOOL = new Bool();
  Type ANY = new Any();

  static Type array(Type item) {
    return new Array(item, 0, UNBOUNDED);
  }

  /// The type as it is written in source.
  default String show() {
    return switch (this) {
      case Text() -> "text";
      case Str(int min, int max) ->
          "string" + bounds(min, max == UNBOUNDED ? "" : "" + max, min > 0);
      case Pattern(String regex) -> "r\"" + regex + "\"";
      case Int(long min, long max) ->
          "int" + bounds(min, max == Long.MAX_VALUE ? "" : "" + max, min != Long.MIN_VALUE);
      case Float() -> "float";
      case Bool() -> "bool";
      case Literal(String value) -> Values.quote(value);
      case Literal(Object value) -> value.toString();
      case OneOf(var choices) ->
          choices.stream().map(Type::show).collect(Collectors.joining(" | "));
      case Rec(var fields) ->
          fields.stream()
              .map(f -> Printer.key(f.name()) + (f.optional() ? "?: " : ": ") + f.type().show())
              .collect(Collectors.joining(", ", "{ ", " }"));
      case Array(var item, int min, int max) -> {
        String one = item instanceof OneOf ? "(" + item.show() + ")" : item.show();
        boolean open = min == 0 && max == UNBOUNDED;
        yield one
            + (open
                ? "[]"
                : min == max
                    ? "[" + min + "]"
                    : "[" + (min > 0 ? min : "") + ".." + (max == UNBOUNDED ? "" : max) + "]");
      }
      case Any() -> "any";
    };
  }

  private static String bounds(long min, String max, boolean hasMin) {
    return hasMin || !max.isEmpty() ? "<" + (hasMin ? min : "") + ".." + max + ">" : "";
  }
}
