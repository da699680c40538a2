package dev.sgl.constraint.json;

import dev.sgl.constraint.regex.Term;
import java.util.List;
import java.util.Set;

/// A set of names of properties.
sealed interface Names {

  /// One name.
  record Named(String name) implements Names {}

  /// The names that, as written and with the closing quote, are in `term`.
  record Matching(Term term) implements Names {}

  /// All names but these and those that match one of `patterns`.
  record Except(Set<String> names, List<Term> patterns) implements Names {}
}
