package dev.sgl.constraint.json;

import dev.sgl.constraint.machine.Branch;
import dev.sgl.constraint.machine.DfaState;
import dev.sgl.constraint.machine.Edges;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The beginning of a value of a formula.
final class ValueNode extends Branch.Lazy implements Reach.Goal {
  private final JsonNodes nodes;
  private final Formula formula;

  ValueNode(JsonNodes nodes, Formula formula) {
    this.nodes = nodes;
    this.formula = formula;
  }

  private DfaState scalar() {
    return nodes.rule(nodes.shapes.scalar(formula));
  }

  private Optional<ArrayNode> array() {
    Formula rest = nodes.shapes.of(formula, Kind.ARRAY);
    return rest == nodes.formulas.no
        ? Optional.empty()
        : Optional.of(nodes.array(rest, Set.of(), true));
  }

  private Optional<ObjectNode> object() {
    Formula rest = nodes.shapes.of(formula, Kind.OBJECT);
    return rest == nodes.formulas.no
        ? Optional.empty()
        : Optional.of(nodes.plan(rest).start(nodes.style.syntax().inner()));
  }

  @Override
  public Iterable<List<Reach.Goal>> ways() {
    if (!nodes.dfa.isEmpty(nodes.shapes.scalar(formula))) {
      return List.of(List.of());
    }
    List<List<Reach.Goal>> ways = new ArrayList<>();
    array().ifPresent(a -> ways.add(List.of(a)));
    object().ifPresent(o -> ways.add(List.of(o)));
    return ways;
  }

  @Override
  protected Edges makeEdges() {
    Edges.Builder builder = new Edges.Builder();
    if (!nodes.dfa.isEmpty(nodes.shapes.scalar(formula))) {
      builder.call(scalar(), Branch.END);
    }
    array().filter(nodes.reach::isReachable).ifPresent(a -> builder.on('[', nodes.spaced(a)));
    object().filter(nodes.reach::isReachable).ifPresent(o -> nodes.open(o, builder));
    return builder.build();
  }
}
