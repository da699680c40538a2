package dev.sgl.constraint.json;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.regex.Term;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The properties that all objects of a formula share: the names that it mentions, in their
/// order, and the classes of all other names.
///
/// The order is that in which properties were described, then those that were only required, unless
/// the syntax sorts them.
final class ObjectPlan {
  private static final int MAX_PATTERNS = 12;

  /// Names that no property mentions and that match the same patterns.
  ///
  /// @param names as written, with the closing quote
  /// @param matching the patterns that they match
  record Others(Term names, Set<Term> matching) {}

  private final JsonNodes nodes;
  private final Formula object;
  private final List<String> names;
  private final Map<String, List<Formula.Each>> named = new HashMap<>(); // of a plain object
  private final List<Formula.Each> general = new ArrayList<>();
  private final BitSet required = new BitSet();
  private final boolean plain;
  private final Map<Formula.Each, boolean[]> members = new HashMap<>(); // by index of a name
  private List<Others> others = List.of();
  private boolean othersKnown;

  ObjectPlan(JsonNodes nodes, Formula formula) {
    this.nodes = nodes;
    Set<String> described = new LinkedHashSet<>();
    Set<String> mentioned = new LinkedHashSet<>();
    for (Formula.Assertion atom : Splits.atoms(formula)) {
      if (atom instanceof Formula.Each each) {
        switch (each.names) {
          case Names.Named(var name) ->
              (each.value == nodes.formulas.no ? mentioned : described).add(name);
          case Names.Matching _ -> {}
          case Names.Except(var except, _) -> mentioned.addAll(except);
        }
      }
    }
    described.addAll(mentioned);
    names =
        nodes.style.syntax().sorted()
            ? described.stream().sorted(String.CASE_INSENSITIVE_ORDER).toList()
            : List.copyOf(described);
    object =
        nodes.formulas.map(
            formula,
            a ->
                a instanceof Formula.Each each && each.value == nodes.formulas.yes
                    ? nodes.formulas.yes
                    : a);
    plain = readPlain();
  }

  List<String> names() {
    return names;
  }

  // --- plain objects: all that is asked is of each property by itself, and that some are there

  /// Whether this is a plain object, whose state is only the names that were written.
  boolean isPlain() {
    return plain;
  }

  /// The formula of the value of the name of index `name` in a plain object.
  Formula value(int name) {
    List<Formula> asked = new ArrayList<>();
    for (Formula.Each each : named.getOrDefault(names.get(name), List.of())) {
      asked.add(each.value);
    }
    for (Formula.Each each : general) {
      if (speaksOf(each, name)) {
        asked.add(each.value);
      }
    }
    return nodes.formulas.and(asked);
  }

  /// The formula of the value of the other names `others` in a plain object.
  Formula value(Others others) {
    List<Formula> asked = new ArrayList<>();
    for (Formula.Each each : general) {
      if (speaksOf(each, others)) {
        asked.add(each.value);
      }
    }
    return nodes.formulas.and(asked);
  }

  /// The indices of the names that a plain object must have.
  BitSet required() {
    return required;
  }

  private boolean readPlain() {
    for (Formula part : object instanceof Formula.And and ? and.parts : List.of(object)) {
      switch (part) {
        case Formula.Each each when each.names instanceof Names.Named(var name) ->
            named.computeIfAbsent(name, n -> new ArrayList<>()).add(each);
        case Formula.Each each -> general.add(each);
        case Formula.Not not
            when not.inner instanceof Formula.Each each
                && each.value == nodes.formulas.no
                && each.names instanceof Names.Named(var name) ->
            required.set(names.indexOf(name));
        case Formula.Constant c when c.value -> {}
        case Formula.Not _, Formula.Constant _, Formula.And _, Formula.Or _, Formula.One _ -> {
          return false;
        }
        case Formula.Ref _, Formula.Kinds _, Formula.Text _, Formula.Number _ -> {
          return false;
        }
        case Formula.Properties _, Formula.Items _, Formula.Contains _, Formula.Length _ -> {
          return false;
        }
        case Formula.Unique _ -> {
          return false;
        }
      }
    }
    return true;
  }

  /// Before the first property.
  ///
  /// @param form how the object is written; empty if as JSON
  ObjectNode start(Optional<Syntax.Members> form) {
    ObjectNode.Rest rest = new ObjectNode.Rest(0, Set.of(), object, Set.of());
    return nodes.object(this, rest, new ObjectNode.Place(true, form));
  }

  /// Whether `each` speaks of the name of index `name`.
  boolean speaksOf(Formula.Each each, int name) {
    return members(each)[name];
  }

  private boolean[] members(Formula.Each each) {
    boolean[] known = members.get(each);
    if (known == null) {
      known = new boolean[names.size()];
      for (int i = 0; i < known.length; i++) {
        known[i] = contains(each.names, names.get(i));
      }
      members.put(each, known);
    }
    return known;
  }

  private boolean contains(Names set, String name) {
    Texts texts = nodes.language.texts();
    return switch (set) {
      case Names.Named(var only) -> only.equals(name);
      case Names.Matching(var term) -> texts.contains(term, name);
      case Names.Except(var except, var patterns) ->
          !except.contains(name) && patterns.stream().noneMatch(p -> texts.contains(p, name));
    };
  }

  /// Whether `each` speaks of the names `others`.
  boolean speaksOf(Formula.Each each, Others others) {
    return switch (each.names) {
      case Names.Named _ -> false;
      case Names.Matching(var term) -> others.matching().contains(term);
      case Names.Except(_, var patterns) ->
          patterns.stream().noneMatch(others.matching()::contains);
    };
  }

  /// The classes of names that are not mentioned.
  List<Others> others() {
    if (!othersKnown) {
      others = partition();
      othersKnown = true;
    }
    return others;
  }

  private List<Others> partition() {
    Set<Term> patterns = new LinkedHashSet<>();
    for (Formula.Assertion atom : Splits.atoms(object)) {
      if (atom instanceof Formula.Each each) {
        switch (each.names) {
          case Names.Named _ -> {}
          case Names.Matching(var term) -> patterns.add(term);
          case Names.Except(_, var except) -> patterns.addAll(except);
        }
      }
    }
    if (patterns.size() > MAX_PATTERNS) {
      throw ConstraintException.tooComplex(
          "an object has more than " + MAX_PATTERNS + " patterns of names");
    }
    List<Term> mentioned = new ArrayList<>();
    names.forEach(n -> mentioned.add(nodes.language.texts().only(n)));
    List<Others> classes = new ArrayList<>();
    partition(List.copyOf(patterns), 0, Set.of(), mentioned, classes);
    return classes;
  }

  /// Adds the classes of names that match the patterns `matching` and are not in `denied`, and may
  /// match the patterns from `next` on.
  private void partition(
      List<Term> patterns, int next, Set<Term> matching, List<Term> denied, List<Others> classes) {
    List<Term> asked = new ArrayList<>(matching);
    if (matching.isEmpty()) {
      asked.add(nodes.language.texts().any()); // every pattern is a part of it
    }
    asked.add(nodes.terms.not(nodes.terms.either(denied)));
    Term names = nodes.terms.both(asked);
    if (nodes.dfa.isEmpty(names)) {
      return;
    }
    if (next == patterns.size()) {
      classes.add(new Others(names, matching));
      return;
    }
    Set<Term> more = new HashSet<>(matching);
    more.add(patterns.get(next));
    partition(patterns, next + 1, Set.copyOf(more), denied, classes);
    List<Term> less = new ArrayList<>(denied);
    less.add(patterns.get(next));
    partition(patterns, next + 1, matching, less, classes);
  }
}
