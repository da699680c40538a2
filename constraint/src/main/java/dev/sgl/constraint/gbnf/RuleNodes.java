package dev.sgl.constraint.gbnf;

import dev.sgl.constraint.gbnf.Rule.Symbol;
import dev.sgl.constraint.machine.Branch;
import dev.sgl.constraint.machine.Edges;
import dev.sgl.constraint.machine.Node;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The nodes of one rule: its beginning, and one for each position inside of it.
///
/// A machine cannot call a rule that calls itself before a byte. So where rules are
/// left-recursive together, each gets the nodes of all of them: it begins with what any of
/// them may begin with that is none of them, and where one of them is complete, it continues
/// in those that begin with it (the left-corner transform: Rosenkrantz and Lewis, 1970). That
/// takes as many nodes as the rules have positions, times the number of rules.
final class RuleNodes {

  /// A position in an alternative of a rule.
  private record Position(Rule rule, List<Symbol> alternative, int index) {
    boolean isAtEnd() {
      return index == alternative.size();
    }

    Position next() {
      return new Position(rule, alternative, index + 1);
    }
  }

  private final Rule rule;
  private final Map<Integer, Map<List<Symbol>, PositionNode>> made = new HashMap<>();
  private final Branch start;

  RuleNodes(Rule rule) {
    this.rule = rule;
    start = new StartNode();
  }

  Branch start() {
    return start;
  }

  private Node node(Position position) {
    if (position.isAtEnd() && rule.leftGroup.isEmpty()) {
      return Branch.END;
    }
    return made.computeIfAbsent(position.index(), i -> new IdentityHashMap<>())
        .computeIfAbsent(position.alternative(), a -> new PositionNode(position));
  }

  private static Node target(Symbol symbol) {
    return switch (symbol) {
      case Symbol.Regular(var state) -> state;
      case Symbol.Call(var called) -> called.nodes().start();
    };
  }

  private void call(Edges.Builder edges, Position position) {
    Symbol symbol = position.alternative().get(position.index());
    edges.call(target(symbol), node(position.next()));
  }

  /// What a rule may begin with that is not left-recursive with it.
  private void begin(Edges.Builder edges, Rule with) {
    for (List<Symbol> alternative : with.alternatives) {
      for (int i = 0; i < alternative.size(); i++) {
        Symbol symbol = alternative.get(i);
        if (!isInGroup(symbol)) {
          // empty, it is passed over here: what follows may be in the group
          edges.callSome(target(symbol), node(new Position(with, alternative, i + 1)));
        }
        if (!symbol.isNullable()) {
          break;
        }
      }
    }
  }

  private boolean isInGroup(Symbol symbol) {
    return symbol instanceof Symbol.Call(var called) && rule.leftGroup.contains(called);
  }

  /// What follows once `complete` is: the end, if it is this rule, and the rest of all alternatives
  /// that begin with it.
  private void complete(Edges.Builder edges, Rule complete, Set<Rule> done) {
    if (!done.add(complete)) {
      return;
    }
    if (complete == rule) {
      edges.accept();
    }
    for (Rule with : rule.leftGroup) {
      for (List<Symbol> alternative : with.alternatives) {
        for (int i = 0; i < alternative.size(); i++) {
          if (alternative.get(i) instanceof Symbol.Call(var called) && called == complete) {
            goOn(edges, new Position(with, alternative, i + 1), done);
          }
          if (!alternative.get(i).isNullable()) {
            break;
          }
        }
      }
    }
  }

  private void goOn(Edges.Builder edges, Position position, Set<Rule> done) {
    if (position.isAtEnd()) {
      complete(edges, position.rule(), done);
    } else {
      call(edges, position);
      if (position.alternative().get(position.index()).isNullable()) {
        goOn(edges, position.next(), done);
      }
    }
  }

  /// Before the first byte of the rule.
  private final class StartNode extends Branch.Lazy {
    @Override
    protected Edges makeEdges() {
      Edges.Builder builder = new Edges.Builder();
      for (Rule with : rule.leftGroup.isEmpty() ? List.of(rule) : rule.leftGroup) {
        begin(builder, with);
      }
      if (rule.nullable) {
        builder.accept();
      }
      return builder.build();
    }

    @Override
    public boolean isNullable() {
      return rule.nullable;
    }
  }

  /// At a position behind the first byte of the rule; as rules are only called at their beginnings,
  /// it never has to be nullable.
  private final class PositionNode extends Branch.Lazy {
    private final Position position;

    PositionNode(Position position) {
      this.position = position;
    }

    @Override
    protected Edges makeEdges() {
      Edges.Builder builder = new Edges.Builder();
      if (position.isAtEnd()) {
        complete(builder, position.rule(), new HashSet<>());
      } else {
        call(builder, position);
      }
      return builder.build();
    }
  }
}
