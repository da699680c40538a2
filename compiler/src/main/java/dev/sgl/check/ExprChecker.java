package dev.sgl.check;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.program.Expr;
import dev.sgl.program.Functions;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Span;
import dev.sgl.program.Tool;
import dev.sgl.program.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Finds the type of a value as far as it is known, and says what is wrong with it.
final class ExprChecker {
  private final Program program;
  private final List<Diagnostic> diagnostics;
  private final Observer observer;

  ExprChecker(Program program, List<Diagnostic> diagnostics, Observer observer) {
    this.program = program;
    this.diagnostics = diagnostics;
    this.observer = observer;
  }

  Type type(Expr expr, Scope scope) {
    return switch (expr) {
      case Expr.Constant(Object value, _) -> constant(value);
      case Expr.Text(var parts, _) -> {
        parts.forEach(part -> type(part, scope));
        yield Type.TEXT;
      }
      case Expr.Name(var name, var span) ->
          read(name, span, scope).map(Scope.Variable::type).orElse(Type.ANY);
      case Expr.Member member -> member(member, scope);
      case Expr.Index index -> index(index, scope);
      case Expr.Call call -> call(call, scope);
      case Expr.Unary(var operator, var of, _) -> {
        if (operator == Expr.Operator.NOT) {
          require(of, Type.BOOL, scope);
          yield Type.BOOL;
        }
        yield number(of, scope);
      }
      case Expr.Binary binary -> binary(binary, scope);
      case Expr.Range(var first, var last, _) -> {
        require(first, Type.INT, scope);
        require(last, Type.INT, scope);
        yield Type.array(Type.INT);
      }
      case Expr.ListOf(var items, _) -> list(items, scope);
      case Expr.RecOf(var entries, var span) -> {
        Set<String> names = new HashSet<>();
        entries.stream()
            .filter(e -> !names.add(e.name()))
            .forEach(e -> diagnostics.add(Diagnostic.duplicateName(e.name(), span)));
        yield new Type.Rec(
            entries.stream()
                .map(e -> new Type.Field(e.name(), type(e.value(), scope), false))
                .toList());
      }
      case Expr.Each(var item, var name, var list, var condition, var span) -> {
        Scope inner = scope.inner();
        Type element = item(list, scope);
        inner.define(name, element, Scope.Kind.VALUE, span);
        observer.bound(name, element, span);
        condition.ifPresent(c -> require(c, Type.BOOL, inner));
        yield Type.array(type(item, inner));
      }
    };
  }

  /// The type of an element of `list`, which must be a list.
  Type item(Expr list, Scope scope) {
    Type type = TypeFit.whole(type(list, scope));
    return switch (type) {
      case Type.Array(var item, _, _) -> item;
      case Type.Any _, Type.Schema _ -> Type.ANY;
      case Type.OneOf(var choices)
          when choices.stream().map(TypeFit::whole).anyMatch(Type.Array.class::isInstance) ->
          Type.ANY;
      default -> {
        diagnostics.add(Diagnostic.wrongType("a list", type, list.span()));
        yield Type.ANY;
      }
    };
  }

  private void require(Expr expr, Type wanted, Scope scope) {
    Type found = type(expr, scope);
    if (!TypeFit.fits(found, wanted)) {
      diagnostics.add(Diagnostic.wrongType("`" + wanted.show() + "`", found, expr.span()));
    }
  }

  static Type constant(Object value) {
    return switch (value) {
      case String _, Long _, Boolean _ -> new Type.Literal(value);
      case Double _ -> Type.FLOAT;
      default -> Type.ANY;
    };
  }

  /// The variable `name`, which is read; or none, and a diagnostic.
  Optional<Scope.Variable> read(String name, Span span, Scope scope) {
    Optional<Scope.Variable> variable = scope.find(name);
    if (variable.isEmpty()) {
      diagnostics.add(unknown(name, span, scope));
    } else {
      variable.get().read();
      observer.read(name, variable.get().type(), span, variable.get().span());
    }
    return variable;
  }

  /// Says of a name that there is no such variable here.
  private Diagnostic unknown(String name, Span span, Scope scope) {
    return scope.isLost(name)
        ? Diagnostic.maybeUnbound(name, span)
        : Diagnostic.unknownName(name, span, Nearest.to(name, scope.names()));
  }

  private Type member(Expr.Member member, Scope scope) {
    Type of = record(TypeFit.whole(type(member.of(), scope)));
    if (of instanceof Type.Rec(var fields)) {
      Optional<Type.Field> field =
          fields.stream().filter(f -> f.name().equals(member.name())).findFirst();
      if (field.isPresent()) {
        return field.get().type();
      }
    }
    if (of instanceof Type.Any || of instanceof Type.OneOf || of instanceof Type.Schema) {
      return Type.ANY;
    }
    if (of instanceof Type.MapOf) {
      return Type.ANY; // or nothing, if there is no such name
    }
    Optional<Functions.Signature> property =
        Functions.signature(member.name()).filter(s -> s.least() == 1);
    if (property.isPresent() && !(of instanceof Type.Rec)) {
      return property.get().returns();
    }
    List<String> names = new ArrayList<>();
    if (of instanceof Type.Rec(var fields)) {
      fields.forEach(f -> names.add(f.name()));
    }
    names.addAll(Functions.names());
    diagnostics.add(
        Diagnostic.unknownField(
            member.name(), "`" + of.show() + "`", member.span(), Nearest.to(member.name(), names)));
    return Type.ANY;
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
      case Type.Rec _, Type.Any _, Type.OneOf _, Type.Schema _, Type.Call _ -> Type.ANY;
      default -> {
        diagnostics.add(Diagnostic.wrongType("a list or a record", of, index.of().span()));
        yield Type.ANY;
      }
    };
  }

  private Type list(List<Expr> items, Scope scope) {
    List<Type> types = items.stream().map(i -> type(i, scope)).distinct().toList();
    if (types.isEmpty()) {
      return Type.array(Type.ANY);
    }
    return Type.array(
        types.size() == 1
            ? types.getFirst()
            : types.contains(Type.ANY) ? Type.ANY : new Type.OneOf(types));
  }

  private Type binary(Expr.Binary binary, Scope scope) {
    return switch (binary.operator()) {
      case AND, OR -> {
        require(binary.left(), Type.BOOL, scope);
        require(binary.right(), Type.BOOL, scope);
        yield Type.BOOL;
      }
      case EQ, NE, IN -> {
        type(binary.left(), scope);
        type(binary.right(), scope);
        yield Type.BOOL;
      }
      case LT, LE, GT, GE -> {
        Type left = type(binary.left(), scope);
        Type right = type(binary.right(), scope);
        if (!isNumber(left) && !isText(left)) {
          diagnostics.add(Diagnostic.wrongType("a number or a text", left, binary.left().span()));
        } else if (isNumber(left) != isNumber(right)
            && !(left instanceof Type.Any)
            && !(right instanceof Type.Any)) {
          diagnostics.add(
              Diagnostic.wrongType(
                  "comparable with `" + left.show() + "`", right, binary.right().span()));
        }
        yield Type.BOOL;
      }
      case ADD -> {
        Type left = type(binary.left(), scope);
        Type right = type(binary.right(), scope);
        if (left instanceof Type.Array || isText(left)) {
          yield isText(left) ? Type.TEXT : left;
        }
        yield sum(number(left, binary.left()), number(right, binary.right()));
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
    return type instanceof Type.Int || type instanceof Type.Literal
        ? Type.INT
        : type instanceof Type.Float ? Type.FLOAT : Type.ANY;
  }

  private static boolean isNumber(Type type) {
    return TypeFit.fits(type, Type.FLOAT);
  }

  private static boolean isText(Type type) {
    return !(type instanceof Type.Any) && TypeFit.fits(type, Type.TEXT);
  }

  // --- calls

  private Type call(Expr.Call call, Scope scope) {
    Routine routine = program.routines().get(call.name());
    if (routine != null) {
      arguments(call.name(), routine.parameters(), call, scope);
      return routine.returns().orElse(Type.ANY);
    }
    Tool tool = program.tools().get(call.name());
    if (tool != null) {
      arguments(call.name(), tool.parameters(), call, scope);
      return tool.returns().orElse(Type.ANY);
    }
    call.arguments().forEach(a -> type(a.value(), scope));
    if (call.name().equals("meta")) {
      meta(call, scope);
      return Type.ANY;
    }
    if (call.name().equals("run")) {
      return run(call, scope);
    }
    Optional<Functions.Signature> signature = Functions.signature(call.name());
    if (call.arguments().stream().anyMatch(a -> a.name().isPresent())) {
      diagnostics.add(
          Diagnostic.wrongArguments("Standard functions take no names of arguments.", call.span()));
    }
    if (signature.isEmpty()) {
      List<String> names = new ArrayList<>(program.routines().keySet());
      names.addAll(program.tools().keySet());
      names.addAll(Functions.names());
      diagnostics.add(
          Diagnostic.unknownFunction(call.name(), call.span(), Nearest.to(call.name(), names)));
      return Type.ANY;
    }
    int given = call.arguments().size();
    if (given < signature.get().least() || given > signature.get().most()) {
      diagnostics.add(Diagnostic.wrongArguments(call.name(), signature.get(), given, call.span()));
    }
    return signature.get().returns();
  }

  private void meta(Expr.Call call, Scope scope) {
    if (call.arguments().size() != 1
        || !(call.arguments().getFirst().value() instanceof Expr.Name(var name, var span))) {
      diagnostics.add(
          Diagnostic.wrongArguments("`meta` takes the name of a generated variable.", call.span()));
      return;
    }
    scope
        .find(name)
        .filter(variable -> variable.kind() != Scope.Kind.GENERATED)
        .ifPresent(_ -> diagnostics.add(Diagnostic.notGenerated(name, span)));
  }

  /// `run(action)` does what a call of a tool says.
  private Type run(Expr.Call call, Scope scope) {
    if (call.arguments().size() != 1) {
      diagnostics.add(Diagnostic.wrongArguments("`run` takes one call of a tool.", call.span()));
      return Type.ANY;
    }
    Expr argument = call.arguments().getFirst().value();
    Type type = TypeFit.whole(type(argument, scope));
    if (type instanceof Type.Call(var tools)) {
      List<Type> returns =
          tools.stream()
              .map(t -> program.tools().get(t.name()) instanceof Tool tool ? tool : null)
              .map(t -> t == null ? Type.ANY : t.returns().orElse(Type.ANY))
              .distinct()
              .toList();
      return returns.size() == 1 ? returns.getFirst() : Type.ANY;
    }
    if (!(type instanceof Type.Any || type instanceof Type.OneOf || type instanceof Type.Rec)) {
      diagnostics.add(Diagnostic.wrongType("a call of a tool", type, argument.span()));
    }
    return Type.ANY;
  }

  private void arguments(
      String callee, List<Routine.Parameter> parameters, Expr.Call call, Scope scope) {
    Set<String> given = new HashSet<>();
    int position = 0;
    for (Expr.Argument argument : call.arguments()) {
      int at = position;
      Optional<Routine.Parameter> parameter =
          argument.name().isPresent()
              ? parameters.stream().filter(p -> p.name().equals(argument.name().get())).findFirst()
              : parameters.stream().skip(at).findFirst();
      position++;
      if (parameter.isEmpty()) {
        String wrong =
            argument
                .name()
                .map(n -> " has no parameter `" + n + "`.")
                .orElse(" takes at most " + parameters.size() + " arguments.");
        diagnostics.add(
            Diagnostic.wrongArguments("`" + callee + "`" + wrong, argument.value().span()));
        type(argument.value(), scope);
        continue;
      }
      if (!given.add(parameter.get().name())) {
        diagnostics.add(
            Diagnostic.wrongArguments(
                "`" + parameter.get().name() + "` is given twice.", argument.value().span()));
      }
      require(argument.value(), parameter.get().type(), scope);
    }
    for (Routine.Parameter parameter : parameters) {
      if (parameter.standard().isEmpty() && !given.contains(parameter.name())) {
        diagnostics.add(
            Diagnostic.wrongArguments(
                "`" + callee + "` needs `" + parameter.name() + "`.", call.span()));
      }
    }
  }
}
