package dev.sgl.local.template;

import java.util.List;
import java.util.Optional;

/// An expression of a template.
sealed interface Term {

  record Literal(Object value) implements Term {}

  record Name(String name) implements Term {}

  record Attribute(Term of, String name) implements Term {}

  record Item(Term of, Term at) implements Term {}

  record Slice(Term of, Optional<Term> from, Optional<Term> to, Optional<Term> step)
      implements Term {}

  record Call(Term callee, List<Argument> arguments) implements Term {}

  record Argument(Optional<String> name, Term value) {}

  record Filter(Term of, String name, List<Argument> arguments) implements Term {}

  record Test(Term of, String name, List<Argument> arguments, boolean negated) implements Term {}

  record Unary(String operator, Term of) implements Term {}

  record Binary(String operator, Term left, Term right) implements Term {}

  record Compare(Term first, List<Comparison> rest) implements Term {}

  record Comparison(String operator, Term right) {}

  record Conditional(Term then, Term condition, Optional<Term> otherwise) implements Term {}

  record ListOf(List<Term> items) implements Term {}

  record DictOf(List<Entry> entries) implements Term {}

  record Entry(Term key, Term value) {}
}
