package dev.sgl.constraint.match;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.machine.Dfa;
import dev.sgl.constraint.machine.DfaState;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.RegexCompiler;
import dev.sgl.constraint.regex.RegexParser;
import dev.sgl.constraint.regex.Spelling;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// Searches a text that comes character by character for the first match of a pattern: the one that
/// ends first, and of several that end there the longest.
///
/// Each character costs a step for each state of the pattern's automaton at most, however long the
/// text is. For one thread.
public final class PatternSearch {
  /// No place in a text.
  public static final int NOWHERE = Integer.MAX_VALUE;

  private static final long STEPS = 400_000;
  private static final long SPACE = 20_000;

  /// More of them would slow each character down.
  private static final int MOST_OPEN = 500;

  private final DfaState start;
  private Map<DfaState, Integer> open = new LinkedHashMap<>(); // begun matches, by their beginnings

  /// A search at the beginning of a text.
  ///
  /// @throws ConstraintException if the pattern is malformed or too complex, looks at the text
  ///     around a match, or matches the empty text
  public PatternSearch(String pattern) {
    Regex regex = RegexParser.parse(pattern, RegexParser.Dialect.ECMA);
    if (RegexCompiler.looksBeyond(regex)) {
      throw new ConstraintException(
          "a pattern that is searched for has no `^`, `$`, `\\b` and no look-ahead");
    }
    Budget budget = new Budget(STEPS, SPACE);
    Terms terms = new Terms(budget);
    Term term = new RegexCompiler(terms, Spelling.RAW).compile(regex);
    if (term.isNullable()) {
      throw new ConstraintException("the pattern matches the empty text, which is everywhere");
    }
    start = new Dfa(terms, budget).state(term);
  }

  /// Reads the next character.
  ///
  /// @param at its place, greater than those of the characters before it
  /// @return the place of the first character of a match that ends with this one, or [#NOWHERE]
  /// @throws ConstraintException if the pattern turns out to be too complex
  public int read(int codePoint, int at) {
    open.putIfAbsent(start, at);
    for (byte one : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
      Map<DfaState, Integer> next = new LinkedHashMap<>();
      open.forEach(
          (state, from) -> {
            DfaState then = state.next(one & 0xff);
            if (!then.isDead()) {
              next.putIfAbsent(then, from); // the earliest is first
            }
          });
      open = next;
    }
    if (open.size() > MOST_OPEN) {
      throw ConstraintException.tooComplex("more than " + MOST_OPEN + " matches are open at once");
    }
    return open.entrySet().stream()
        .filter(begun -> begun.getKey().isNullable())
        .mapToInt(Map.Entry::getValue)
        .findFirst()
        .orElse(NOWHERE);
  }

  /// Where the first match begins that the text so far leaves open, or [#NOWHERE].
  public int firstOpen() {
    return open.values().stream().findFirst().orElse(NOWHERE);
  }

  /// Goes back to the beginning of a text.
  public void restart() {
    open.clear();
  }
}
