package dev.sgl.constraint.regex;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import java.util.ArrayList;
import java.util.List;

/// Reads a pattern.
///
/// The syntax is what Java, ECMAScript, Python and Rust have in common, with the differences of a
/// [Dialect]. Back-references and atomic groups, which are not regular, are refused, and so are
/// look-behind and every escape that the dialects read in different ways.
public final class RegexParser {
  private static final int MAX_REPEAT = 100_000;
  private static final int MAX_DEPTH = 250;
  private static final int MAX_COUNT = 40; // characters in braces

  /// How a pattern is read where the traditions differ.
  public enum Dialect {
    /// ECMA-262, of JSON Schema and of `.sgl` programs.
    ECMA,
    /// As in Rust and Java: class operations (`[a-z&&[^aeiou]]`), `\A` and `\z`; `\d`, `\w` and
    /// `\s` are ASCII unless `(?u)` is set.
    ASCII,
    /// The same with `(?u)` set from the beginning.
    UNICODE
  }

  /// Flags, changed as a whole so that leaving a group restores them.
  private record Flags(
      boolean ignoreCase, boolean dotAll, boolean multiLine, boolean extended, boolean unicode) {}

  private final String pattern;
  private final Dialect dialect;
  private Flags flags;
  private int at;
  private int depth;

  private RegexParser(String pattern, Dialect dialect) {
    this.pattern = pattern;
    this.dialect = dialect;
    flags = new Flags(false, false, false, false, dialect == Dialect.UNICODE);
  }

  /// Reads `pattern`.
  ///
  /// @throws ConstraintException if it is not well formed or not regular; the message says where
  public static Regex parse(String pattern, Dialect dialect) {
    Budget.requireShort("a pattern", pattern);
    RegexParser parser = new RegexParser(pattern, dialect);
    Regex regex = parser.either();
    if (parser.at < pattern.length()) {
      throw parser.error("`)` without `(`");
    }
    return regex;
  }

  private Regex either() {
    if (++depth > MAX_DEPTH) {
      throw error("groups are nested too deeply");
    }
    Flags before = flags;
    List<Regex> choices = new ArrayList<>();
    do {
      choices.add(concat());
    } while (skip('|'));
    flags = before;
    depth--;
    return choices.size() == 1 ? choices.getFirst() : new Regex.Either(choices);
  }

  private Regex concat() {
    List<Regex> parts = new ArrayList<>();
    while (true) {
      blank();
      if (at == pattern.length() || peek() == '|' || peek() == ')') {
        return parts.size() == 1 ? parts.getFirst() : new Regex.Concat(parts);
      }
      parts.add(repeated(atom()));
    }
  }

  private Regex repeated(Regex item) {
    Regex regex = item;
    while (true) {
      blank();
      int start = at;
      int min;
      int max;
      if (skip('*')) {
        min = 0;
        max = Regex.UNBOUNDED;
      } else if (skip('+')) {
        min = 1;
        max = Regex.UNBOUNDED;
      } else if (skip('?')) {
        min = 0;
        max = 1;
      } else if (at < pattern.length() && peek() == '{' && isCounted()) {
        at++;
        min = peek() == ',' ? 0 : number();
        max = skip(',') ? (peek() == '}' ? Regex.UNBOUNDED : number()) : min;
        expect('}');
        if (min > max) {
          at = start;
          throw error("the lower bound is above the upper one");
        }
      } else {
        return regex;
      }
      if (item == Regex.EMPTY) {
        at = start;
        throw error("flags have nothing to repeat");
      }
      skip('?'); // lazy: the same texts
      if (at < pattern.length() && peek() == '+' && dialect != Dialect.UNICODE) {
        throw error("possessive repeats are not supported");
      }
      regex = new Regex.Repeat(regex, min, max);
    }
  }

  /// Whether `{` begins a count; ECMAScript and Java differ on its meaning otherwise.
  private boolean isCounted() {
    int end = pattern.indexOf('}', at, Math.min(pattern.length(), at + MAX_COUNT));
    String inside = end < 0 ? "" : pattern.substring(at + 1, end);
    if (dialect == Dialect.UNICODE) {
      inside = inside.replace(" ", "");
    }
    if (inside.matches("\\d+(,\\d*)?") || dialect == Dialect.UNICODE && inside.matches(",\\d+")) {
      return true;
    }
    if (dialect == Dialect.ECMA) {
      return false; // it stands for itself
    }
    throw error("a count such as `{2,5}` was expected");
  }

  private Regex atom() {
    char c = pattern.charAt(at);
    switch (c) {
      case '(':
        return group();
      case '[':
        return chars(charClass());
      case '.':
        at++;
        return new Regex.Chars(dot());
      case '^':
        at++;
        return assertion(
            flags.multiLine() ? Regex.Assertion.LINE_START : Regex.Assertion.TEXT_START);
      case '$':
        at++;
        return assertion(flags.multiLine() ? Regex.Assertion.LINE_END : Regex.Assertion.TEXT_END);
      case '\\':
        return escape();
      case '*', '+', '?':
        throw error("`" + c + "` has nothing to repeat");
      default:
        int codePoint = pattern.codePointAt(at);
        if (codePoint == '{' && dialect != Dialect.ECMA) {
          throw error("`{` has nothing to repeat; write `\\{`");
        }
        at += Character.charCount(codePoint);
        return chars(CodePoints.range(codePoint, codePoint));
    }
  }

  private CodePoints dot() {
    if (flags.dotAll()) {
      return CodePoints.ALL;
    }
    return CodePoints.of(dialect == Dialect.ECMA ? "\n\r\u2028\u2029" : "\n").not();
  }

  private Regex group() {
    expect('(');
    Flags before = flags;
    if (skip('?')) {
      if (skip("<=") || skip("<!")) {
        throw error("look-behind is not supported");
      }
      boolean denied = skip("!");
      if (denied || skip("=")) {
        Regex inside = either();
        flags = before;
        expect(')');
        return new Regex.LookAhead(inside, denied);
      }
      if (skip(">")) {
        throw error("atomic groups are not supported");
      }
      if (skip("P<") || skip("<")) {
        int end = pattern.indexOf('>', at);
        if (end <= at) {
          throw error("the name of a group was expected");
        }
        at = end + 1;
      } else if (!skip(":")) {
        if (at < pattern.length() && peek() == ')') {
          throw error("flags were expected");
        }
        readFlags();
        if (skip(')')) {
          return Regex.EMPTY; // they hold to the end of the enclosing group
        }
        expect(':');
      }
    }
    Regex inside = either();
    flags = before;
    expect(')');
    return inside;
  }

  private void readFlags() {
    boolean on = true;
    while (at < pattern.length() && peek() != ')' && peek() != ':') {
      char c = pattern.charAt(at++);
      Flags f = flags;
      flags =
          switch (c) {
            case '-' -> {
              on = false;
              yield f;
            }
            case 'i' -> new Flags(on, f.dotAll(), f.multiLine(), f.extended(), f.unicode());
            case 's' -> new Flags(f.ignoreCase(), on, f.multiLine(), f.extended(), f.unicode());
            case 'm' -> new Flags(f.ignoreCase(), f.dotAll(), on, f.extended(), f.unicode());
            case 'x' -> new Flags(f.ignoreCase(), f.dotAll(), f.multiLine(), on, f.unicode());
            case 'u' -> new Flags(f.ignoreCase(), f.dotAll(), f.multiLine(), f.extended(), on);
            case 'U' -> f; // swaps greedy and lazy: the same texts
            default -> throw error("unknown flag `" + c + "`");
          };
    }
  }

  private Regex escape() {
    expect('\\');
    if (at == pattern.length()) {
      throw error("`\\` at the end");
    }
    char c = peek();
    Regex.Assertion assertion =
        switch (c) {
          case 'b' -> Regex.Assertion.WORD_BOUNDARY;
          case 'B' -> Regex.Assertion.NO_WORD_BOUNDARY;
          case 'A' -> dialect == Dialect.ECMA ? null : Regex.Assertion.TEXT_START;
          case 'z' -> dialect == Dialect.ECMA ? null : Regex.Assertion.TEXT_END;
          default -> null;
        };
    if (assertion != null) {
      if (c == 'b' && pattern.startsWith("b{", at)) {
        throw error("`\\b{…}` is not supported");
      }
      at++;
      return assertion(assertion);
    }
    if (c >= '1' && c <= '9' || c == 'k') {
      throw error("back-references are not supported: they are not regular");
    }
    return chars(escapedSet());
  }

  private static Regex assertion(Regex.Assertion assertion) {
    return new Regex.Assert(assertion);
  }

  private Regex chars(CodePoints set) {
    return new Regex.Chars(flags.ignoreCase() ? Unicode.foldCase(set) : set);
  }

  /// What stands after a backslash, in a class or outside of one.
  private CodePoints escapedSet() {
    int start = at - 1;
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    boolean unicode = flags.unicode();
    return switch (c) {
      case 'd' -> unicode ? Unicode.digits() : Unicode.DIGIT;
      case 'D' -> (unicode ? Unicode.digits() : Unicode.DIGIT).not();
      case 'w' -> unicode ? Unicode.words() : Unicode.WORD;
      case 'W' -> (unicode ? Unicode.words() : Unicode.WORD).not();
      case 's' -> spaces();
      case 'S' -> spaces().not();
      case 'p' -> property();
      case 'P' -> property().not();
      case 'n' -> one('\n');
      case 'r' -> one('\r');
      case 't' -> one('\t');
      case 'f' -> one('\f');
      case 'v' -> one(0x0b);
      case 'a' -> dialect == Dialect.ECMA ? unknown(start) : one(0x07);
      case '0' -> nul(start);
      case 'x' -> one(hex(2));
      case 'u' -> one(unicodeEscape());
      case 'U' -> dialect == Dialect.ECMA ? unknown(start) : one(hex(8));
      case 'c' -> one(control(start));
      default ->
          Character.isLetterOrDigit(c) || c == '<' && dialect == Dialect.UNICODE
              ? unknown(start)
              : one(c);
    };
  }

  private CodePoints nul(int start) {
    if (at < pattern.length() && Character.isDigit(peek())) {
      return unknown(start);
    }
    return one(0);
  }

  private int control(int start) {
    char letter = at < pattern.length() ? pattern.charAt(at) : ' ';
    if (letter > 'z' || !Character.isLetter(letter)) {
      unknown(start);
    }
    at++;
    return letter % 32;
  }

  private CodePoints unknown(int start) {
    at = start;
    throw error("unknown escape `" + pattern.substring(start, start + 2) + "`");
  }

  private static CodePoints one(int c) {
    return CodePoints.range(c, c);
  }

  private CodePoints spaces() {
    return dialect == Dialect.ECMA
        ? Unicode.ECMA_SPACE
        : flags.unicode() ? Unicode.spaces() : Unicode.SPACE;
  }

  private CodePoints property() {
    int start = at;
    boolean negated = false;
    String name;
    if (skip('{')) {
      negated = skip('^');
      int end = pattern.indexOf('}', at);
      if (end < 0) {
        throw error("`}` is missing");
      }
      name = pattern.substring(at, end);
      if (name.contains("!=")) {
        negated = !negated;
        name = name.replace("!=", "=");
      }
      at = end + 1;
    } else {
      name = at < pattern.length() ? pattern.substring(at, ++at) : "";
    }
    CodePoints set = Unicode.property(name).orElse(CodePoints.NONE);
    if (set.isEmpty()) {
      at = start;
      throw error("unknown property of characters `" + name + "`");
    }
    return negated ? set.not() : set;
  }

  private int unicodeEscape() {
    int high = hex(4);
    if (Character.isHighSurrogate((char) high) && high <= 0xffff && pattern.startsWith("\\u", at)) {
      int before = at;
      at += 2;
      int low = hex(4);
      if (low <= 0xffff && Character.isLowSurrogate((char) low)) {
        return Character.toCodePoint((char) high, (char) low);
      }
      at = before;
    }
    return high;
  }

  /// `digits` hexadecimal digits, or any number of them in braces.
  private int hex(int digits) {
    int end = at + digits;
    int from = at;
    if (skip('{')) {
      from = at;
      end = pattern.indexOf('}', at);
      at = end + 1;
    } else {
      at = end;
    }
    try {
      int value = Integer.parseInt(pattern.substring(from, end), 16);
      if (Character.isValidCodePoint(value)) {
        return value;
      }
    } catch (RuntimeException e) {
      // told below
    }
    at = from;
    throw error("hexadecimal digits of a character were expected");
  }

  // --- classes

  private CodePoints charClass() {
    if (++depth > MAX_DEPTH) {
      throw error("classes are nested too deeply");
    }
    expect('[');
    boolean negated = skip('^');
    CodePoints set = classItems();
    while (dialect != Dialect.ECMA && at < pattern.length() && peek() != ']') {
      if (skip("&&")) {
        set = set.and(classItems());
      } else if (skip("--")) {
        set = set.minus(classItems());
      } else if (skip("~~")) {
        CodePoints other = classItems();
        set = set.or(other).minus(set.and(other));
      }
    }
    expect(']');
    depth--;
    if (flags.ignoreCase()) {
      set = Unicode.foldCase(set); // before it is negated
    }
    return negated ? set.not() : set;
  }

  /// Up to the closing bracket or an operator.
  private CodePoints classItems() {
    CodePoints set = CodePoints.NONE;
    boolean first = true;
    while (true) {
      blank();
      if (at == pattern.length()) {
        throw error("`]` is missing");
      }
      boolean literal = first && dialect != Dialect.ECMA;
      if (peek() == ']' && !literal || isOperator()) {
        return set;
      }
      set = set.or(classItem());
      first = false;
    }
  }

  private boolean isOperator() {
    return dialect != Dialect.ECMA
        && (pattern.startsWith("&&", at)
            || pattern.startsWith("--", at)
            || pattern.startsWith("~~", at));
  }

  private CodePoints classItem() {
    if (dialect != Dialect.ECMA && peek() == '[') {
      return pattern.startsWith("[:", at) ? posixClass() : charClass();
    }
    int start = at;
    CodePoints from = classChar();
    blank();
    boolean isRange =
        at + 1 < pattern.length()
            && peek() == '-'
            && pattern.charAt(at + 1) != ']'
            && !pattern.startsWith("--", at);
    if (!isRange) {
      return from;
    }
    int dash = at++;
    blank();
    CodePoints to = classChar();
    if (!isOne(from) || !isOne(to)) {
      if (dialect != Dialect.ECMA) {
        at = dash;
        throw error("a range needs a single character on both sides");
      }
      return from.or(to).or(one('-')); // ECMA-262, annex B.1.2
    }
    if (from.first(0) > to.first(0)) {
      at = start;
      throw error("the range is out of order");
    }
    return CodePoints.range(from.first(0), to.first(0));
  }

  private static boolean isOne(CodePoints set) {
    return set.ranges() == 1 && set.first(0) == set.last(0);
  }

  private CodePoints classChar() {
    if (at == pattern.length()) {
      throw error("`]` is missing");
    }
    if (skip('\\')) {
      if (at == pattern.length()) {
        throw error("`\\` at the end");
      }
      if (peek() == 'b' && dialect == Dialect.ECMA) {
        at++;
        return one('\b');
      }
      return escapedSet();
    }
    int c = pattern.codePointAt(at);
    at += Character.charCount(c);
    return one(c);
  }

  private CodePoints posixClass() {
    int end = pattern.indexOf(":]", at);
    if (end < 0) {
      return charClass();
    }
    String name = pattern.substring(at + 2, end);
    boolean negated = name.startsWith("^");
    CodePoints set =
        Unicode.posix(negated ? name.substring(1) : name)
            .orElseThrow(() -> error("unknown class `[:" + name + ":]`"));
    at = end + 2;
    return negated ? set.not() : set;
  }

  // --- characters of the pattern

  /// Passes white space and comments, where flag `x` says that they do not count.
  private void blank() {
    while (flags.extended() && at < pattern.length()) {
      if (Character.isWhitespace(peek())) {
        at++;
      } else if (peek() == '#') {
        int end = pattern.indexOf('\n', at);
        at = end < 0 ? pattern.length() : end + 1;
      } else {
        return;
      }
    }
  }

  private int number() {
    int start = at;
    while (at < pattern.length() && (Character.isDigit(peek()) || peek() == ' ')) {
      at++;
    }
    String digits = pattern.substring(start, at).strip();
    if (digits.length() > 6 || digits.isEmpty() || Integer.parseInt(digits) > MAX_REPEAT) {
      at = start;
      throw error("a count from 0 to " + MAX_REPEAT + " was expected");
    }
    return Integer.parseInt(digits);
  }

  private char peek() {
    return pattern.charAt(at);
  }

  private boolean skip(char c) {
    boolean here = at < pattern.length() && peek() == c;
    at += here ? 1 : 0;
    return here;
  }

  private boolean skip(String text) {
    boolean here = pattern.startsWith(text, at);
    at += here ? text.length() : 0;
    return here;
  }

  private void expect(char c) {
    if (!skip(c)) {
      throw error("`" + c + "` is missing");
    }
  }

  private ConstraintException error(String message) {
    return new ConstraintException(
        "bad pattern: " + message + ", at character " + (at + 1) + " of `" + shown() + "`");
  }

  private String shown() {
    return pattern.length() <= 80 ? pattern : pattern.substring(0, 77) + "…";
  }
}
