package dev.sgl.check;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.program.Expr;
import dev.sgl.program.Functions;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Tool;
import dev.sgl.program.Tool.NamedModel;
import dev.sgl.program.Type;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Checks calls of routines, tools and standard functions: that there is one of the name, and that
/// the arguments fit.
final class CallChecker {
  private final Program program;
  private final List<Diagnostic> diagnostics;
  private final ExprChecker values;

  CallChecker(Program program, List<Diagnostic> diagnostics, ExprChecker values) {
    this.program = program;
    this.diagnostics = diagnostics;
    this.values = values;
  }

  /// The type of a call's value.
  Type type(Expr.Call call, Scope scope) {
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
    Optional<Diagnostic> unknownModel = unknownModel(call, scope);
    if (unknownModel.isPresent()) {
      diagnostics.add(unknownModel.get());
      return Type.ANY;
    }
    List<Type> types = call.arguments().stream().map(a -> values.type(a.value(), scope)).toList();
    if (call.name().equals("join") && joinsAsInPython(types)) {
      diagnostics.add(
          Diagnostic.wrongArguments(
              "The list comes first: write `items.join(\", \")`.", call.span()));
      return Type.TEXT;
    }
    for (int i = 0; i < types.size(); i++) {
      Expr argument = call.arguments().get(i).value();
      values.requireFit(types.get(i), Functions.taken(call.name(), i), argument);
    }
    return switch (call.name()) {
      case "meta" -> meta(call, scope);
      case "run" -> run(call, scope);
      default -> standard(call);
    };
  }

  /// A call of a model's function where the model is not known.
  private Optional<Diagnostic> unknownModel(Expr.Call call, Scope scope) {
    if (!NamedModel.isFunction(call.name())
        || call.arguments().isEmpty()
        || !(call.arguments().getFirst().value() instanceof Expr.Name(var name, var span))
        || scope.find(name).isPresent()) {
      return Optional.empty();
    }
    String help =
        program.models().contains(name)
            ? "a variable `%s` of this routine hides the model".formatted(name)
            : Nearest.to(name, program.models())
                .map(near -> "did you mean `%s.%s`?".formatted(near, call.name()))
                .orElseGet(() -> "declare the model: `model %s`".formatted(name));
    return Optional.of(Diagnostic.unknownName(name, span, help));
  }

  /// A call of a standard function, or of no function at all.
  private Type standard(Expr.Call call) {
    Optional<Functions.Signature> signature = Functions.signature(call.name());
    if (call.arguments().stream().anyMatch(a -> a.name().isPresent())) {
      diagnostics.add(
          Diagnostic.wrongArguments("Standard functions take no names of arguments.", call.span()));
    }
    if (signature.isEmpty()) {
      diagnostics.add(Diagnostic.unknownFunction(call.name(), call.span(), nearest(call.name())));
      return Type.ANY;
    }
    int given = call.arguments().size();
    if (given < signature.get().least() || given > signature.get().most()) {
      diagnostics.add(Diagnostic.wrongArguments(call.name(), signature.get(), given, call.span()));
    }
    return signature.get().returns();
  }

  private Optional<String> nearest(String name) {
    return Nearest.to(
        name, Functions.names(), program.routines().keySet(), program.tools().keySet());
  }

  /// `", ".join(items)`, where here the list comes first.
  private static boolean joinsAsInPython(List<Type> arguments) {
    return arguments.size() == 2
        && ExprChecker.isText(arguments.get(0))
        && arguments.get(1) instanceof Type.Array;
  }

  /// `meta(name)` is a record whose fields depend on the model.
  private Type meta(Expr.Call call, Scope scope) {
    if (call.arguments().size() != 1
        || !(call.arguments().getFirst().value() instanceof Expr.Name(var name, var span))) {
      diagnostics.add(
          Diagnostic.wrongArguments("`meta` takes the name of a generated variable.", call.span()));
      return Type.ANY;
    }
    scope
        .find(name)
        .filter(variable -> variable.kind() != Scope.Kind.GENERATED)
        .ifPresent(_ -> diagnostics.add(Diagnostic.notGenerated(name, span)));
    return Type.ANY;
  }

  /// `run(action)` calls the tool that a generated call names.
  private Type run(Expr.Call call, Scope scope) {
    if (call.arguments().size() != 1) {
      diagnostics.add(Diagnostic.wrongArguments("`run` takes one call of a tool.", call.span()));
      return Type.ANY;
    }
    Expr argument = call.arguments().getFirst().value();
    Type type = TypeFit.whole(values.type(argument, scope));
    if (type instanceof Type.Call(var tools)) {
      List<Type> returns =
          tools.stream()
              .map(t -> program.tools().get(t.name()) instanceof Tool tool ? tool : null)
              .map(t -> t == null ? Type.ANY : t.returns().orElse(Type.ANY))
              .distinct()
              .toList();
      return returns.size() == 1 ? returns.getFirst() : Type.ANY;
    }
    if (!mayBeCall(type)) {
      diagnostics.add(Diagnostic.wrongType("a call of a tool", type, argument.span()));
    }
    return Type.ANY;
  }

  private static boolean mayBeCall(Type type) {
    return switch (type) {
      case Type.Any _, Type.OneOf _, Type.Rec _, Type.Call _ -> true;
      case Type.Text _, Type.Str _, Type.Pattern _, Type.Int _, Type.Float _ -> false;
      case Type.Bool _, Type.Literal _, Type.Array _, Type.MapOf _, Type.Schema _ -> false;
      case Type.Grammar _, Type.Recursive _, Type.Ref _ -> false;
    };
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
        values.type(argument.value(), scope);
        continue;
      }
      if (!given.add(parameter.get().name())) {
        diagnostics.add(
            Diagnostic.wrongArguments(
                "`" + parameter.get().name() + "` is given twice.", argument.value().span()));
      }
      values.require(argument.value(), parameter.get().type(), scope);
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
