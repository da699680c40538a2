package dev.sgl.constraint.regex;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How characters are written as bytes.
public enum Spelling {
  /// UTF-8 (RFC 3629).
  RAW,

  /// UTF-8 inside a JSON string (RFC 8259, section 7), in the one way in which serializers
  /// write: only the characters that must be are escaped, by the short escape where there is
  /// one. Where every character may come, each may also be escaped by its number, as ASCII
  /// writers do.
  JSON;

  private static final CodePoints CONTROLS = CodePoints.range(0, 0x1f);
  private static final CodePoints ESCAPED = CONTROLS.or(CodePoints.of("\"\\"));
  private static final String SHORT = "\"\\\b\f\n\r\t";
  private static final String LETTERS = "\"\\bfnrt";

  /// One character of `set`.
  Term term(Terms terms, CodePoints set) {
    if (this == RAW) {
      return utf8(terms, set);
    }
    List<Term> choices = new ArrayList<>();
    choices.add(utf8(terms, set.minus(ESCAPED)));
    CodePoints escaped = set.and(ESCAPED);
    for (int i = 0; i < escaped.ranges(); i++) {
      for (int c = escaped.first(i); c <= escaped.last(i); c++) {
        choices.add(escape(terms, c));
      }
    }
    if (set.equals(CodePoints.ALL)) {
      choices.add(number(terms));
    }
    return terms.either(choices);
  }

  /// Any character by its number in UTF-16: one of the basic plane, or a pair of surrogates.
  private static Term number(Terms terms) {
    Term digit = terms.bytes(bytes("0123456789abcdefABCDEF"));
    Term d = terms.bytes(bytes("dD"));
    Term two = terms.concat(digit, digit);
    Term low = terms.concat(d, terms.bytes(bytes("01234567")), two);
    Term other = terms.concat(terms.bytes(bytes("0123456789abcefABCEF")), digit, two);
    Term high = terms.concat(d, terms.bytes(bytes("89abAB")), two);
    Term second = terms.concat(d, terms.bytes(bytes("cdefCDEF")), two);
    Term pair = terms.concat(high, terms.text("\\u"), second);
    return terms.concat(terms.text("\\u"), terms.either(low, other, pair));
  }

  private static ByteSet bytes(String all) {
    ByteSet set = ByteSet.NONE;
    for (int i = 0; i < all.length(); i++) {
      set = set.or(ByteSet.of(all.charAt(i)));
    }
    return set;
  }

  private static Term escape(Terms terms, int c) {
    int at = SHORT.indexOf(c);
    if (at >= 0) {
      return terms.text("\\" + LETTERS.charAt(at));
    }
    String hex = Integer.toHexString(c & 15);
    return terms.concat(
        terms.text("\\u00" + (c >> 4)),
        terms.either(terms.text(hex), terms.text(hex.toUpperCase(Locale.ROOT))));
  }

  private static Term utf8(Terms terms, CodePoints set) {
    List<Term> choices = new ArrayList<>();
    choices.add(sized(terms, set, 0, 0x7f, 0, 0));
    choices.add(sized(terms, set, 0x80, 0x7ff, 1, 0xc0));
    choices.add(sized(terms, set, 0x800, 0xffff, 2, 0xe0));
    choices.add(sized(terms, set, 0x10000, 0x10ffff, 3, 0xf0));
    return terms.either(choices);
  }

  /// The members from `low` to `high`, written with `tails` continuation bytes.
  private static Term sized(Terms terms, CodePoints set, int low, int high, int tails, int lead) {
    CodePoints part = set.and(CodePoints.range(low, high));
    List<int[]> ranges = new ArrayList<>();
    for (int i = 0; i < part.ranges(); i++) {
      ranges.add(new int[] {part.first(i), part.last(i)});
    }
    return blocks(terms, ranges, 6 * tails, lead);
  }

  /// @param ranges of the value that is left to write
  /// @param bits how many of its bits come after the next byte
  /// @param mark what the next byte adds to its part of the value
  private static Term blocks(Terms terms, List<int[]> ranges, int bits, int mark) {
    Map<Integer, List<int[]>> parts = new HashMap<>(); // by next byte: what is left of the value
    ByteSet whole = ByteSet.NONE; // next bytes after which everything may follow
    int size = 1 << bits;
    for (int[] range : ranges) {
      int first = range[0] >> bits;
      int last = range[1] >> bits;
      for (int block = first; block <= last; block++) {
        int from = block == first ? range[0] & size - 1 : 0;
        int to = block == last ? range[1] & size - 1 : size - 1;
        if (from == 0 && to == size - 1) {
          whole = whole.or(ByteSet.of(mark + block));
        } else {
          parts.computeIfAbsent(mark + block, b -> new ArrayList<>()).add(new int[] {from, to});
        }
      }
    }
    Map<Term, ByteSet> byTail = new IdentityHashMap<>();
    parts.forEach(
        (value, rest) ->
            byTail.merge(blocks(terms, rest, bits - 6, 0x80), ByteSet.of(value), ByteSet::or));
    List<Term> choices = new ArrayList<>();
    Term tail = terms.bytes(ByteSet.range(0x80, 0xbf));
    choices.add(terms.concat(terms.bytes(whole), terms.repeat(tail, bits / 6, bits / 6)));
    byTail.forEach((rest, bytes) -> choices.add(terms.concat(terms.bytes(bytes), rest)));
    return terms.either(choices);
  }
}
