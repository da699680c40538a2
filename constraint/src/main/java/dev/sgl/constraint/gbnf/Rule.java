package dev.sgl.constraint.gbnf;

import dev.sgl.constraint.machine.DfaState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A rule that is not regular: alternatives, each a list of what follows one another.
final class Rule {

  /// A regular language, or a rule.
  sealed interface Symbol {
    record Regular(DfaState state) implements Symbol {}

    record Call(Rule rule) implements Symbol {}

    default boolean isNullable() {
      return switch (this) {
        case Regular(var state) -> state.isNullable();
        case Call(var rule) -> rule.nullable;
      };
    }

    /// Whether it matches some text.
    default boolean isProductive() {
      return switch (this) {
        case Regular _ -> true; // others are not made
        case Call(var rule) -> rule.productive;
      };
    }
  }

  final String name;
  final List<List<Symbol>> alternatives = new ArrayList<>();
  boolean nullable;
  boolean productive;

  /// The rules that this one shares left recursion with, itself among them; none if it has none.
  List<Rule> leftGroup = List.of();

  private Optional<RuleNodes> nodes = Optional.empty();

  Rule(String name) {
    this.name = name;
  }

  /// Its nodes, made by the first call.
  RuleNodes nodes() {
    if (nodes.isEmpty()) {
      nodes = Optional.of(new RuleNodes(this));
    }
    return nodes.get();
  }
}
