package dev.sgl.check;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.program.Expr;
import dev.sgl.program.Functions;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Step;
import dev.sgl.program.Type;
import dev.sgl.program.Values;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Finds the type of a value as far as it is known, and adds a diagnostic for each mistake in the
/// value. [CallChecker] checks calls.
final class ExprChecker {
  private final Program program;
  private final List<Diagnostic> diagnostics;
  private final Observer observer;
  private final CallChecker calls;
  private @Nullable Map<String, String> ofFragments; // names that fragments bind; once it is asked

  ExprChecker(Program program, List<Diagnostic> diagnostics, Observer observer) {
    this.program = program;
    this.diagnostics = diagnostics;
    this.observer = observer;
    calls = new CallChecker(program, diagnostics, this);
  }

  Type type(Expr expr, Scope scope) {
    return switch (expr) {
      case Expr.Constant(Object value, _) -> constant(value);
      case Expr.Text text -> text(text, scope);
      case Expr.Name(var name, var span) ->
          read(name, span, scope).flatMap(_ -> scope.type(name)).orElse(Type.ANY);
      case Expr.Member member -> member(member, scope);
      case Expr.Index index -> index(index, scope);
      case Expr.Call call -> calls.type(call, scope);
      case Expr.Unary unary -> unary(unary, scope);
      case Expr.Binary binary -> binary(binary, scope);
      case Expr.Range range -> range(range, scope);
      case Expr.ListOf(var items, _) -> list(items, scope);
      case Expr.RecOf record -> record(record, scope);
      case Expr.Each each -> each(each, scope);
    };
  }

  private Type text(Expr.Text text, Scope scope) {
    text.parts().forEach(part -> type(part, scope));
    return Type.TEXT;
  }

  private Type unary(Expr.Unary unary, Scope scope) {
    if (unary.operator() == Expr.Operator.NOT) {
      require(unary.of(), Type.BOOL, scope);
      return Type.BOOL;
    }
    Type type = type(unary.of(), scope);
    Type number = number(type, unary.of());
    return type instanceof Type.Literal ? negative(type) : number;
  }

  private Type range(Expr.Range range, Scope scope) {
    require(range.first(), Type.INT, scope);
    require(range.last(), Type.INT, scope);
    return Type.array(
        range.first() instanceof Expr.Constant(Long least, _)
                && range.last() instanceof Expr.Constant(Long most, _)
            ? new Type.Int(least, most)
            : Type.INT);
  }

  private Type record(Expr.RecOf record, Scope scope) {
    Set<String> names = new HashSet<>();
    List<Type.Field> fields = new ArrayList<>();
    for (Expr.Entry entry : record.entries()) {
      if (!names.add(entry.name())) {
        diagnostics.add(Diagnostic.duplicateName(entry.name(), record.span()));
      }
    }
    for (Expr.Entry entry : record.entries()) {
      fields.add(new Type.Field(entry.name(), type(entry.value(), scope), false));
    }
    return new Type.Rec(fields);
  }

  private Type each(Expr.Each each, Scope scope) {
    Scope inner = scope.inner();
    Type element = item(each.list(), scope);
    inner.define(each.name(), element, Scope.Kind.VALUE, each.span());
    observer.bound(each.name(), element, each.span());
    if (each.condition().isPresent()) {
      require(each.condition().get(), Type.BOOL, inner);
      know(each.condition().get(), true, inner);
    }
    return Type.array(type(each.item(), inner));
  }

  /// The type of an element of `list`, which must be a list.
  Type item(Expr list, Scope scope) {
    Type type = TypeFit.whole(type(list, scope));
    Optional<Type> item = item(type);
    if (item.isEmpty()) {
      diagnostics.add(Diagnostic.wrongType("a list", type, list.span()));
    }
    return item.orElse(Type.ANY);
  }

  /// The type of an element of a list of a type; empty if values of the type may be no lists.
  private static Optional<Type> item(Type type) {
    return switch (type) {
      case Type.Array(var item, _, _) -> Optional.of(item);
      case Type.Any _, Type.Schema _ -> Optional.of(Type.ANY);
      case Type.OneOf(var choices) -> itemOfEach(choices);
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> Optional.empty();
      case Type.Bool _, Type.Literal _, Type.Rec _, Type.MapOf _, Type.Call _ -> Optional.empty();
      case Type.Grammar _, Type.Recursive _, Type.Ref _ -> Optional.empty();
    };
  }

  private static Optional<Type> itemOfEach(List<Type> choices) {
    List<Type> items = new ArrayList<>();
    for (Type choice : choices) {
      if (!(TypeFit.whole(choice) instanceof Type.Array(var item, _, _))) {
        return Optional.empty();
      }
      items.add(item);
    }
    return Optional.of(TypeFit.union(items));
  }

  /// Checks that every value of `expr` is of type `wanted`, and returns its type as far as it
  /// is known.
  Type require(Expr expr, Type wanted, Scope scope) {
    Type found = type(expr, scope);
    if (!TypeFit.fits(found, wanted)) {
      requireFit(exact(expr, found, scope), wanted, expr);
    }
    return found;
  }

  void requireFit(Type found, Type wanted, Expr expr) {
    if (!TypeFit.fits(found, wanted)) {
      diagnostics.add(
          Diagnostic.wrongType(
              "`" + wanted.show() + "`", found, expr.span(), TypeFit.why(found, wanted)));
    }
  }

  /// The type of a value that was checked, with the literals of variables that are never assigned
  /// another value.
  ///
  /// @param found its type without them
  private Type exact(Expr expr, Type found, Scope scope) {
    return switch (expr) {
      case Expr.Constant(Object value, _) -> constant(value);
      case Expr.Name(var name, _) when scope.narrowed(name).isEmpty() ->
          scope.find(name).flatMap(Scope.Variable::exact).orElse(found);
      case Expr.ListOf(var items, _) when found instanceof Type.Array(var item, _, _) ->
          listOf(items.stream().map(i -> exact(i, item, scope)).toList());
      case Expr.RecOf(var entries, _) when found instanceof Type.Rec(var fields) ->
          new Type.Rec(
              IntStream.range(0, entries.size())
                  .mapToObj(
                      i ->
                          new Type.Field(
                              entries.get(i).name(),
                              exact(entries.get(i).value(), fields.get(i).type(), scope),
                              false))
                  .toList());
      case Expr.Text _, Expr.Name _, Expr.Member _, Expr.Index _, Expr.Call _ -> found;
      case Expr.Unary _, Expr.Binary _, Expr.Range _, Expr.ListOf _, Expr.RecOf _ -> found;
      case Expr.Each _ -> found;
    };
  }

  /// Narrows the types of values that are not none where a condition holds, or does not hold.
  void know(Expr condition, boolean holds, Scope scope) {
    switch (condition) {
      case Expr.Unary(var operator, var of, _) when operator == Expr.Operator.NOT ->
          know(of, !holds, scope);
      case Expr.Binary(var operator, var left, var right, _)
          when operator == (holds ? Expr.Operator.AND : Expr.Operator.OR) -> {
        know(left, holds, scope);
        know(right, holds, scope);
      }
      case Expr.Binary(var operator, var left, Expr.Constant(Object value, _), _)
          when operator == (holds ? Expr.Operator.NE : Expr.Operator.EQ) && value == Values.NONE ->
          path(left)
              .ifPresent(path -> scope.narrow(path, Narrowing.withoutNone(quietly(left, scope))));
      case Expr.Constant _, Expr.Text _, Expr.Name _, Expr.Member _, Expr.Index _ -> {}
      case Expr.Call _, Expr.Unary _, Expr.Binary _, Expr.Range _, Expr.ListOf _ -> {}
      case Expr.RecOf _, Expr.Each _ -> {}
    }
  }

  /// The type of a variable or a field that was checked before.
  private Type quietly(Expr expr, Scope scope) {
    return new ExprChecker(program, new ArrayList<>(), Observer.NONE).type(expr, scope);
  }

  /// The name of a variable, or of a field of one: `a`, `a.b`.
  static Optional<String> path(Expr expr) {
    return switch (expr) {
      case Expr.Name(var name, _) -> Optional.of(name);
      case Expr.Member(var of, var name, _) -> path(of).map(p -> p + "." + name);
      case Expr.Constant _, Expr.Text _, Expr.Index _, Expr.Call _ -> Optional.empty();
      case Expr.Unary _, Expr.Binary _, Expr.Range _, Expr.ListOf _ -> Optional.empty();
      case Expr.RecOf _, Expr.Each _ -> Optional.empty();
    };
  }

  static Type constant(Object value) {
    return switch (value) {
      case String _, Long _, Double _, Boolean _ -> new Type.Literal(value);
      default -> value == Values.NONE ? new Type.Literal(value) : Type.ANY;
    };
  }

  /// The variable `name`, which is read; or none, and a diagnostic.
  Optional<Scope.Variable> read(String name, Span span, Scope scope) {
    Optional<Scope.Variable> variable = scope.find(name);
    if (variable.isEmpty()) {
      diagnostics.add(unknown(name, span, scope));
    } else {
      variable.get().read();
      observer.read(name, scope.type(name).orElse(Type.ANY), span, variable.get().span());
    }
    return variable;
  }

  /// Says of a name that there is no such variable here.
  private Diagnostic unknown(String name, Span span, Scope scope) {
    if (scope.isLost(name)) {
      return Diagnostic.maybeUnbound(name, span);
    }
    if (name.equals("f")) {
      return Diagnostic.unknownName(name, span, "a text takes values in braces without an `f`");
    }
    if (program.models().contains(name)) {
      return Diagnostic.unknownName(
          name,
          span,
          "the model is no value: call `%s.score(…)`, or another of its functions".formatted(name));
    }
    return Optional.ofNullable(ofFragments().get(name))
        .map(
            fragment ->
                Diagnostic.unknownName(
                    name,
                    span,
                    "it belongs to the fragment `%1$s`: let that `return %2$s`, and write `let %2$s = %1$s(…)`"
                        .formatted(fragment, name)))
        .orElseGet(() -> Diagnostic.unknownName(name, span, Nearest.to(name, scope.names())));
  }

  /// The names that fragments bind, each with the first fragment that does.
  private Map<String, String> ofFragments() {
    if (ofFragments != null) {
      return ofFragments;
    }
    Map<String, String> names = new HashMap<>();
    program.routines().values().stream()
        .filter(routine -> routine.kind() == Routine.Kind.FRAGMENT)
        .forEach(fragment -> bind(fragment.body(), fragment.name(), names));
    ofFragments = names;
    return names;
  }

  private static void bind(List<Step> steps, String fragment, Map<String, String> names) {
    for (Step step : steps) {
      step.bound().ifPresent(name -> names.putIfAbsent(name, fragment));
      step.blocks().forEach(block -> bind(block, fragment, names));
    }
  }

  private Type member(Expr.Member member, Scope scope) {
    Type of = record(TypeFit.whole(type(member.of(), scope)));
    Optional<Type> known = path(member).flatMap(scope::narrowed);
    if (known.isPresent()) {
      return known.get();
    }
    if (of instanceof Type.Rec rec && field(rec, member.name()).isPresent()) {
      return field(rec, member.name()).get();
    }
    if (of instanceof Type.OneOf(var choices)) {
      return ofEach(choices, member);
    }
    if (isFieldOfAnyName(member.name(), of)) {
      diagnostics.add(Diagnostic.uncalledFunction(member.name(), member.span()));
    }
    if (isOpen(of)) {
      return Type.ANY; // or nothing, if there is no such name
    }
    Optional<Functions.Signature> property =
        Functions.signature(member.name()).filter(s -> s.least() == 1);
    if (property.isPresent() && !(of instanceof Type.Rec)) {
      requireFit(of, Functions.taken(member.name(), 0), member.of());
      return property.get().returns();
    }
    if (of instanceof Type.Array(Type.Rec(var fields), _, _)
        && fields.stream().anyMatch(f -> f.name().equals(member.name()))) {
      diagnostics.add(Diagnostic.unknownField(member.name(), of.show(), member.span()));
      return Type.ANY;
    }
    List<String> fields =
        of instanceof Type.Rec(var all) ? all.stream().map(Type.Field::name).toList() : List.of();
    diagnostics.add(
        Diagnostic.unknownField(
            member.name(),
            "`" + of.show() + "`",
            member.span(),
            Nearest.to(member.name(), fields, Functions.names())));
    return Type.ANY;
  }

  /// The type of a field that a record has.
  private static Optional<Type> field(Type.Rec rec, String name) {
    return rec.fields().stream()
        .filter(field -> field.name().equals(name))
        .findFirst()
        .map(field -> field.optional() ? orNone(field.type()) : field.type());
  }

  /// Whether a value of the type may have any fields.
  private static boolean isOpen(Type type) {
    return switch (type) {
      case Type.Any _, Type.Schema _, Type.MapOf _ -> true;
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Rec _, Type.Array _ -> false;
      case Type.Call _, Type.Grammar _, Type.Recursive _, Type.Ref _ -> false;
    };
  }

  /// The type of a field, or a property, of a value of one of several types: each of them must have
  /// it, but for records, where it is none, if another has it.
  private Type ofEach(List<Type> choices, Expr.Member member) {
    List<Type> types = new ArrayList<>();
    boolean isKnown = false;
    for (Type choice : choices) {
      Type of = record(TypeFit.whole(choice));
      Optional<Type> found =
          of instanceof Type.Rec rec
              ? field(rec, member.name())
              : isOpen(of) ? Optional.of(Type.ANY) : property(of, member.name());
      isKnown |= found.isPresent();
      if (found.isEmpty() && !(of instanceof Type.Rec)) {
        diagnostics.add(Diagnostic.unknownField(member.name(), of, member.span()));
        return Type.ANY;
      }
      types.add(found.orElse(new Type.Literal(Values.NONE)));
    }
    if (!isKnown) {
      diagnostics.add(Diagnostic.unknownField(member.name(), choices.getFirst(), member.span()));
    }
    return isKnown ? TypeFit.union(types) : Type.ANY;
  }

  /// The type of a standard function that is read as a property.
  private static Optional<Type> property(Type of, String name) {
    return Functions.signature(name)
        .filter(s -> s.least() == 1 && TypeFit.fits(of, Functions.taken(name, 0)))
        .map(Functions.Signature::returns);
  }

  /// Whether a name that is a function's can only be a field's here: what may have any fields is no
  /// value that has functions as properties, or is none that the function takes.
  private static boolean isFieldOfAnyName(String name, Type of) {
    boolean isFunction = Functions.signature(name).filter(s -> s.least() == 1).isPresent();
    boolean isOfRecords = Functions.taken(name, 0) instanceof Type.MapOf;
    return isFunction
        && (of instanceof Type.MapOf
            || isOfRecords && (of instanceof Type.Any || of instanceof Type.Schema));
  }

  private static Type orNone(Type type) {
    List<Type> choices =
        new ArrayList<>(type instanceof Type.OneOf(var known) ? known : List.of(type));
    Type none = new Type.Literal(Values.NONE);
    if (choices.contains(none) || choices.contains(Type.ANY)) {
      return type;
    }
    choices.add(none);
    return new Type.OneOf(choices);
  }

  /// A call of a tool as the record that it is.
  private static Type record(Type type) {
    if (!(type instanceof Type.Call(var tools))) {
      return type;
    }
    Type arguments = tools.size() == 1 ? tools.getFirst().type() : Type.ANY;
    return new Type.Rec(
        List.of(
            new Type.Field("name", Type.TEXT, false),
            new Type.Field("arguments", arguments, false)));
  }

  private Type index(Expr.Index index, Scope scope) {
    Type of = TypeFit.whole(type(index.of(), scope));
    type(index.at(), scope);
    return switch (of) {
      case Type.Array(var item, _, _) -> item;
      case Type.MapOf(var value) -> value;
      case Type.Rec _, Type.Any _, Type.Schema _, Type.Call _ -> Type.ANY;
      case Type.OneOf(var choices)
          when choices.stream().map(TypeFit::whole).allMatch(ExprChecker::hasItems) ->
          Type.ANY;
      case Type.OneOf _, Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ ->
          notIndexed(of, index);
      case Type.Bool _, Type.Literal _, Type.Grammar _, Type.Recursive _, Type.Ref _ ->
          notIndexed(of, index);
    };
  }

  private Type notIndexed(Type of, Expr.Index index) {
    diagnostics.add(Diagnostic.wrongType("a list or a record", of, index.of().span()));
    return Type.ANY;
  }

  private static boolean hasItems(Type type) {
    return switch (type) {
      case Type.Array _, Type.Rec _, Type.Call _, Type.Any _, Type.Schema _, Type.MapOf _ -> true;
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.OneOf _, Type.Grammar _, Type.Recursive _ -> false;
      case Type.Ref _ -> false;
    };
  }

  private Type list(List<Expr> items, Scope scope) {
    return listOf(items.stream().map(i -> type(i, scope)).toList());
  }

  private static Type listOf(List<Type> items) {
    List<Type> types = items.stream().distinct().toList();
    boolean isOpen = types.isEmpty() || types.contains(Type.ANY);
    Type item = isOpen ? Type.ANY : Type.oneOf(types);
    return new Type.Array(item, items.size(), items.size());
  }

  private Type binary(Expr.Binary binary, Scope scope) {
    return switch (binary.operator()) {
      case AND, OR -> {
        conditions(binary, binary.operator(), scope.inner());
        yield Type.BOOL;
      }
      case EQ, NE, IN -> {
        type(binary.left(), scope);
        type(binary.right(), scope);
        yield Type.BOOL;
      }
      case LT, LE, GT, GE -> comparison(binary, scope);
      case ADD -> {
        Type left = type(binary.left(), scope);
        Type right = type(binary.right(), scope);
        yield added(left, right, binary);
      }
      case SUB, MUL, MOD -> sum(number(binary.left(), scope), number(binary.right(), scope));
      case DIV -> {
        number(binary.left(), scope);
        number(binary.right(), scope);
        yield Type.ANY; // an integer if it comes out even
      }
      case NEG, NOT -> throw new AssertionError(binary.operator());
    };
  }

  private Type comparison(Expr.Binary binary, Scope scope) {
    Type left = type(binary.left(), scope);
    Type right = type(binary.right(), scope);
    if (!isNumber(left) && !isText(left)) {
      diagnostics.add(Diagnostic.wrongType("a number or a text", left, binary.left().span()));
    } else if (!TypeFit.fits(right, isNumber(left) ? Type.FLOAT : Type.TEXT)
        && !(left instanceof Type.Any)) {
      String wanted = "comparable with `" + left.show() + "`";
      diagnostics.add(Diagnostic.wrongType(wanted, right, binary.right().span()));
    }
    return Type.BOOL;
  }

  /// Checks the conditions that `operator` joins, each with the knowledge that the conditions
  /// before it hold (for `or`: do not hold).
  ///
  /// @param scope takes the knowledge after the last condition
  private void conditions(Expr expr, Expr.Operator operator, Scope scope) {
    if (expr instanceof Expr.Binary(var joined, var left, var right, _) && joined == operator) {
      conditions(left, operator, scope);
      conditions(right, operator, scope);
    } else {
      require(expr, Type.BOOL, scope);
      know(expr, operator == Expr.Operator.AND, scope);
    }
  }

  /// Texts, lists and numbers are added, each to its like.
  private Type added(Type left, Type right, Expr.Binary binary) {
    if (isText(left)) {
      if (!TypeFit.fits(right, Type.TEXT)) {
        diagnostics.add(
            Diagnostic.wrongType(
                "a text, as what stands before `+`",
                right,
                binary.right().span(),
                Optional.of("values stand in a text in braces: `\"… {x}\"`")));
      }
      return Type.TEXT;
    }
    if (TypeFit.whole(left) instanceof Type.Array) {
      Type whole = TypeFit.whole(right);
      if (!(whole instanceof Type.Array || whole instanceof Type.Any)) {
        diagnostics.add(
            Diagnostic.wrongType(
                "a list, as what stands before `+`", right, binary.right().span()));
      }
      return whole instanceof Type.Array more
          ? Type.array(item((Type.Array) TypeFit.whole(left), more))
          : Type.array(Type.ANY);
    }
    return sum(number(left, binary.left()), number(right, binary.right()));
  }

  /// The type of the items of two lists that are added: an empty one has none.
  private static Type item(Type.Array left, Type.Array right) {
    return left.max() == 0
        ? right.item()
        : right.max() == 0 || TypeFit.fits(right.item(), left.item())
            ? left.item()
            : TypeFit.union(List.of(left.item(), right.item()));
  }

  private static Type negative(Type type) {
    return switch (type) {
      case Type.Literal(Long n) when n != Long.MIN_VALUE -> new Type.Literal(-n);
      case Type.Literal(Double n) -> new Type.Literal(-n);
      case Type.Literal _ -> type;
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _, Type.Bool _ -> type;
      case Type.OneOf _, Type.Rec _, Type.Array _, Type.MapOf _, Type.Call _ -> type;
      case Type.Schema _, Type.Grammar _, Type.Recursive _, Type.Ref _, Type.Any _ -> type;
    };
  }

  private static Type sum(Type left, Type right) {
    return left.equals(Type.INT) && right.equals(Type.INT)
        ? Type.INT
        : left instanceof Type.Any || right instanceof Type.Any ? Type.ANY : Type.FLOAT;
  }

  private Type number(Expr expr, Scope scope) {
    return number(type(expr, scope), expr);
  }

  private Type number(Type type, Expr expr) {
    if (!isNumber(type)) {
      diagnostics.add(Diagnostic.wrongType("a number", type, expr.span()));
    }
    if (type instanceof Type.Any || type instanceof Type.Schema) {
      return Type.ANY;
    }
    return TypeFit.fits(type, Type.INT) ? Type.INT : isNumber(type) ? Type.FLOAT : Type.ANY;
  }

  private static boolean isNumber(Type type) {
    return TypeFit.fits(type, Type.FLOAT);
  }

  static boolean isText(Type type) {
    return !(type instanceof Type.Any) && TypeFit.fits(type, Type.TEXT);
  }
}
