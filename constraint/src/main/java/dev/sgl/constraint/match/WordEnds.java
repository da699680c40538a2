package dev.sgl.constraint.match;

import com.ibm.icu.text.BreakIterator;
import com.ibm.icu.util.ULocale;
import java.util.Optional;

/// Where a text can be cut without breaking a word. Words that are written without blanks between
/// them, as in Chinese, Japanese and Thai, are those of ICU's dictionaries. Of one thread.
public final class WordEnds {
  /// Punctuation that a text does not end with, because something has to follow it.
  private static final String LEADING = ",;:-–—([{<\"'“‘«/\\&+=@#$¿¡，、；：（【《「『〈·…～";

  /// The zero width joiner, which joins two emojis into one.
  private static final int JOINER = 0x200D;

  private final String text;
  private Optional<BreakIterator> characters = Optional.empty();
  private Optional<BreakIterator> words = Optional.empty();

  /// The ends of words in `text`.
  public WordEnds(String text) {
    this.text = text;
  }

  /// Whether the text may be cut at `at`: between two whole characters (grapheme clusters, as in
  /// UAX #29), behind the end of a word or of a sentence.
  ///
  /// @param at from 1 up to the length of the text, behind which nothing is known
  boolean isEnd(int at) {
    int before = text.codePointBefore(at);
    if (Character.isWhitespace(before) || LEADING.indexOf(before) >= 0 || before == JOINER) {
      return false;
    }
    if (at == text.length()) {
      return !isInWord(before);
    }
    int next = text.codePointAt(at);
    return !(isInWord(before) && isInWord(next))
        && !joins(at)
        && isCharacterEnd(at)
        && !(hasNoBlanks(before) && hasNoBlanks(next) && !isWordBoundary(at));
  }

  /// Whether a part of a name ends at `at`, as in `palindromeChecker` and `snake_case`.
  boolean isPartEnd(int at) {
    if (at == text.length() || !Character.isLetterOrDigit(text.codePointBefore(at))) {
      return false;
    }
    int next = text.codePointAt(at);
    return next == '_' || Character.isUpperCase(next) && Character.isLowerCase(text.charAt(at - 1));
  }

  /// How many characters stand behind the last place where the text may be cut; `most` if there is
  /// none among the last `most`.
  public int behindLast(int most) {
    for (int at = text.length() - 1; at > 0 && text.length() - at <= most; at--) {
      if (!Character.isLowSurrogate(text.charAt(at)) && isEnd(at)) {
        return text.length() - at;
      }
    }
    return Math.min(most, text.length());
  }

  /// Whether `at` is the end of a whole character.
  boolean isCharacterEnd(int at) {
    if (characters.isEmpty()) {
      characters = Optional.of(over(BreakIterator.getCharacterInstance(ULocale.ROOT)));
    }
    return characters.get().isBoundary(at);
  }

  private boolean isWordBoundary(int at) {
    if (words.isEmpty()) {
      words = Optional.of(over(BreakIterator.getWordInstance(ULocale.ROOT)));
    }
    return words.get().isBoundary(at);
  }

  private BreakIterator over(BreakIterator breaks) {
    breaks.setText(text);
    return breaks;
  }

  /// Letters and digits of scripts that put blanks between words, and halves of characters.
  private static boolean isInWord(int point) {
    return point == '\uFFFD'
        || point == '_'
        || Character.isLetterOrDigit(point) && !hasNoBlanks(point);
  }

  /// Letters, and marks on them, of scripts that put no blanks between words.
  private static boolean hasNoBlanks(int point) {
    return switch (Character.UnicodeScript.of(point)) {
      case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR ->
          Character.isUnicodeIdentifierPart(point);
      default -> false;
    };
  }

  /// Whether the characters around `at` are parts of one word or number, as in `it's` and `3.14`.
  private boolean joins(int at) {
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
