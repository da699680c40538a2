package dev.sgl.check;

import dev.sgl.diagnostic.Diagnostic;
import dev.sgl.diagnostic.Nearest;
import dev.sgl.program.Expr;
import dev.sgl.program.Functions;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.Tool;
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
      Optional<String> near =
          Nearest.to(
              call.name(),
              Functions.names(),
              program.routines().keySet(),
              program.tools().keySet());
      diagnostics.add(Diagnostic.unknownFunction(call.name(), call.span(), near));
      return Type.ANY;
    }
    int given = call.arguments().size();
    if (given < signature.get().least() || given > signature.get().most()) {
      diagnostics.add(Diagnostic.wrongArguments(call.name(), signature.get(), given, call.span()));
    }
    return signature.get().returns();
  }

  /// `", ".join(items)`, where here the list comes first.
  private static boolean joinsAsInPython(List<Type> arguments) {
    return arguments.size() == 2
        && ExprChecker.isText(arguments.get(0))
        && arguments.get(1) instanceof Type.Array;
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
