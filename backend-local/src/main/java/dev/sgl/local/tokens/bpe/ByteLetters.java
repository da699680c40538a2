package dev.sgl.local.tokens.bpe;

/// The characters by which byte-level vocabularies write bytes (GPT-2's `bytes_to_unicode`):
/// printable Latin-1 characters stand for themselves, the others follow from U+0100 on.
public final class ByteLetters {
  private static final char[] LETTERS = letters();

  private ByteLetters() {}

  private static char[] letters() {
    char[] letters = new char[256];
    char next = 256;
    for (int b = 0; b < letters.length; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
      letters[b] = printable ? (char) b : next++;
    }
    return letters;
  }

  /// The character of a byte.
  ///
  /// @param value from 0 to 255
  public static char of(int value) {
    return LETTERS[value];
  }
}
