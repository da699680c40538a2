package dev.sgl.constraint.json;

import dev.sgl.constraint.ConstraintException;
import java.util.List;
import java.util.Set;

/// Tells which schemas with `uniqueItems` can be followed: those where no item that is written
/// leaves too few values for the items that must follow it.
final class UniqueItems {
  /// The most required items for which it is checked that there are enough values.
  private static final int MAX_LEAST = 1_000;

  private final JsonNodes nodes;
  private final Formulas formulas;

  UniqueItems(JsonNodes nodes) {
    this.nodes = nodes;
    this.formulas = nodes.formulas;
  }

  /// @throws ConstraintException if `formula` asks for unique items in a way that is not supported
  void requireSupported(Formula formula) {
    Formula array = nodes.shapes.of(formula, Kind.ARRAY);
    Set<Formula.Assertion> atoms = Splits.atoms(array);
    if (!atoms.contains(formulas.unique())) {
      return;
    }
    requireAlone(array);
    Formula item = formulas.yes; // behind those of a list
    int least = 0;
    for (Formula.Assertion atom : atoms) {
      switch (atom) {
        case Formula.Items items when items.to == Formulas.UNBOUNDED ->
            item = formulas.and(item, items.value);
        case Formula.Items items -> requireFew(items.value);
        case Formula.Length length -> least = Math.max(least, length.min);
        case Formula.Contains _, Formula.Unique _ -> {}
        case Formula.Ref _, Formula.Kinds _, Formula.Text _ -> {}
        case Formula.Number _, Formula.Each _, Formula.Properties _ -> {}
      }
    }
    requireEnough(item, least);
    for (Formula.Assertion atom : atoms) {
      if (atom instanceof Formula.Contains contains) {
        requireEnough(formulas.and(item, contains.value), contains.min);
      }
    }
  }

  /// That items are unique is only followed where it is asked in any case.
  private void requireAlone(Formula array) {
    for (Formula part : parts(array)) {
      if (part != formulas.unique() && Splits.atoms(part).contains(formulas.unique())) {
        throw new ConstraintException(
            "`uniqueItems` is not supported inside of `anyOf`, `oneOf`, `not` and `if`");
      }
    }
  }

  private static List<Formula> parts(Formula formula) {
    return formula instanceof Formula.And and ? and.parts : List.of(formula);
  }

  /// Among few values it can be seen which leave none for the items behind.
  private void requireFew(Formula item) {
    if (isStructured(item) || hasScalars(item, ArrayNode.MAX_LISTED + 1)) {
      throw new ConstraintException(
          "`uniqueItems` is supported beside a list of items where each has few values only,"
              + " neither arrays nor objects");
    }
  }

  /// Values that are no arrays and no objects are counted as they are written.
  private void requireEnough(Formula item, int least) {
    if (least > 1 && isStructured(item) && !(least <= MAX_LEAST && isSurelyMany(item, least))) {
      throw new ConstraintException(
          "`uniqueItems` over arrays and objects is supported beside `minItems` and `minContains`"
              + " above 1 where a property that is required can tell enough items apart");
    }
  }

  private boolean isStructured(Formula item) {
    return nodes.shapes.of(item, Kind.ARRAY) != formulas.no
        || nodes.shapes.of(item, Kind.OBJECT) != formulas.no;
  }

  private boolean hasScalars(Formula item, int count) {
    return nodes.terms.search().texts(nodes.shapes.comparable(item), count).size() >= count;
  }

  /// Whether there are `count` values, which is seen by the scalars, or by a property that is
  /// required and of which nothing else speaks.
  private boolean isSurelyMany(Formula item, int count) {
    if (hasScalars(item, count)) {
      return true;
    }
    ObjectPlan plan = nodes.plan(nodes.shapes.of(item, Kind.OBJECT));
    return plan.isPlain()
        && plan.required().stream().anyMatch(name -> hasScalars(plan.value(name), count));
  }
}
