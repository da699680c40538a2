package dev.sgl.program;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Something that has a value. The set is closed: checker, printer and interpreter switch over it.
public sealed interface Expr {
  /// The place in the source, or [Span#NONE].
  Span span();

  /// A fixed value: `String`, `Long`, `Double`, `Boolean` or [Values#NONE].
  record Constant(Object value, Span span) implements Expr {}

  /// Text with values in it; the parts are joined as they would be said.
  record Text(List<Expr> parts, Span span) implements Expr {
    public Text {
      parts = List.copyOf(parts);
    }
  }

  /// The value of a variable.
  record Name(String name, Span span) implements Expr {}

  /// A field of a record, the variables of a fork's branch, or a property such as `len`.
  record Member(Expr of, String name, Span span) implements Expr {}

  /// An item of a list by position from 0, or from the end by a negative one; a field by its name.
  record Index(Expr of, Expr at, Span span) implements Expr {}

  /// A call of a routine of the module or of a standard function; `x.f(y)` is `f(x, y)`.
  record Call(String name, List<Argument> arguments, Span span) implements Expr {
    public Call {
      arguments = List.copyOf(arguments);
    }
  }

  /// An argument, by position or by the parameter's name.
  record Argument(Optional<String> name, Expr value) {}

  /// `-x` or `not x`.
  record Unary(Operator operator, Expr of, Span span) implements Expr {}

  /// An operator between two values; `and` and `or` read the second only if needed.
  record Binary(Operator operator, Expr left, Expr right, Span span) implements Expr {}

  /// The integers from the first to the last, both included.
  record Range(Expr first, Expr last, Span span) implements Expr {}

  /// A list.
  record ListOf(List<Expr> items, Span span) implements Expr {
    public ListOf {
      items = List.copyOf(items);
    }
  }

  /// A record.
  record RecOf(List<Entry> entries, Span span) implements Expr {
    public RecOf {
      entries = List.copyOf(entries);
    }
  }

  /// The expressions that stand directly inside of it.
  default List<Expr> parts() {
    return switch (this) {
      case Constant _, Name _ -> List.of();
      case Text(var parts, _) -> parts;
      case Member(var of, _, _) -> List.of(of);
      case Index(var of, var at, _) -> List.of(of, at);
      case Call(_, var arguments, _) -> arguments.stream().map(Argument::value).toList();
      case Unary(_, var of, _) -> List.of(of);
      case Binary(_, var left, var right, _) -> List.of(left, right);
      case Range(var first, var last, _) -> List.of(first, last);
      case ListOf(var items, _) -> items;
      case RecOf(var entries, _) -> entries.stream().map(Entry::value).toList();
      case Each(var item, _, var list, var condition, _) ->
          Stream.concat(Stream.of(item, list), condition.stream()).toList();
    };
  }

  /// A field of a record value.
  record Entry(String name, Expr value) {}

  /// `[item for name in list if condition]`.
  record Each(Expr item, String name, Expr list, Optional<Expr> condition, Span span)
      implements Expr {}

  /// What a [Unary] or [Binary] does.
  enum Operator {
    OR("or", 1),
    AND("and", 2),
    EQ("==", 3),
    NE("!=", 3),
    LT("<", 3),
    LE("<=", 3),
    GT(">", 3),
    GE(">=", 3),
    IN("in", 3),
    ADD("+", 5),
    SUB("-", 5),
    MUL("*", 6),
    DIV("/", 6),
    MOD("%", 6),
    NEG("-", 7),
    NOT("not", 7);

    private final String symbol;
    private final int binding;

    Operator(String symbol, int binding) {
      this.symbol = symbol;
      this.binding = binding;
    }

    /// Whether it compares two values.
    public boolean isComparison() {
      return binding == EQ.binding;
    }

    /// How it is written.
    public String symbol() {
      return symbol;
    }

    /// How tightly it binds; a range binds with 4.
    int binding() {
      return binding;
    }

    /// The binary operator that is written so.
    public static Operator binary(String symbol) {
      for (Operator operator : values()) {
        if (operator.symbol.equals(symbol)) {
          return operator;
        }
      }
      throw new IllegalArgumentException(symbol);
    }
  }
}
