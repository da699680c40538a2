package dev.sgl.local.template;

import java.util.List;
import java.util.Optional;

/// A piece of a template: text, output, or a statement with its body.
sealed interface Node {

  /// A node and the line that it begins in.
  record Placed(int line, Node node) {}

  record Text(String text) implements Node {}

  record Output(Term term) implements Node {}

  record If(Term condition, List<Placed> then, List<Placed> otherwise) implements Node {}

  record For(
      List<String> targets,
      Term items,
      Optional<Term> condition,
      List<Placed> body,
      List<Placed> otherwise)
      implements Node {}

  record Set(List<Term> targets, Term value) implements Node {}

  /// Sets a name to rendered text, passed through filters.
  record SetBlock(Term target, List<Term.Filter> filters, List<Placed> body) implements Node {}

  record Macro(String name, List<Parameter> parameters, List<Placed> body) implements Node {}

  record Parameter(String name, Optional<Term> standard) {}

  /// Renders its body, passed through filters.
  record FilterBlock(List<Term.Filter> filters, List<Placed> body) implements Node {}

  /// Calls a macro whose `caller()` is the body.
  record CallBlock(Term.Call call, List<Parameter> parameters, List<Placed> body) implements Node {}

  /// A body that changes nothing, such as that of `generation`.
  record Block(List<Placed> body) implements Node {}

  record Break() implements Node {}

  record Continue() implements Node {}
}
