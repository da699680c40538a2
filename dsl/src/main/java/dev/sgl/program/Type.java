package dev.sgl.program;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// The values that may stand in one place of a program: for a generated value, its constraint.
///
/// The set is closed: printer, checker, JSON schema and constraint switch over it. A type is
/// complete by itself: names are written out, and a recursive one binds its own name.
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

  /// A number from `min` to `max`; infinities are no bounds.
  record Float(double min, double max) implements Type {}

  /// `true` or `false`.
  record Bool() implements Type {}

  /// This value only: a `String`, a `Long`, a `Double`, a `Boolean` or [Values#NONE].
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
  ///
  /// @param doc a description for the model; may be empty
  record Field(String name, Type type, boolean optional, String doc) {
    /// A field without a description.
    public Field(String name, Type type, boolean optional) {
      this(name, type, optional, "");
    }
  }

  /// A list of `min` to `max` items.
  record Array(Type item, int min, int max) implements Type {}

  /// A record whose fields have any names, and values of one type.
  record MapOf(Type value) implements Type {}

  /// A call of one of several tools: a record of the tool's `name` and its `arguments`.
  ///
  /// @param tools by name, each with the record of its parameters
  record Call(List<Field> tools) implements Type {
    public Call {
      tools = List.copyOf(tools);
    }
  }

  /// Any JSON that the JSON Schema `json` holds valid.
  record Schema(String json) implements Type {}

  /// A text of the grammar `gbnf`, from its rule `root` on.
  record Grammar(String gbnf) implements Type {}

  /// The type `body`, in which [Ref]s of `name` stand for this type itself.
  record Recursive(String name, Type body) implements Type {
    /// The body with the type itself in the place of its name.
    public Type unfolded() {
      return body.replaced(name, this);
    }
  }

  /// The type around it that is called `name`.
  record Ref(String name) implements Type {}

  /// Nothing is known: the value of what the checker cannot follow. Generated, it is any JSON.
  record Any() implements Type {}

  Type TEXT = new Text();
  Type STRING = new Str(0, UNBOUNDED);
  Type INT = new Int(Long.MIN_VALUE, Long.MAX_VALUE);
  Type FLOAT = new Float(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
  Type BOOL = new Bool();
  Type ANY = new Any();

  /// The type whose values are those of a Java class: see [JavaTypes].
  static Type of(Class<?> type) {
    return JavaTypes.of(type);
  }

  /// A string of any length.
  static Type string() {
    return STRING;
  }

  /// A list of any length.
  static Type array(Type item) {
    return new Array(item, 0, UNBOUNDED);
  }

  /// One of several types; a single one is itself.
  static Type oneOf(List<Type> choices) {
    return choices.size() == 1 ? choices.getFirst() : new OneOf(choices);
  }

  /// The type with `with` in the place of each free [Ref] of `name`.
  private Type replaced(String name, Type with) {
    return switch (this) {
      case Ref(var other) -> other.equals(name) ? with : this;
      case Recursive(var other, _) when other.equals(name) -> this;
      case OneOf _, Rec _, Array _, MapOf _, Call _, Recursive _ ->
          map(part -> part.replaced(name, with));
      case Text _, Str _, Pattern _, Int _, Float _, Bool _, Literal _ -> this;
      case Schema _, Grammar _, Any _ -> this;
    };
  }

  /// The type with each of its parts changed.
  default Type map(UnaryOperator<Type> change) {
    return switch (this) {
      case OneOf(var choices) -> new OneOf(choices.stream().map(change).toList());
      case Rec(var fields) -> new Rec(map(fields, change));
      case Array(var item, int min, int max) -> new Array(change.apply(item), min, max);
      case MapOf(var value) -> new MapOf(change.apply(value));
      case Call(var tools) -> new Call(map(tools, change));
      case Recursive(var name, var body) -> new Recursive(name, change.apply(body));
      case Text _, Str _, Pattern _, Int _, Float _, Bool _, Literal _ -> this;
      case Schema _, Grammar _, Ref _, Any _ -> this;
    };
  }

  private static List<Field> map(List<Field> fields, UnaryOperator<Type> change) {
    return fields.stream()
        .map(f -> new Field(f.name(), change.apply(f.type()), f.optional(), f.doc()))
        .toList();
  }

  /// The type as it is written in source; a recursive one by its name.
  default String show() {
    return switch (this) {
      case Text() -> "text";
      case Str(int min, int max) -> "string" + bounds(atLeast(min), atMost(max));
      case Pattern(String regex) -> "r\"" + regex + "\"";
      case Int(long min, long max) ->
          "int"
              + bounds(
                  min == Long.MIN_VALUE ? "" : "" + min, max == Long.MAX_VALUE ? "" : "" + max);
      case Float(double min, double max) ->
          "float"
              + bounds(
                  Double.isInfinite(min) ? "" : Values.text(min),
                  Double.isInfinite(max) ? "" : Values.text(max));
      case Bool() -> "bool";
      case Literal(String value) -> Values.quote(value);
      case Literal(Object value) -> Values.text(value);
      case OneOf(var choices) ->
          choices.stream().map(Type::show).collect(Collectors.joining(" | "));
      case Rec(var fields) ->
          fields.stream()
              .map(f -> Printer.key(f.name()) + (f.optional() ? "?: " : ": ") + f.type().show())
              .collect(Collectors.joining(", ", "{ ", " }"));
      case Array(OneOf item, int min, int max) -> "(" + item.show() + ")" + length(min, max);
      case Array(var item, int min, int max) -> item.show() + length(min, max);
      case MapOf(var value) -> "map<" + value.show() + ">";
      case Call(var tools) ->
          tools.stream().map(Field::name).collect(Collectors.joining(" | ", "call<", ">"));
      case Schema(String json) -> "schema " + Values.quote(json);
      case Grammar(String gbnf) -> "grammar " + Values.quote(gbnf);
      case Recursive(String name, _) -> name;
      case Ref(String name) -> name;
      case Any() -> "any";
    };
  }

  private static String length(int min, int max) {
    if (min == max) {
      return "[" + min + "]";
    }
    return min == 0 && max == UNBOUNDED ? "[]" : "[" + atLeast(min) + ".." + atMost(max) + "]";
  }

  private static String atLeast(int min) {
    return min > 0 ? "" + min : "";
  }

  private static String atMost(int max) {
    return max == UNBOUNDED ? "" : "" + max;
  }

  private static String bounds(String min, String max) {
    return min.isEmpty() && max.isEmpty() ? "" : "<" + min + ".." + max + ">";
  }
}
