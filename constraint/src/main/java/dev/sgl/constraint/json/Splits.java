package dev.sgl.constraint.json;

import dev.sgl.constraint.machine.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/// Tells apart what the next value of an object or array may be, by what follows from it.
///
/// What remains to be asked after the value depends on which of the formulas hold that the rest
/// speaks of. For each combination that some value has, this gives the values and what remains: the
/// derivative of a schema by a value.
final class Splits {

  /// The values `value`, after which `rest` remains.
  record Split(Formula value, Formula rest) {}

  /// A value, and the place behind it.
  record Way(Formula value, Node next) {}

  /// Compared by their values and places.
  record Ways(List<Way> list) {}

  private final JsonNodes nodes;
  private final Formulas formulas;
  private final Map<Formula, Optional<Formula>> scalars = new HashMap<>();

  Splits(JsonNodes nodes) {
    this.nodes = nodes;
    this.formulas = nodes.formulas;
  }

  /// @param rest the formula that is split
  /// @param asked returns the formula that an assertion makes of this value, `yes` if none
  /// @param demands whether an assertion fails if the value is not as it asks
  /// @param after what remains of an assertion, given which of the formulas hold
  List<Split> split(
      Formula rest,
      Function<Formula.Assertion, Formula> asked,
      Predicate<Formula.Assertion> demands,
      BiFunction<Formula.Assertion, Map<Formula, Boolean>, Formula> after) {
    Search search = new Search(asked, demands, after);
    search.go(rest, List.of(), Map.of());
    List<Split> splits = new ArrayList<>();
    search.found.forEach((next, values) -> splits.add(new Split(formulas.or(values), next)));
    return splits;
  }

  /// The assertion that leaves one value alone, if `formula` allows only that value, and it is no
  /// array and no object.
  private Optional<Formula> scalar(Formula formula) {
    Optional<Formula> known = scalars.get(formula);
    if (known == null) {
      known = readScalar(formula);
      scalars.put(formula, known);
    }
    return known;
  }

  private Optional<Formula> readScalar(Formula formula) {
    Optional<Formula> found = Optional.empty();
    for (Kind kind : Kind.values()) {
      Formula asked = nodes.shapes.of(formula, kind);
      if (asked != formulas.no) {
        boolean isName = asked == formulas.yes && Kind.NUMBER.compareTo(kind) > 0;
        if (found.isPresent() || !isName && !nodes.language.values().isSingle(asked)) {
          return Optional.empty();
        }
        found = Optional.of(isName ? formulas.kind(kind) : asked);
      }
    }
    return found;
  }

  /// Whether some value satisfies all of `parts`, as far as can be told in time.
  private boolean isPossible(List<Formula> parts) {
    Formula all = formulas.and(parts);
    return all != formulas.no && nodes.isPossible(all);
  }

  private final class Search {
    private final Function<Formula.Assertion, Formula> asked;
    private final Predicate<Formula.Assertion> demands;
    private final BiFunction<Formula.Assertion, Map<Formula, Boolean>, Formula> after;
    private final Map<Formula, List<Formula>> found = new LinkedHashMap<>();

    Search(
        Function<Formula.Assertion, Formula> asked,
        Predicate<Formula.Assertion> demands,
        BiFunction<Formula.Assertion, Map<Formula, Boolean>, Formula> after) {
      this.asked = asked;
      this.demands = demands;
      this.after = after;
    }

    void go(Formula rest, List<Formula> value, Map<Formula, Boolean> truth) {
      for (Formula.Assertion atom : atoms(rest)) {
        Formula ask = asked.apply(atom);
        if (ask != formulas.yes && !truth.containsKey(ask)) {
          if (scalar(ask).isPresent()) {
            oneOf(rest, value, truth);
            return;
          }
          Formula denied =
              formulas.map(rest, a -> demands.test(a) && asked.apply(a) == ask ? formulas.no : a);
          boolean certain = denied == formulas.no;
          branch(rest, value, truth, ask, true, certain);
          if (!certain) {
            branch(denied, value, truth, ask, false, false);
          }
          return;
        }
      }
      Formula next = formulas.map(rest, a -> after.apply(a, truth));
      if (next != formulas.no && isPossible(value)) {
        found.computeIfAbsent(next, n -> new ArrayList<>()).add(formulas.and(value));
      }
    }

    /// Of several scalars a value is one or none.
    private void oneOf(Formula rest, List<Formula> value, Map<Formula, Boolean> truth) {
      Map<Formula, List<Formula>> asks = new LinkedHashMap<>(); // by scalar
      Map<Formula, Boolean> none = new LinkedHashMap<>(truth);
      for (Formula.Assertion atom : atoms(rest)) {
        Formula ask = asked.apply(atom);
        Optional<Formula> scalar = scalar(ask);
        if (scalar.isPresent() && none.putIfAbsent(ask, false) == null) {
          asks.computeIfAbsent(scalar.get(), _ -> new ArrayList<>()).add(ask);
        }
      }
      for (List<Formula> same : asks.values()) {
        Map<Formula, Boolean> known = new LinkedHashMap<>(none);
        same.forEach(ask -> known.put(ask, true));
        go(rest, value, same.getFirst(), known);
      }
      List<Formula> all = asks.values().stream().map(List::getFirst).toList();
      go(rest, value, formulas.not(formulas.or(all)), none);
    }

    /// Continues with values that also satisfy `ask`.
    private void go(Formula rest, List<Formula> value, Formula ask, Map<Formula, Boolean> truth) {
      Formula left =
          formulas.map(
              rest,
              a -> demands.test(a) && !truth.getOrDefault(asked.apply(a), true) ? formulas.no : a);
      List<Formula> more = new ArrayList<>(value);
      more.add(ask);
      if (left != formulas.no && isPossible(more)) {
        go(left, more, truth);
      }
    }

    private void branch(
        Formula rest,
        List<Formula> value,
        Map<Formula, Boolean> truth,
        Formula ask,
        boolean holds,
        boolean certain) {
      List<Formula> more = new ArrayList<>(value);
      more.add(holds ? ask : formulas.not(ask));
      if (!certain && !isPossible(more)) {
        return;
      }
      Map<Formula, Boolean> known = new LinkedHashMap<>(truth);
      known.put(ask, holds);
      go(rest, more, known);
    }
  }

  /// The assertions of `formula`, in order.
  static Set<Formula.Assertion> atoms(Formula formula) {
    Set<Formula.Assertion> atoms = new LinkedHashSet<>();
    collect(formula, atoms, new LinkedHashSet<>());
    return atoms;
  }

  private static void collect(Formula formula, Set<Formula.Assertion> atoms, Set<Formula> seen) {
    if (!seen.add(formula)) {
      return;
    }
    switch (formula) {
      case Formula.Constant _ -> {}
      case Formula.Not n -> collect(n.inner, atoms, seen);
      case Formula.And a -> a.parts.forEach(p -> collect(p, atoms, seen));
      case Formula.Or o -> o.parts.forEach(p -> collect(p, atoms, seen));
      case Formula.One o -> o.parts.forEach(p -> collect(p, atoms, seen));
      case Formula.Assertion a -> atoms.add(a);
    }
  }
}
