package dev.sgl.constraint.machine;

/// A place in a rule. Nodes are compared by identity: who makes them makes each once.
public sealed interface Node permits DfaState, Branch, Capture {

  /// Whether the rule may end here without another byte.
  boolean isNullable();
}
