package dev.sgl.constraint.match;

import java.text.BreakIterator;
import java.util.Locale;

/// Where a text can be cut without breaking a word.
public final class WordEnds {
  /// Punctuation that a text does not end with, because something has to follow it.
  private static final String LEADING = ",;:-–—([{<\"'“‘«/\\&+=@#$¿¡，、；：（【《「『〈·…～";

  /// The zero width joiner, behind which an emoji goes on.
  private static final int JOINER = 0x200D;

  private WordEnds() {}

  /// Whether `text` may be cut at `at`: between two whole characters (grapheme clusters, UAX #29),
  /// behind the end of a word or of a sentence.
  ///
  /// @param at from 1 up to the length of `text`; what comes behind the length is unknown
  static boolean isEnd(String text, int at) {
    int before = text.codePointBefore(at);
    if (Character.isWhitespace(before) || LEADING.indexOf(before) >= 0 || before == JOINER) {
      return false;
    }
    if (at == text.length()) {
      return !isInWord(before);
    }
    int next = text.codePointAt(at);
    return !(isInWord(before) && isInWord(next)) && !joins(text, at) && isCharacterEnd(text, at);
  }

  /// How many characters stand behind the last place where `text` may be cut; `most` if there is
  /// none among the last `most`.
  public static int behindLast(CharSequence text, int most) {
    int from = Math.max(0, text.length() - most - 1);
    String end = text.subSequence(from, text.length()).toString();
    for (int at = end.length() - 1; at > 0; at--) {
      if (!Character.isLowSurrogate(end.charAt(at)) && isEnd(end, at)) {
        return end.length() - at;
      }
    }
    return Math.min(most, text.length());
  }

  /// Whether `at` is the end of a whole character.
  static boolean isCharacterEnd(String text, int at) {
    BreakIterator characters = BreakIterator.getCharacterInstance(Locale.ROOT);
    characters.setText(text);
    return characters.isBoundary(at);
  }

  /// Letters and digits of scripts that put blanks between words, and halves of characters.
  private static boolean isInWord(int point) {
    if (point == '\uFFFD' || point == '_') {
      return true;
    }
    return Character.isLetterOrDigit(point)
        && !Character.isIdeographic(point)
        && switch (Character.UnicodeScript.of(point)) {
          case HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR -> false;
          default -> true;
        };
  }

  /// Whether the characters around `at` are parts of one word or number, as in `it's` and `3.14`.
  private static boolean joins(String text, int at) {
    int before = text.codePointBefore(at);
    int next = text.codePointAt(at);
    int after = at + Character.charCount(next);
    boolean goesOn = after == text.length() || isInWord(text.codePointAt(after));
    if (isInWord(before)) {
      boolean number = Character.isDigit(before) && (next == '.' || next == ',' || next == ':');
      return (number || next == '\'' || next == '’' || next == '-') && goesOn;
    }
    return before == '.' && (isInWord(next) || next == '.');
  }
}
