package dev.sgl.constraint.json;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.JsonStyle;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.json.document.SchemaLocation;
import dev.sgl.constraint.json.scalar.NumberSet;
import dev.sgl.constraint.json.scalar.Numbers;
import dev.sgl.constraint.json.scalar.RawTexts;
import dev.sgl.constraint.json.scalar.Texts;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// Takes a formula apart by the kinds of values: the formulas of strings, of numbers, of
/// arrays and so on. References are read on the way.
final class Shapes {
  private final Terms terms;
  private final Formulas formulas;
  private final Texts texts;
  private final RawTexts raw;
  private final Numbers numbers;
  private final boolean written; // numbers as they are written, not as they may be read
  private final Syntax.Scalars syntax;
  private final Function<SchemaLocation, Formula> reader;
  private final Map<List<Integer>, Formula> restricted = new HashMap<>();
  private final Map<Formula, Term> scalars = new HashMap<>();

  /// @param style of the texts
  /// @param reader gives the formula of the schema at a place
  Shapes(
      Terms terms,
      Formulas formulas,
      Texts texts,
      Numbers numbers,
      JsonStyle style,
      Function<SchemaLocation, Formula> reader) {
    this.terms = terms;
    this.formulas = formulas;
    this.texts = texts;
    this.raw = new RawTexts(terms, texts);
    this.numbers = numbers;
    this.written = style.written();
    this.syntax = style.syntax().scalars();
    this.reader = reader;
  }

  /// What `formula` asks of values of `kind`: without references and kinds.
  Formula of(Formula formula, Kind kind) {
    return of(formula, kind, new HashSet<>());
  }

  private Formula of(Formula formula, Kind kind, Set<SchemaLocation> reading) {
    List<Integer> key = List.of(formula.id, kind.ordinal());
    Formula known = restricted.get(key);
    if (known != null) {
      return known;
    }
    Formula result =
        formulas.map(
            formula,
            part ->
                switch (part) {
                  case Formula.Kinds k -> formulas.constant((k.kinds & kind.bit()) != 0);
                  case Formula.Ref ref -> read(ref.location, kind, reading);
                  case Formula.Text _, Formula.Number _ -> part;
                  case Formula.Each _, Formula.Properties _ -> part;
                  case Formula.Items _, Formula.Contains _, Formula.Length _ -> part;
                  case Formula.Unique _ -> part;
                });
    restricted.put(key, result);
    return result;
  }

  private Formula read(SchemaLocation location, Kind kind, Set<SchemaLocation> reading) {
    if (!reading.add(location)) {
      throw ConstraintException.at(location.pointer(), "the schema refers to itself without end");
    }
    Formula result = of(reader.apply(location), kind, reading);
    reading.remove(location);
    return result;
  }

  /// The strings of `formula`.
  Term text(Formula formula) {
    Formula asked = of(formula, Kind.STRING);
    Term term = text(asked, true);
    return term == terms.all ? texts.any() : denies(asked) ? terms.both(texts.any(), term) : term;
  }

  private boolean denies(Formula formula) {
    return switch (formula) {
      case Formula.Not _, Formula.One _ -> true;
      case Formula.And a -> a.parts.stream().anyMatch(this::denies);
      case Formula.Or o -> o.parts.stream().anyMatch(this::denies);
      case Formula.Constant _, Formula.Assertion _ -> false;
    };
  }

  private Term text(Formula formula, boolean top) {
    return switch (formula) {
      case Formula.Constant c -> c.value ? terms.all : terms.nothing;
      case Formula.Text t -> t.term;
      case Formula.Not n -> terms.not(text(n.inner, false));
      case Formula.And a -> terms.both(a.parts.stream().map(p -> text(p, false)).toList());
      case Formula.Or o -> terms.either(o.parts.stream().map(p -> text(p, false)).toList());
      case Formula.One o -> exactlyOne(o.parts.stream().map(p -> text(p, false)).toList());
      case Formula.Ref _, Formula.Kinds _, Formula.Number _ -> throw new AssertionError(formula);
      case Formula.Each _, Formula.Properties _, Formula.Items _ ->
          throw new AssertionError(formula);
      case Formula.Contains _, Formula.Length _, Formula.Unique _ ->
          throw new AssertionError(formula);
    };
  }

  private Term exactlyOne(List<Term> parts) {
    List<Term> ways = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      List<Term> rest = new ArrayList<>(parts);
      Term one = rest.remove(i);
      ways.add(terms.both(one, terms.not(terms.either(rest))));
    }
    return terms.either(ways);
  }

  /// The numbers of `formula`, as texts.
  private Term number(Formula formula) {
    Formula asked = of(formula, Kind.NUMBER);
    if (asked instanceof Formula.Constant c) {
      if (!c.value) {
        return terms.nothing;
      }
      return written ? numbers.written(new NumberSet(numbers.any(), false, false)) : numbers.any();
    }
    NumberSet set = numbers(asked);
    Term plain = terms.both(numbers.plain(), set.term());
    NumberSet found = new NumberSet(plain, set.integral(), set.listed());
    return written ? numbers.written(found) : found.term();
  }

  private NumberSet numbers(Formula formula) {
    return switch (formula) {
      case Formula.Constant c ->
          new NumberSet(c.value ? terms.all : terms.nothing, !c.value, !c.value);
      case Formula.Number n -> n.set;
      case Formula.Not n -> new NumberSet(terms.not(numbers(n.inner).term()), false, false);
      case Formula.And a -> {
        List<NumberSet> sets = a.parts.stream().map(this::numbers).toList();
        yield new NumberSet(
            terms.both(sets.stream().map(NumberSet::term).toList()),
            sets.stream().anyMatch(NumberSet::integral),
            sets.stream().anyMatch(NumberSet::listed));
      }
      case Formula.Or o -> {
        List<NumberSet> sets = o.parts.stream().map(this::numbers).toList();
        yield new NumberSet(
            terms.either(sets.stream().map(NumberSet::term).toList()),
            sets.stream().allMatch(NumberSet::integral),
            sets.stream().allMatch(NumberSet::listed));
      }
      case Formula.One o -> {
        List<NumberSet> sets = o.parts.stream().map(this::numbers).toList();
        yield new NumberSet(
            exactlyOne(sets.stream().map(NumberSet::term).toList()),
            sets.stream().allMatch(NumberSet::integral),
            sets.stream().allMatch(NumberSet::listed));
      }
      case Formula.Ref _, Formula.Kinds _, Formula.Text _ -> throw new AssertionError(formula);
      case Formula.Each _, Formula.Properties _, Formula.Items _ ->
          throw new AssertionError(formula);
      case Formula.Contains _, Formula.Length _, Formula.Unique _ ->
          throw new AssertionError(formula);
    };
  }

  /// The texts of all values of `formula` that are neither arrays nor objects, with numbers in
  /// plain notation, so that equal values can be told by their texts.
  Term comparable(Formula formula) {
    Term term = scalar(formula);
    return of(formula, Kind.NUMBER) == formulas.yes
        ? terms.both(term, terms.not(terms.both(numbers.any(), terms.not(numbers.plain()))))
        : term;
  }

  /// The texts of all values of `formula` that are neither arrays nor objects.
  Term scalar(Formula formula) {
    Term known = scalars.get(formula);
    if (known != null) {
      return known;
    }
    List<Term> ways = new ArrayList<>();
    ways.add(words(formula, syntax));
    ways.add(number(formula));
    ways.add(
        syntax
            .strings()
            .map(raw -> terms.concat(terms.text(raw.begin()), raw(formula, raw.end())))
            .orElseGet(() -> terms.concat(terms.text("\""), text(formula))));
    Term term = terms.either(ways);
    scalars.put(formula, term);
    return term;
  }

  /// The values of `formula` that are words.
  Term words(Formula formula, Syntax.Scalars scalars) {
    List<Term> words = new ArrayList<>();
    for (Kind kind : List.of(Kind.NULL, Kind.TRUE, Kind.FALSE)) {
      if (of(formula, kind) == formulas.yes) {
        words.add(terms.text(word(kind, scalars)));
      }
    }
    return terms.either(words);
  }

  private static String word(Kind kind, Syntax.Scalars scalars) {
    return switch (kind) {
      case NULL -> scalars.nothing();
      case TRUE -> scalars.yes();
      case FALSE -> scalars.no();
      case NUMBER, STRING, ARRAY, OBJECT -> throw new AssertionError(kind);
    };
  }

  /// The strings of `formula` as they are, each up to `end`.
  Term raw(Formula formula, String end) {
    return raw(text(formula), end);
  }

  /// Strings that are written as JSON, as they are, each up to `end`.
  Term raw(Term strings, String end) {
    return raw.endedBy(strings, end);
  }

  /// The texts that write the same value as `text`, which is no array and no object.
  Term same(byte[] text) {
    String value = new String(text, StandardCharsets.UTF_8);
    if (!value.isEmpty() && (value.charAt(0) == '-' || Character.isDigit(value.charAt(0)))) {
      return numbers.value(new BigDecimal(value)).term();
    }
    return terms.text(text);
  }
}
