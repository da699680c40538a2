package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.regex.ByteMachine;
import dev.sgl.constraint.regex.CodePoints;
import dev.sgl.constraint.regex.Regex;
import dev.sgl.constraint.regex.RegexCompiler;
import dev.sgl.constraint.regex.RegexParser;
import dev.sgl.constraint.regex.Spelling;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.nio.charset.StandardCharsets;

/// Sets of strings as JSON writes them, from behind the opening quote up to the closing one,
/// which is included. So a set and its complement are told apart by their last byte at the
/// latest.
public final class Texts {
  private final Terms terms;
  private final RegexCompiler compiler;
  private final Term quote;
  private final Term any;

  /// Sets of strings as terms of `terms`.
  public Texts(Terms terms) {
    this.terms = terms;
    compiler = new RegexCompiler(terms, Spelling.JSON);
    quote = terms.text("\"");
    any = length(0, Regex.UNBOUNDED);
  }

  /// All strings.
  public Term any() {
    return any;
  }

  /// Strings of `min` to `max` characters.
  public Term length(int min, int max) {
    return matching(new Regex.Repeat(new Regex.Chars(CodePoints.ALL), min, max));
  }

  /// The strings that `regex` matches as a whole.
  public Term matching(Regex regex) {
    return compiler.compile(regex, quote);
  }

  /// The strings in which `pattern`, an ECMA-262 regular expression, is found.
  public Term containing(String pattern) {
    return searched(RegexParser.parse(pattern, RegexParser.Dialect.ECMA));
  }

  private Term searched(Regex regex) {
    boolean isStart =
        regex instanceof Regex.Concat(var parts)
            && !parts.isEmpty()
            && parts.getFirst().equals(new Regex.Assert(Regex.Assertion.TEXT_START));
    return matching(isStart ? Regex.concat(regex, Regex.ANYTHING) : regex.searched());
  }

  /// Only `value`.
  ///
  /// @throws dev.sgl.constraint.ConstraintException if it is too long
  public Term only(String value) {
    Budget.requireShort("a text", value);
    return matching(Regex.text(value));
  }

  /// The strings that `machine` accepts, which must be of characters that need no escape.
  public Term run(ByteMachine machine) {
    return terms.concat(terms.run(machine), quote);
  }

  /// The strings that begin with what `pattern` matches as a whole and go on in `rest`.
  public Term after(String pattern, Term rest) {
    return terms.concat(
        compiler.compile(RegexParser.parse(pattern, RegexParser.Dialect.ASCII)), rest);
  }

  /// The strings that are in one of the two sets.
  public Term either(Term one, Term two) {
    return terms.either(one, two);
  }

  /// The strings that are in both sets.
  public Term both(Term one, Term two) {
    return terms.both(one, two);
  }

  /// All strings but those of `term`.
  public Term not(Term term) {
    return terms.both(any, terms.not(term));
  }

  /// Whether `value` is in `term`.
  public boolean contains(Term term, String value) {
    return terms.derive(term, written(value)).isNullable();
  }

  /// `value` as it is written, with its closing quote.
  public static byte[] written(String value) {
    StringBuilder out = new StringBuilder();
    value.chars().forEach(c -> append(out, (char) c));
    return out.append('"').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void append(StringBuilder out, char c) {
    int at = "\"\\\b\f\n\r\t".indexOf(c);
    if (at >= 0) {
      out.append('\\').append("\"\\bfnrt".charAt(at));
    } else if (c < 0x20) {
      out.append(String.format("\\u%04x", (int) c));
    } else {
      out.append(c);
    }
  }
}
