package dev.sgl.constraint.gbnf;

import dev.sgl.constraint.regex.CodePoints;
import java.util.List;

/// The right side of a rule, as read.
sealed interface Expr {

  /// One character of a set.
  record Chars(CodePoints set) implements Expr {}

  /// What the rule `name` says.
  record Rule(String name) implements Expr {}

  /// All parts, one after the other.
  record Concat(List<Expr> parts) implements Expr {
    public Concat {
      parts = List.copyOf(parts);
    }
  }

  /// One of the choices.
  record Either(List<Expr> choices) implements Expr {
    public Either {
      choices = List.copyOf(choices);
    }
  }

  /// `item`, `min` to `max` times.
  record Repeat(Expr item, int min, int max) implements Expr {}
}
