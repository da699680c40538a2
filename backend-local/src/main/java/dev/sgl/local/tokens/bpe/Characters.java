package dev.sgl.local.tokens.bpe;

import java.text.Normalizer;

/// The kinds of characters that patterns tell apart. They are those of the regular expressions of
/// the library `tokenizers`, which knows the same version of Unicode.
final class Characters {
  static final byte OTHER = 0;
  static final byte LETTER = 1; // \p{L}
  static final byte NUMBER = 2; // \p{N}
  static final byte SPACE = 3; // \s, but not one of the next
  static final byte LINE_END = 4; // [\r\n]
  private static final byte SURROGATE = 5;
  private static final byte UNASSIGNED = 6;

  private static final int FIRST_MARK = 0x300; // below it text is in normal form C
  private static final int MOST_MARKS = 32; // in a row; sorting them takes the square of it

  /// By the UTF-16 unit.
  private static final byte[] KINDS = kinds();

  private Characters() {}

  private static byte[] kinds() {
    byte[] kinds = new byte[Character.MAX_VALUE + 1];
    for (int c = 0; c < kinds.length; c++) {
      kinds[c] = ofCodePoint(c);
    }
    return kinds;
  }

  private static byte ofCodePoint(int c) {
    if (c == '\r' || c == '\n') {
      return LINE_END;
    }
    if (Character.isSpaceChar(c) || c >= '\t' && c <= '\r' || c == 0x85) {
      return SPACE;
    }
    return switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.SURROGATE -> SURROGATE;
      case Character.UNASSIGNED -> UNASSIGNED;
      default -> OTHER; // of Unicode's types, not of our own
    };
  }

  /// The kind of the character at `i`, which may be two units long. The text is known.
  static byte kind(char[] text, int i) {
    byte kind = KINDS[text[i]];
    return kind == SURROGATE ? ofCodePoint(Character.toCodePoint(text[i], text[i + 1])) : kind;
  }

  /// The end of the character at `i`.
  static int next(char[] text, int i) {
    return Character.isHighSurrogate(text[i]) ? i + 2 : i + 1;
  }

  /// The end of a run of characters of one kind that begins at `from`, which may be empty.
  static int run(char[] text, int from, int to, byte kind) {
    int i = from;
    while (i < to && kind(text, i) == kind) {
      i = next(text, i);
    }
    return i;
  }

  /// The end of a run of blanks and line ends.
  static int spaces(char[] text, int from, int to) {
    int i = from;
    while (i < to && (KINDS[text[i]] == SPACE || KINDS[text[i]] == LINE_END)) {
      i++;
    }
    return i;
  }

  /// Whether a text has only characters that this version of Unicode knows, and no half of a
  /// surrogate pair.
  static boolean isKnown(char[] text) {
    for (int i = 0; i < text.length; i++) {
      byte kind = KINDS[text[i]];
      if (kind == SURROGATE) {
        if (i + 1 == text.length || !Character.isSurrogatePair(text[i], text[i + 1])) {
          return false;
        }
        kind = ofCodePoint(Character.toCodePoint(text[i], text[++i]));
      }
      if (kind == UNASSIGNED) {
        return false;
      }
    }
    return true;
  }

  /// Whether the normal form C of a known text is that of the library, and is found in time: it
  /// has no later marks, and no long run of marks.
  static boolean isComposable(char[] text) {
    int marks = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] < FIRST_MARK || KINDS[text[i]] != OTHER && KINDS[text[i]] != SURROGATE) {
        marks = 0;
        continue;
      }
      int c = Character.codePointAt(text, i);
      if (LaterMarks.has(c)) {
        return false;
      }
      marks = isMark(c) ? marks + 1 : 0;
      if (marks > MOST_MARKS) {
        return false;
      }
      i += Character.charCount(c) - 1;
    }
    return true;
  }

  private static boolean isMark(int c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }

  /// Whether a part of a text is in Unicode's normal form C.
  static boolean isComposed(char[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text[i] >= FIRST_MARK) {
        int start = Math.max(from, i - 1); // a mark joins the character before it
        return Normalizer.isNormalized(new String(text, start, to - start), Normalizer.Form.NFC);
      }
    }
    return true;
  }
}
