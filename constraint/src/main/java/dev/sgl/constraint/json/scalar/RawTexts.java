package dev.sgl.constraint.json.scalar;

import dev.sgl.constraint.regex.ByteMachine;
import dev.sgl.constraint.regex.Term;
import dev.sgl.constraint.regex.Terms;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Sets of strings without escapes: each goes up to the first place of a text that ends strings.
/// The set is given as JSON writes its strings, and each byte is led through it as JSON escapes
/// it.
public final class RawTexts {
  private static final int QUOTE = '"';

  private final Terms terms;
  private final Texts texts;
  private final Map<Integer, Term> known = new HashMap<>(); // terms of states, by their numbers

  /// Sets of strings as terms of `terms`.
  public RawTexts(Terms terms, Texts texts) {
    this.terms = terms;
    this.texts = texts;
  }

  /// The strings of `set`, each up to `end`, which is included.
  ///
  /// @param set of strings as JSON writes them, with their closing quotes
  public Term endedBy(Term set, String end) {
    Term strings = terms.both(set, texts.any());
    return strings == terms.nothing ? strings : terms.run(new Raw(strings, utf8(end)));
  }

  /// The string that `text` writes, which `end` ends.
  public static String read(byte[] text, String end) {
    return new String(text, 0, text.length - utf8(end).length, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// Reads raw bytes, and holds those back that may belong to the end (Knuth, Morris, Pratt, "Fast
  /// pattern matching in strings", 1977). A state is the number of bytes of the end that were read,
  /// and the term of the bytes before them.
  private final class Raw implements ByteMachine {
    private static final int LONGEST_END = 255;
    private static final int NO_ESCAPE = -1;

    private final Term strings;
    private final byte[] end;
    private final int[] border; // of each beginning of the end: its longest end that is a beginning

    Raw(Term strings, byte[] end) {
      if (end.length == 0 || end.length > LONGEST_END) {
        throw new IllegalArgumentException("the end of a text has 1 to 255 bytes");
      }
      this.strings = strings;
      this.end = end;
      this.border = new int[end.length + 1];
      for (int length = 2; length <= end.length; length++) {
        int at = border[length - 1];
        while (at > 0 && end[at] != end[length - 1]) {
          at = border[at];
        }
        border[length] = end[at] == end[length - 1] ? at + 1 : 0;
      }
    }

    @Override
    public long start() {
      return state(strings, 0);
    }

    private long state(Term term, int read) {
      known.put(term.id(), term);
      return (long) term.id() << 8 | read;
    }

    private Term term(long state) {
      return known.getOrDefault((int) (state >> 8), terms.nothing);
    }

    private int read(long state) {
      return (int) (state & 255);
    }

    @Override
    public long next(long state, int value) {
      int read = read(state);
      if (read == end.length) {
        return DEAD;
      }
      Term term = term(state);
      while (read > 0 && (end[read] & 0xff) != value) {
        int shorter = border[read];
        term = takeOfEnd(term, read - shorter);
        read = shorter;
      }
      if ((end[read] & 0xff) == value) {
        read++;
      } else {
        term = take(term, value);
      }
      boolean isEnded = read == end.length;
      boolean isDead = isEnded ? !isWhole(term) : term == terms.nothing;
      return isDead ? DEAD : state(term, read);
    }

    @Override
    public long[] row(long state) {
      long[] row = new long[256];
      Arrays.fill(row, DEAD);
      int read = read(state);
      if (read == end.length) {
        return row;
      }
      Term[] after = terms.row(takeOfEnd(term(state), read));
      for (int value = 0; value < row.length; value++) {
        boolean isSame = value >= ' ' && value != QUOTE && value != '\\';
        if (isSame && after[value] != terms.nothing) {
          row[value] = state(after[value], 0);
        } else if (!isSame) {
          row[value] = next(state, value);
        }
      }
      for (int at = read; at > 0; at = border[at]) {
        row[end[at] & 0xff] = next(state, end[at] & 0xff);
      }
      row[end[0] & 0xff] = next(state, end[0] & 0xff);
      return row;
    }

    private Term take(Term term, int value) {
      return value < 0x80 ? terms.derive(term, escaped(value)) : terms.derive(term, value);
    }

    /// Takes the first bytes of the end as a part of the string.
    private Term takeOfEnd(Term term, int count) {
      Term rest = term;
      for (int i = 0; i < count; i++) {
        rest = take(rest, end[i] & 0xff);
      }
      return rest;
    }

    /// A character as JSON writes it.
    private byte[] escaped(int value) {
      byte[] quoted = Texts.written(String.valueOf((char) value));
      return Arrays.copyOf(quoted, quoted.length - 1);
    }

    private boolean isWhole(Term term) {
      return terms.derive(term, QUOTE).isNullable();
    }

    @Override
    public boolean accepts(long state) {
      return read(state) == end.length;
    }

    @Override
    public byte[] guess(long state) {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      int read = read(state);
      if (isWhole(term(state))) {
        text.write(end, read, end.length - read);
        return text.toByteArray();
      }
      Term rest = takeOfEnd(term(state), read);
      if (!terms.search().isEmpty(rest)) {
        text.writeBytes(unescaped(terms.search().shortest(rest)));
      }
      text.writeBytes(end);
      return text.toByteArray();
    }

    @Override
    public boolean guessesShortest() {
      return true;
    }

    /// The rest of a string, without escapes and its quote; some other text if the rest begins
    /// within an escape.
    private byte[] unescaped(byte[] json) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (int i = 0; i < json.length - 1; i++) {
        int at = json[i] == '\\' ? "\"\\bfnrt".indexOf(json[++i]) : NO_ESCAPE;
        out.write(at >= 0 ? "\"\\\b\f\n\r\t".charAt(at) : json[i]);
      }
      return out.toByteArray();
    }

    /// The numbers of terms are those of one schema alone.
    @Override
    public long[] meaning(long state) {
      Term.Print print = term(state).mark().print();
      return new long[] {read(state), print.high(), print.low()};
    }

    @Override
    public String key() {
      return "raw " + new String(end, StandardCharsets.UTF_8);
    }
  }
}
