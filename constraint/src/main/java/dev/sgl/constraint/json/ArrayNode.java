package dev.sgl.constraint.json;

import dev.sgl.constraint.machine.Branch;
import dev.sgl.constraint.machine.Capture;
import dev.sgl.constraint.machine.CapturedRule;
import dev.sgl.constraint.machine.Edges;
import dev.sgl.constraint.machine.Node;
import dev.sgl.constraint.regex.Term;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Inside of an array, before an item or the end.
final class ArrayNode extends Branch.Lazy implements Reach.Goal {
  /// The most values of an item that are told apart when items must be unique.
  static final int MAX_LISTED = 40;

  private static final int STRUCTURED = Kind.ARRAY.bit() | Kind.OBJECT.bit();

  private final JsonNodes nodes;
  private final Formulas formulas;
  private final Formula rest;
  private final Set<String> seen;
  private final boolean first;
  private List<Splits.Split> splits = List.of();
  private boolean isSplit;

  /// @param rest the formula of the items that follow
  /// @param seen the items so far that are neither arrays nor objects, as written, where items
  ///     must be unique; `rest` excludes the arrays and objects
  ArrayNode(JsonNodes nodes, Formula rest, Set<String> seen, boolean first) {
    this.nodes = nodes;
    this.formulas = nodes.formulas;
    this.rest = rest;
    this.seen = seen;
    this.first = first;
  }

  private boolean mayEnd() {
    return formulas.map(
            rest,
            atom ->
                formulas.constant(
                    switch (atom) {
                      case Formula.Length l -> l.min == 0;
                      case Formula.Contains c -> c.min == 0;
                      case Formula.Items _, Formula.Unique _ -> true;
                      case Formula.Ref _, Formula.Kinds _, Formula.Text _ -> true;
                      case Formula.Number _, Formula.Each _, Formula.Properties _ -> true;
                    }))
        == formulas.yes;
  }

  private boolean isUnique() {
    return Splits.atoms(rest).stream().anyMatch(Formula.Unique.class::isInstance);
  }

  /// Whether the same is asked of all items, and besides that only how many they are.
  private boolean isUniform() {
    List<Formula> parts = rest instanceof Formula.And and ? and.parts : List.of(rest);
    return parts.stream()
        .allMatch(
            p ->
                p instanceof Formula.Length
                    || p instanceof Formula.Items i && i.from == 0 && i.to == Formulas.UNBOUNDED);
  }

  /// The values that the next item may have, each with the formula of the items after it.
  private List<Splits.Split> items() {
    if (!isSplit) {
      isSplit = nodes.reach.isSettled(() -> splits = split());
    }
    return splits;
  }

  private List<Splits.Split> split() {
    return nodes.splits.split(rest, this::asked, Formula.Items.class::isInstance, this::after);
  }

  private Formula asked(Formula.Assertion atom) {
    return switch (atom) {
      case Formula.Items i -> i.from == 0 ? i.value : formulas.yes;
      case Formula.Contains c -> c.value;
      case Formula.Length _, Formula.Unique _ -> formulas.yes;
      case Formula.Ref _, Formula.Kinds _, Formula.Text _ -> formulas.yes;
      case Formula.Number _, Formula.Each _, Formula.Properties _ -> formulas.yes;
    };
  }

  private Formula after(Formula.Assertion atom, Map<Formula, Boolean> truth) {
    return switch (atom) {
      case Formula.Items i -> formulas.items(Math.max(0, i.from - 1), Formulas.less(i.to), i.value);
      case Formula.Length l -> formulas.length(l.min - 1, Formulas.less(l.max));
      case Formula.Contains c ->
          truth.getOrDefault(c.value, false)
              ? formulas.contains(c.value, c.min - 1, Formulas.less(c.max))
              : c;
      case Formula.Unique _ -> atom;
      case Formula.Ref _, Formula.Kinds _, Formula.Text _ -> atom;
      case Formula.Number _, Formula.Each _, Formula.Properties _ -> atom;
    };
  }

  private ArrayNode next(Splits.Split split) {
    return nodes.array(split.rest(), seen, false);
  }

  /// Behind an item that is neither an array nor an object, and that no later item may equal.
  private ArrayNode nextBehindScalar(Splits.Split split, byte[] text) {
    return nodes.array(split.rest(), JsonNodes.with(seen, text, 0), false);
  }

  /// Behind an array or object that no later item may equal.
  private ArrayNode nextBehindStructured(Splits.Split split, byte[] text) {
    Formula other = formulas.not(nodes.language.values().written(nodes.json(text)));
    return nodes.array(
        formulas.and(split.rest(), formulas.items(0, Formulas.UNBOUNDED, other)), seen, false);
  }

  private ValueNode structured(Splits.Split split) {
    return nodes.value(formulas.and(split.value(), formulas.kinds(STRUCTURED)));
  }

  /// The texts of an item that is none of those before, and after which the array can end.
  private Term fresh(Splits.Split split) {
    Term term =
        nodes.fresh(
            nodes.shapes.comparable(split.value()),
            seen.stream().map(s -> nodes.shapes.same(s.getBytes(StandardCharsets.UTF_8))));
    boolean isInfinite = nodes.rule(term).isSurelyInfinite();
    List<byte[]> texts = nodes.terms.search().texts(term, isInfinite ? 1 : MAX_LISTED + 1);
    if (isInfinite || texts.size() > MAX_LISTED) { // enough for all that may follow
      boolean mayEnd = nodes.reach.isReachable(nextBehindScalar(split, texts.getLast()));
      return mayEnd ? term : nodes.terms.nothing;
    }
    List<Term> good = new ArrayList<>();
    for (byte[] text : texts) {
      if (nodes.reach.isReachable(nextBehindScalar(split, text))) {
        good.add(nodes.terms.text(text));
      }
    }
    return nodes.terms.either(good);
  }

  @Override
  public Iterable<List<Reach.Goal>> ways() {
    if (mayEnd()) {
      return List.of(List.of());
    }
    if (isUniform()) { // as one item, so all that are needed
      return items().stream().map(s -> List.<Reach.Goal>of(nodes.value(s.value()))).toList();
    }
    List<List<Reach.Goal>> ways = new ArrayList<>();
    for (Splits.Split split : items()) {
      if (isUnique()) {
        for (byte[] text : nodes.terms.search().texts(fresh(split), MAX_LISTED)) {
          ways.add(List.of(nextBehindScalar(split, text)));
        }
        ways.add(List.of(structured(split), next(split))); // see UniqueItems: there are enough
      } else {
        ways.add(List.of(nodes.value(split.value()), next(split)));
      }
    }
    return ways;
  }

  @Override
  protected Edges makeEdges() {
    return nodes.inside(']', first, mayEnd(), itemEdges());
  }

  private Edges itemEdges() {
    Edges.Builder builder = new Edges.Builder();
    for (Splits.Split split : items()) {
      if (isUnique()) {
        uniqueItem(split, builder);
      } else if (nodes.reach.isReachable(next(split))) {
        builder.call(nodes.value(split.value()), next(split));
      }
    }
    return builder.build();
  }

  private void uniqueItem(Splits.Split split, Edges.Builder builder) {
    Term term = fresh(split);
    if (!nodes.dfa.isEmpty(term)) {
      Node scalar =
          Capture.of(nodes.rule(term), text -> nextBehindScalar(split, text), nodes.itemEnd());
      builder.call(scalar, Branch.END);
    }
    ValueNode structured = structured(split);
    if (nodes.reach.isReachable(structured) && nodes.reach.isReachable(next(split))) {
      Map<Integer, Node> byDepth = new HashMap<>();
      builder.call(
          depth -> byDepth.computeIfAbsent(depth, d -> captured(structured, d, split)), Branch.END);
    }
  }

  private Node captured(ValueNode structured, int depth, Splits.Split split) {
    return CapturedRule.of(
        structured,
        depth + 1,
        text -> nextBehindStructured(split, text),
        nodes.itemEnd(),
        nodes.language.budget());
  }
}
