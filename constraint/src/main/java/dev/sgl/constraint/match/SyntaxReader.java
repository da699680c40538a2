package dev.sgl.constraint.match;

import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.syntax.ValueReader;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads an object that is written in a [Syntax] piece by piece, and writes it as JSON.
///
/// Where a text may be a string or another value, it is the other value if the schema allows that
/// value there. Used by one thread.
public final class SyntaxReader {
  private static final String OTHERS =
      "{[-0123456789tfn"; // beginnings of values that are no string

  /// A word or a number, or the beginning of one, possibly nothing yet.
  private static final Pattern SIMPLE = Pattern.compile("[A-Za-z]{1,5}|[-+.\\deE]{0,400}");

  private enum Next {
    BEGIN,
    PROPERTY,
    VALUE,
    STRING,
    END
  }

  /// Characters of a value that are read again with each piece.
  private static final int MOST_LOOKED_AT = 1_000;

  private final Syntax.Members form;
  private final ValueReader values;
  private final Follower schema; // reads the same as JSON without white space
  private final StringBuilder text = new StringBuilder(); // not read yet
  private final StringBuilder json = new StringBuilder();
  private Next next = Next.BEGIN;
  private boolean isFirst = true;
  private boolean hasEnded; // whether no more text comes
  private int looked; // characters that hold no whole value

  /// @param syntax in which objects are not written as JSON
  /// @param schema of the object, for JSON without white space
  public SyntaxReader(Syntax syntax, CompiledConstraint schema) {
    this.form = syntax.outer().orElseThrow();
    this.values = new ValueReader(syntax);
    this.schema = schema.follower();
  }

  /// Takes a piece of the text.
  ///
  /// @return the JSON that is known by it
  public String read(String piece) {
    text.append(piece);
    int before = json.length();
    while (step()) {}
    return json.substring(before);
  }

  /// Ends the text, which may be cut off.
  ///
  /// @return the JSON that is known by that
  public String end() {
    hasEnded = true;
    return read("");
  }

  /// The JSON so far.
  public String json() {
    return json.toString();
  }

  /// Whether the object is complete.
  public boolean isWhole() {
    return next == Next.END;
  }

  /// The text behind the object, or the text of which more is needed.
  public String rest() {
    return text.toString();
  }

  private boolean step() {
    return switch (next) {
      case BEGIN -> take(form.begin()) && write("{", Next.PROPERTY);
      case PROPERTY -> readProperty();
      case VALUE -> readValue();
      case STRING -> readString();
      case END -> false;
    };
  }

  private boolean write(String more, Next then) {
    json.append(more);
    schema.accept(more.getBytes(StandardCharsets.UTF_8));
    next = then;
    return true;
  }

  /// Passes over `expected`, if the text begins with it.
  private boolean take(String expected) {
    boolean isThere = startsWith(expected, 0);
    if (isThere) {
      text.delete(0, expected.length());
    }
    return isThere;
  }

  private boolean startsWith(String expected, int at) {
    return text.length() >= at + expected.length()
        && text.substring(at, at + expected.length()).equals(expected);
  }

  private boolean readProperty() {
    if (take(form.end())) {
      return write("}", Next.END);
    }
    String before = (isFirst ? "" : form.between()) + form.beforeName();
    int end = text.indexOf(form.afterName(), before.length());
    if (end < 0 || !take(before)) {
      return false;
    }
    String name = text.substring(0, end - before.length());
    text.delete(0, name.length() + form.afterName().length());
    schema.accept(
        ((isFirst ? "" : ",") + ValueReader.quoted(name) + ":").getBytes(StandardCharsets.UTF_8));
    json.append(isFirst ? "" : ", ").append(ValueReader.quoted(name)).append(": ");
    isFirst = false;
    next = Next.VALUE;
    return true;
  }

  // --- values

  /// A long value is looked at again only once there is half as much more of it.
  private boolean readValue() {
    if (looked > MOST_LOOKED_AT && text.length() < looked + looked / 2 && !hasEnded) {
      return false;
    }
    boolean isRead = form.strings().map(this::readAny).orElseGet(() -> readOther(false));
    looked = isRead ? 0 : text.length();
    return isRead;
  }

  private boolean readAny(Syntax.Raw strings) {
    if (!schema.mayContinueWith('"')) {
      return readOther(false);
    }
    boolean isString = OTHERS.chars().noneMatch(schema::mayContinueWith) || isTold(strings);
    if (!isString && !hasEnded && mayBecomeOther(strings)) {
      return false;
    }
    return !isString && readOther(true) || take(strings.begin()) && begin();
  }

  /// Whether the text, whose end is not there yet, may become a value that is no string: a list, an
  /// object, a number or a word.
  private boolean mayBecomeOther(Syntax.Raw strings) {
    if (text.indexOf(strings.end(), strings.begin().length()) >= 0) {
      return false;
    }
    String value = text.substring(Math.min(strings.begin().length(), text.length()));
    Matcher simple = SIMPLE.matcher(value);
    boolean isSimple =
        simple.lookingAt() && strings.end().startsWith(value.substring(simple.end()));
    boolean isOpen = !value.isEmpty() && "{[".indexOf(value.charAt(0)) >= 0;
    return isSimple || isOpen && schema.mayContinueWith(value.charAt(0));
  }

  /// Whether a string begins, which is seen by the text before it.
  private boolean isTold(Syntax.Raw strings) {
    return !strings.begin().equals(form.beforeValue()) && startsWith(strings.begin(), 0);
  }

  private boolean begin() {
    json.append('"');
    schema.accept(new byte[] {'"'});
    next = Next.STRING;
    return true;
  }

  /// Reads a value that is no raw string.
  ///
  /// @param isDoubtful whether it is one only if the schema allows it
  private boolean readOther(boolean isDoubtful) {
    int from = form.beforeValue().length();
    boolean isQuoted = text.length() > from && "\"'".indexOf(text.charAt(from)) >= 0;
    if (!startsWith(form.beforeValue(), 0) || isDoubtful && isQuoted) {
      return false; // quotes are a part of a raw string
    }
    StringBuilder value = new StringBuilder();
    int end = values.read(text.toString(), from, value);
    if (end == ValueReader.NONE || end == text.length() || !startsWith(form.afterValue(), end)) {
      return false; // with nothing behind it, a number may go on
    }
    boolean isAllowed = schema.accept(compact(value.toString()));
    if (isDoubtful && !isAllowed) {
      return false;
    }
    json.append(value);
    text.delete(0, end + form.afterValue().length());
    next = Next.PROPERTY;
    return true;
  }

  /// Reads more of a raw string; text that may belong to its end is read later.
  private boolean readString() {
    String end = form.strings().orElseThrow().end();
    int at = text.indexOf(end);
    int known = at >= 0 ? at : text.length() - (hasEnded ? 0 : held(end));
    if (known > 0 && at < 0 && Character.isHighSurrogate(text.charAt(known - 1))) {
      known--;
    }
    String quoted = ValueReader.quoted(text.substring(0, known));
    write(quoted.substring(1, quoted.length() - 1), Next.STRING);
    text.delete(0, known);
    return at >= 0 && take(end) && write("\"", Next.PROPERTY);
  }

  /// How many characters of the text may begin the end of a string.
  private int held(String end) {
    int most = Math.min(text.length(), end.length() - 1);
    for (int length = most; length > 0; length--) {
      if (end.startsWith(text.substring(text.length() - length))) {
        return length;
      }
    }
    return 0;
  }

  /// JSON without white space between its parts.
  private static byte[] compact(String spaced) {
    StringBuilder out = new StringBuilder();
    boolean isString = false;
    for (int i = 0; i < spaced.length(); i++) {
      char c = spaced.charAt(i);
      if (c == '"') {
        isString = !isString;
      }
      if (isString || c != ' ') {
        out.append(c);
      }
      if (isString && c == '\\') {
        out.append(spaced.charAt(++i));
      }
    }
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }
}
