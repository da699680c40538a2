package dev.sgl.constraint.regex;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.regex.Regex.Assertion;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Makes terms of regular expressions.
///
/// An assertion looks at the characters on both sides of its place. An expression with
/// assertions therefore has not one language but one for each pair of neighbours ([Side]), and
/// the languages of a whole are made of those of its parts: `L[l][r]` holds the texts that
/// match between a neighbour `l` and a neighbour `r`.
public final class RegexCompiler {
  /// From this upper bound on, a repeat of some characters limits a length.
  private static final int LENGTHY = 16;

  /// What stands beside a text.
  private enum Side {
    EDGE,
    NEWLINE,
    WORD,
    OTHER
  }

  /// The languages of an expression by its neighbours.
  private record Matrix(Term[][] terms) {}

  private static final Regex TEXT_START = new Regex.Assert(Assertion.TEXT_START);
  private static final CodePoints NEWLINE = CodePoints.of("\n");
  private static final Map<Side, CodePoints> SIDES =
      new EnumMap<>(
          Map.of(
              Side.NEWLINE,
              NEWLINE,
              Side.WORD,
              Unicode.WORD,
              Side.OTHER,
              Unicode.WORD.or(NEWLINE).not()));

  private final Terms terms;
  private final Spelling spelling;
  private final Function<String, Regex> rules;
  private final Map<CodePoints, Term> chars = new HashMap<>();
  private final Map<Regex, Term> done = new IdentityHashMap<>(); // rules share parts
  private final Map<Regex, Boolean> asserting = new IdentityHashMap<>();

  /// A compiler of patterns.
  ///
  /// @param spelling how the characters of the texts are written
  public RegexCompiler(Terms terms, Spelling spelling) {
    this(
        terms,
        spelling,
        name -> {
          throw new AssertionError("a pattern has no rule `" + name + "`");
        });
  }

  /// A compiler of grammars.
  ///
  /// @param rules gives the right side of the rule of a name; none may lead back to itself
  public RegexCompiler(Terms terms, Spelling spelling, Function<String, Regex> rules) {
    this.terms = terms;
    this.spelling = spelling;
    this.rules = rules;
  }

  /// The texts that `regex` matches as a whole.
  public Term compile(Regex regex) {
    if (!asserts(regex)) {
      return free(regex);
    }
    return matrix(regex, sides(regex)).terms()[0][0];
  }

  /// The texts that `regex` matches as a whole, and behind them `end`.
  ///
  /// Look-ahead outside of repeats asks of all that follows: that it is, or is not, among the
  /// texts that begin with a match.
  public Term compile(Regex regex, Term end) {
    return switch (regex) {
      case Regex.Either(var choices) when looksAhead(regex) ->
          terms.either(choices.stream().map(choice -> compile(choice, end)).toList());
      case Regex.Concat(var parts) when looksAhead(regex) -> compile(flat(parts), end);
      case Regex.LookAhead look -> compile(List.of(look), end);
      case Regex.Either _, Regex.Concat _, Regex.Chars _ -> terms.concat(compile(regex), end);
      case Regex.Repeat _, Regex.Assert _, Regex.Rule _ -> terms.concat(compile(regex), end);
    };
  }

  private Term compile(List<Regex> parts, Term end) {
    terms.spend(1); // what follows a choice is compiled behind each of its ways
    int at = 0;
    while (!looksAhead(parts.get(at))) {
      at++;
    }
    List<Regex> before = parts.subList(0, at);
    List<Regex> after = parts.subList(at + 1, parts.size());
    boolean isStart = before.stream().allMatch(TEXT_START::equals) && !before.isEmpty();
    Regex first = isStart ? TEXT_START : Regex.EMPTY;
    boolean meetsAssertions =
        looksBack(new Regex.Concat(after))
            || looksBack(parts.get(at))
            || before.stream().anyMatch(part -> !part.equals(TEXT_START) && asserts(part));
    if (!isStart && meetsAssertions) {
      throw new ConstraintException(
          "look-ahead is not supported beside `\\b`, behind `$` or before `^`");
    }
    Term rest =
        switch (parts.get(at)) {
          case Regex.LookAhead(var inside, boolean denied) -> {
            Regex matched = Regex.concat(first, inside, Regex.ANYTHING);
            Term asked = compile(matched, end);
            List<Regex> behind = new ArrayList<>(List.of(first));
            behind.addAll(after);
            Term followed = compile(new Regex.Concat(behind), end);
            yield terms.both(followed, denied ? terms.not(asked) : asked);
          }
          case Regex.Either(var choices) ->
              terms.either(
                  choices.stream()
                      .map(choice -> compile(joined(first, choice, after), end))
                      .toList());
          case Regex.Repeat _, Regex.Concat _ -> compile(parts.get(at), end); // is refused
          case Regex.Chars _, Regex.Assert _, Regex.Rule _ -> throw new AssertionError();
        };
    return isStart ? rest : terms.concat(compile(new Regex.Concat(before)), rest);
  }

  private static Regex joined(Regex first, Regex then, List<Regex> after) {
    List<Regex> parts = new ArrayList<>(List.of(first, then));
    parts.addAll(after);
    return new Regex.Concat(parts);
  }

  private static List<Regex> flat(List<Regex> parts) {
    return parts.stream()
        .flatMap(
            part ->
                part instanceof Regex.Concat(var inner) ? flat(inner).stream() : Stream.of(part))
        .toList();
  }

  /// Whether `regex` looks at the text around a match: by an assertion or by look-ahead.
  public static boolean looksBeyond(Regex regex) {
    return hasPart(regex, part -> part instanceof Regex.Assert || part instanceof Regex.LookAhead);
  }

  private static boolean looksAhead(Regex regex) {
    return hasPart(regex, part -> part instanceof Regex.LookAhead);
  }

  /// Whether an assertion in `regex` speaks of the text before it.
  private static boolean looksBack(Regex regex) {
    return hasAssertBut(regex, Assertion.TEXT_END, Assertion.LINE_END);
  }

  private static boolean hasAssertBut(Regex regex, Assertion one, Assertion other) {
    return hasPart(
        regex, part -> part instanceof Regex.Assert(var found) && found != one && found != other);
  }

  /// Whether `wanted` is true of a part of `regex`.
  private static boolean hasPart(Regex regex, Predicate<Regex> wanted) {
    return wanted.test(regex)
        || switch (regex) {
          case Regex.Chars _, Regex.Assert _, Regex.Rule _ -> false;
          case Regex.Concat(var parts) -> parts.stream().anyMatch(part -> hasPart(part, wanted));
          case Regex.Either(var choices) -> choices.stream().anyMatch(c -> hasPart(c, wanted));
          case Regex.Repeat(var item, _, _) -> hasPart(item, wanted);
          case Regex.LookAhead(var inside, _) -> hasPart(inside, wanted);
        };
  }

  // --- without assertions

  private Term free(Regex regex) {
    Term known = done.get(regex);
    if (known == null) {
      known = term(regex);
      done.put(regex, known);
    }
    return known;
  }

  private Term term(Regex regex) {
    return switch (regex) {
      case Regex.Chars(var set) ->
          chars.computeIfAbsent(set, s -> terms.character(spelling.term(terms, s)));
      case Regex.Concat(var parts) -> {
        Term term = terms.empty;
        for (Regex part : parts.reversed()) {
          term = terms.concat(free(part), term);
        }
        yield term;
      }
      case Regex.Either(var choices) -> terms.either(choices.stream().map(this::free).toList());
      case Regex.Repeat(var item, int min, int max) -> {
        Term one = free(item);
        yield isLength(item, min, max) ? terms.length(one, min, max) : terms.repeat(one, min, max);
      }
      case Regex.Rule(var name) -> free(rules.apply(name));
      case Regex.Assert _, Regex.LookAhead _ -> throw new AssertionError();
    };
  }

  /// Whether the upper bound of a repeat limits the length of a text: of any characters always, of
  /// some if there may be many.
  private boolean isLength(Regex item, int min, int max) {
    return max != Regex.UNBOUNDED
        && resolved(item) instanceof Regex.Chars(var set)
        && (set.equals(CodePoints.ALL) || min < max && max >= LENGTHY);
  }

  /// The expression that a rule names, through any number of rules; others as they are.
  private Regex resolved(Regex regex) {
    Regex resolved = regex;
    while (resolved instanceof Regex.Rule(var name)) {
      resolved = rules.apply(name);
    }
    return resolved;
  }

  private boolean asserts(Regex regex) {
    Boolean known = asserting.get(regex);
    if (known == null) {
      known =
          switch (regex) {
            case Regex.Chars _, Regex.Rule _ -> false;
            case Regex.Concat(var parts) -> parts.stream().anyMatch(this::asserts);
            case Regex.Either(var choices) -> choices.stream().anyMatch(this::asserts);
            case Regex.Repeat(var item, _, _) -> asserts(item);
            case Regex.Assert _, Regex.LookAhead _ -> true;
          };
      asserting.put(regex, known);
    }
    return known;
  }

  // --- with assertions

  /// The neighbours that the assertions of `regex` tell apart, the edge first.
  private static List<Side> sides(Regex regex) {
    return looksAround(regex) ? List.of(Side.values()) : List.of(Side.EDGE, Side.OTHER);
  }

  private static boolean looksAround(Regex regex) {
    return hasAssertBut(regex, Assertion.TEXT_START, Assertion.TEXT_END);
  }

  private Matrix matrix(Regex regex, List<Side> sides) {
    if (!asserts(regex)) {
      Term term = free(regex);
      return fill(sides, (_, _) -> term);
    }
    return switch (regex) {
      case Regex.Chars _, Regex.Rule _ -> throw new AssertionError();
      case Regex.Concat(var parts) -> {
        Matrix product = fill(sides, (_, _) -> terms.empty);
        for (Regex part : parts) {
          product = concat(product, matrix(part, sides), sides);
        }
        yield product;
      }
      case Regex.Either(var choices) -> {
        Matrix sum = fill(sides, (_, _) -> terms.nothing);
        for (Regex choice : choices) {
          sum = combine(sum, matrix(choice, sides), terms::either);
        }
        yield sum;
      }
      case Regex.Repeat(var item, int min, int max) -> repeat(matrix(item, sides), min, max, sides);
      case Regex.Assert(var assertion) ->
          fill(sides, (l, r) -> holds(assertion, l, r) ? terms.empty : terms.nothing);
      case Regex.LookAhead _ ->
          throw new ConstraintException(
              "look-ahead is supported outside of repeats only, and not before `^` and `\\b`");
    };
  }

  private static boolean holds(Assertion assertion, Side left, Side right) {
    return switch (assertion) {
      case TEXT_START -> left == Side.EDGE;
      case TEXT_END -> right == Side.EDGE;
      case LINE_START -> left == Side.EDGE || left == Side.NEWLINE;
      case LINE_END -> right == Side.EDGE || right == Side.NEWLINE;
      case WORD_BOUNDARY -> (left == Side.WORD) != (right == Side.WORD);
      case NO_WORD_BOUNDARY -> (left == Side.WORD) == (right == Side.WORD);
    };
  }

  private interface Cell {
    Term at(Side left, Side right);
  }

  private static Matrix fill(List<Side> sides, Cell cell) {
    int size = sides.size();
    Term[][] cells = new Term[size][size];
    for (int l = 0; l < size; l++) {
      for (int r = 0; r < size; r++) {
        cells[l][r] = cell.at(sides.get(l), sides.get(r));
      }
    }
    return new Matrix(cells);
  }

  private static Matrix combine(Matrix one, Matrix two, BinaryOperator<Term> operator) {
    int size = one.terms().length;
    Term[][] cells = new Term[size][size];
    for (int l = 0; l < size; l++) {
      for (int r = 0; r < size; r++) {
        cells[l][r] = operator.apply(one.terms()[l][r], two.terms()[l][r]);
      }
    }
    return new Matrix(cells);
  }

  /// Both, one after the other. Where one is empty, the other sees the neighbour beyond it; where
  /// neither is, each sees the first or last character of the other.
  private Matrix concat(Matrix one, Matrix two, List<Side> sides) {
    int size = sides.size();
    Term[][] cells = new Term[size][size];
    for (int l = 0; l < size; l++) {
      for (int r = 0; r < size; r++) {
        List<Term> ways = new ArrayList<>();
        if (one.terms()[l][r].isNullable() && two.terms()[l][r].isNullable()) {
          ways.add(terms.empty);
        }
        for (int i = 1; i < size; i++) {
          if (one.terms()[l][i].isNullable()) {
            ways.add(beginning(two.terms()[l][r], i, sides));
          }
          if (two.terms()[i][r].isNullable()) {
            ways.add(ending(one.terms()[l][r], i, sides));
          }
          for (int j = 1; j < size; j++) {
            ways.add(
                terms.concat(
                    ending(one.terms()[l][j], i, sides), beginning(two.terms()[i][r], j, sides)));
          }
        }
        cells[l][r] = terms.either(ways);
      }
    }
    return new Matrix(cells);
  }

  /// The texts of `term`, not empty, that begin with a character of side `i`.
  private Term beginning(Term term, int i, List<Side> sides) {
    if (term == terms.nothing || term == terms.empty) {
      return terms.nothing;
    }
    return sides.size() == 2
        ? some(term)
        : terms.both(term, terms.concat(side(sides.get(i)), any()));
  }

  private Term ending(Term term, int i, List<Side> sides) {
    if (term == terms.nothing || term == terms.empty) {
      return terms.nothing;
    }
    return sides.size() == 2
        ? some(term)
        : terms.both(term, terms.concat(any(), side(sides.get(i))));
  }

  private Term some(Term term) {
    return term.isNullable() ? terms.both(term, terms.not(terms.empty)) : term;
  }

  private Term any() {
    return free(Regex.ANYTHING);
  }

  private Term side(Side side) {
    return free(new Regex.Chars(SIDES.getOrDefault(side, CodePoints.NONE)));
  }

  private Matrix repeat(Matrix item, int min, int max, List<Side> sides) {
    Matrix none = fill(sides, (_, _) -> terms.empty);
    Matrix least = none;
    for (int i = 0; i < min; i++) {
      least = concat(least, item, sides);
      checkSize(i);
    }
    if (max == Regex.UNBOUNDED) {
      return concat(least, star(item, sides), sides);
    }
    Matrix maybe = combine(item, none, terms::either);
    for (int i = min; i < max; i++) {
      least = concat(least, maybe, sides);
      checkSize(i);
    }
    return least;
  }

  private static void checkSize(int count) {
    if (count > 100) {
      throw new ConstraintException("an anchor stands inside a repeat of more than 100 times");
    }
  }

  /// Any number of times. Between two rounds stands a pair of neighbours, the last character of one
  /// and the first of the next; what leads from pair to pair is closed over (Kleene, 1956).
  private Matrix star(Matrix item, List<Side> sides) {
    int inner = sides.size() - 1;
    int pairs = inner * inner;
    Term[][] paths = new Term[pairs][pairs];
    for (int from = 0; from < pairs; from++) {
      for (int to = 0; to < pairs; to++) {
        Term round = item.terms()[1 + from / inner][1 + to % inner];
        paths[from][to] = between(round, 1 + from % inner, 1 + to / inner, sides);
      }
    }
    for (int via = 0; via < pairs; via++) {
      Term loop = terms.star(paths[via][via]);
      Term[][] before = paths;
      paths = new Term[pairs][pairs];
      for (int from = 0; from < pairs; from++) {
        for (int to = 0; to < pairs; to++) {
          Term detour = terms.concat(before[from][via], loop, before[via][to]);
          paths[from][to] = terms.either(before[from][to], detour);
        }
      }
    }
    Term[][] cells = new Term[inner + 1][inner + 1];
    for (int l = 0; l <= inner; l++) {
      for (int r = 0; r <= inner; r++) {
        cells[l][r] = terms.either(rounds(item, paths, l, r, sides));
      }
    }
    return new Matrix(cells);
  }

  /// No round, one, two, or a first, some through `paths`, and a last.
  private List<Term> rounds(Matrix item, Term[][] paths, int l, int r, List<Side> sides) {
    int inner = sides.size() - 1;
    List<Term> ways = new ArrayList<>(List.of(terms.empty, item.terms()[l][r]));
    for (int from = 0; from < paths.length; from++) {
      Term first = ending(item.terms()[l][1 + from % inner], 1 + from / inner, sides);
      ways.add(
          terms.concat(
              first, beginning(item.terms()[1 + from / inner][r], 1 + from % inner, sides)));
      for (int to = 0; to < paths.length; to++) {
        Term last = beginning(item.terms()[1 + to / inner][r], 1 + to % inner, sides);
        ways.add(terms.concat(first, paths[from][to], last));
      }
    }
    return ways;
  }

  private Term between(Term term, int begin, int end, List<Side> sides) {
    return terms.both(beginning(term, begin, sides), ending(term, end, sides));
  }
}
