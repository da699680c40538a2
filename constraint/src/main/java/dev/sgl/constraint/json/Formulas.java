package dev.sgl.constraint.json;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.json.document.SchemaLocation;
import dev.sgl.constraint.json.scalar.NumberSet;
import dev.sgl.constraint.regex.Term;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;

/// Makes formulas, in the simplest form that is found without search.
final class Formulas {
  /// No upper bound.
  static final int UNBOUNDED = Integer.MAX_VALUE;

  private final Budget budget;
  private final Map<List<Object>, Formula> known = new HashMap<>();

  final Formula yes;
  final Formula no;

  Formulas(Budget budget) {
    this.budget = budget;
    yes = make(List.of(true), id -> new Formula.Constant(id, true));
    no = make(List.of(false), id -> new Formula.Constant(id, false));
  }

  private Formula make(List<Object> key, IntFunction<Formula> maker) {
    Formula formula = known.get(key);
    if (formula == null) {
      budget.keep(1);
      formula = maker.apply(known.size());
      known.put(key, formula);
    }
    return formula;
  }

  Formula constant(boolean value) {
    return value ? yes : no;
  }

  Formula not(Formula inner) {
    return switch (inner) {
      case Formula.Constant c -> constant(!c.value);
      case Formula.Not n -> n.inner;
      case Formula.Kinds k -> kinds(Kind.ALL & ~k.kinds);
      case Formula.And _, Formula.Or _, Formula.One _, Formula.Assertion _ ->
          make(List.of("not", inner.id), id -> new Formula.Not(id, inner));
    };
  }

  Formula and(Formula... parts) {
    return and(List.of(parts));
  }

  Formula and(List<Formula> parts) {
    Set<Formula> members = new LinkedHashSet<>();
    int kinds = Kind.ALL;
    for (Formula part : parts) {
      List<Formula> inner = part instanceof Formula.And and ? and.parts : List.of(part);
      for (Formula formula : inner) {
        if (formula instanceof Formula.Kinds k) {
          kinds &= k.kinds;
        } else if (formula != yes) {
          members.add(formula);
        }
      }
    }
    if (kinds != Kind.ALL) {
      members.add(kinds(kinds));
    }
    mergeCounts(members);
    budget.spend(1 + members.size());
    if (members.contains(no) || contradicts(members)) {
      return no;
    }
    if (members.size() < 2) {
      return members.isEmpty() ? yes : members.iterator().next();
    }
    List<Formula> list = List.copyOf(members);
    return make(key("and", list), id -> new Formula.And(id, list));
  }

  /// Two counts of the same are one, or contradict each other.
  private void mergeCounts(Set<Formula> members) {
    int[] items = {0, UNBOUNDED};
    int[] properties = {0, UNBOUNDED};
    for (Formula member : List.copyOf(members)) {
      if (member instanceof Formula.Length l) {
        items[0] = Math.max(items[0], l.min);
        items[1] = Math.min(items[1], l.max);
        members.remove(member);
      } else if (member instanceof Formula.Properties p) {
        properties[0] = Math.max(properties[0], p.min);
        properties[1] = Math.min(properties[1], p.max);
        members.remove(member);
      }
    }
    for (Formula count :
        List.of(length(items[0], items[1]), properties(properties[0], properties[1]))) {
      if (count != yes) {
        members.add(count);
      }
    }
  }

  /// Takes the price of `steps` that are not formulas.
  void spend(long steps) {
    budget.spend(steps);
    budget.keep(steps);
  }

  Formula or(Formula... parts) {
    return or(List.of(parts));
  }

  Formula or(List<Formula> parts) {
    Set<Formula> members = new LinkedHashSet<>();
    int kinds = 0;
    for (Formula part : parts) {
      List<Formula> inner = part instanceof Formula.Or or ? or.parts : List.of(part);
      for (Formula formula : inner) {
        if (formula instanceof Formula.Kinds k) {
          kinds |= k.kinds;
        } else if (formula != no) {
          members.add(formula);
        }
      }
    }
    if (kinds != 0) {
      members.add(kinds(kinds));
    }
    budget.spend(1 + members.size());
    if (members.contains(yes) || contradicts(members)) {
      return yes;
    }
    if (members.size() < 2) {
      return members.isEmpty() ? no : members.iterator().next();
    }
    List<Formula> list = List.copyOf(members);
    return make(key("or", list), id -> new Formula.Or(id, list));
  }

  /// Exactly one of `parts`.
  Formula one(List<Formula> parts) {
    List<Formula> rest = new ArrayList<>();
    List<Formula> denied = new ArrayList<>(); // stated twice, so never
    boolean found = false;
    for (Formula part : parts) {
      if (part == yes) {
        if (found) {
          return no;
        }
        found = true;
      } else if (denied.contains(part)) {
        continue;
      } else if (rest.remove(part)) {
        denied.add(part);
      } else if (part != no) {
        rest.add(part);
      }
    }
    budget.spend(1 + rest.size());
    Formula others = not(or(denied));
    if (found) {
      return and(not(or(rest)), others);
    }
    Formula exactly =
        switch (rest.size()) {
          case 0 -> no;
          case 1 -> rest.getFirst();
          case 2 -> {
            Formula a = rest.getFirst();
            Formula b = rest.getLast();
            yield or(and(a, not(b)), and(b, not(a)));
          }
          default -> {
            List<Formula> list = List.copyOf(rest);
            yield make(key("one", list), id -> new Formula.One(id, list));
          }
        };
    return and(exactly, others);
  }

  private boolean contradicts(Set<Formula> members) {
    for (Formula member : members) {
      if (member instanceof Formula.Not not && members.contains(not.inner)) {
        return true;
      }
    }
    return false;
  }

  private static List<Object> key(String name, List<Formula> parts) {
    List<Object> key = new ArrayList<>(parts.size() + 1);
    key.add(name);
    for (Formula part : parts) {
      key.add(part.id);
    }
    return key;
  }

  private static Object key(Names names) {
    return switch (names) {
      case Names.Named(var name) -> name;
      case Names.Matching(var term) -> term.id();
      case Names.Except(var except, var patterns) ->
          List.of(except, patterns.stream().map(Term::id).toList());
    };
  }

  // --- assertions

  Formula ref(SchemaLocation location) {
    return make(List.of("ref", location), id -> new Formula.Ref(id, location));
  }

  Formula kinds(int kinds) {
    return kinds == 0 || kinds == Kind.ALL
        ? constant(kinds != 0)
        : make(List.of("kinds", kinds), id -> new Formula.Kinds(id, kinds));
  }

  Formula kind(Kind kind) {
    return kinds(kind.bit());
  }

  /// `formula` for values of `kind`, nothing for others.
  Formula when(Kind kind, Formula formula) {
    return formula == yes ? yes : or(kinds(Kind.ALL & ~kind.bit()), formula);
  }

  Formula text(Term term) {
    return make(List.of("text", term.id()), id -> new Formula.Text(id, term));
  }

  Formula number(NumberSet set) {
    List<Object> key = List.of("number", set.term().id(), set.integral(), set.listed());
    return make(key, id -> new Formula.Number(id, set));
  }

  Formula each(Names names, Formula value) {
    return value == yes
        ? yes
        : make(List.of("each", key(names), value.id), id -> new Formula.Each(id, names, value));
  }

  /// The property `name`, if it is there, has a value of `value`. Kept also if that asks nothing,
  /// since it gives the property its place in the order.
  Formula named(String name, Formula value) {
    return make(
        List.of("each", name, value.id), id -> new Formula.Each(id, new Names.Named(name), value));
  }

  /// The object has a property `name`.
  Formula has(String name) {
    return not(each(new Names.Named(name), no));
  }

  /// The upper bound of a count after one of the counted things has come.
  static int less(int bound) {
    return bound == UNBOUNDED ? bound : bound - 1;
  }

  Formula properties(int min, int max) {
    return range(min, max, id -> new Formula.Properties(id, Math.max(0, min), max), "properties");
  }

  Formula length(int min, int max) {
    return range(min, max, id -> new Formula.Length(id, Math.max(0, min), max), "length");
  }

  private Formula range(int min, int max, IntFunction<Formula> maker, String name) {
    if (max < 0 || min > max) {
      return no;
    }
    return min <= 0 && max == UNBOUNDED ? yes : make(List.of(name, Math.max(0, min), max), maker);
  }

  Formula items(int from, int to, Formula value) {
    return value == yes || from >= to
        ? yes
        : make(List.of("items", from, to, value.id), id -> new Formula.Items(id, from, to, value));
  }

  Formula contains(Formula value, int min, int max) {
    if (max < 0 || min > max) {
      return no;
    }
    int least = Math.max(0, min);
    if (least == 0 && max == UNBOUNDED) {
      return yes;
    }
    if (value == no) {
      return constant(least == 0);
    }
    return value == yes
        ? length(least, max)
        : make(
            List.of("contains", value.id, least, max),
            id -> new Formula.Contains(id, value, least, max));
  }

  Formula unique() {
    return make(List.of("unique"), Formula.Unique::new);
  }

  /// `formula` with every assertion in it replaced by the result of `change`.
  Formula map(Formula formula, Function<Formula.Assertion, Formula> change) {
    return map(formula, change, new HashMap<>());
  }

  private Formula map(
      Formula formula, Function<Formula.Assertion, Formula> change, Map<Formula, Formula> done) {
    Formula known = done.get(formula);
    if (known != null) {
      return known;
    }
    budget.spend(1);
    Formula mapped =
        switch (formula) {
          case Formula.Constant c -> c;
          case Formula.Not n -> not(map(n.inner, change, done));
          case Formula.And a -> and(all(a.parts, change, done));
          case Formula.Or o -> or(all(o.parts, change, done));
          case Formula.One o -> one(all(o.parts, change, done));
          case Formula.Assertion a -> change.apply(a);
        };
    done.put(formula, mapped);
    return mapped;
  }

  private List<Formula> all(
      List<Formula> parts,
      Function<Formula.Assertion, Formula> change,
      Map<Formula, Formula> done) {
    List<Formula> mapped = new ArrayList<>(parts.size());
    for (Formula part : parts) {
      mapped.add(map(part, change, done));
    }
    return mapped;
  }
}
