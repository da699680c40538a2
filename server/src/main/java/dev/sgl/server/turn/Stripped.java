package dev.sgl.server.turn;

/// A text in pieces without the white space at its beginning and its end. White space in its midst
/// is held back until more text follows.
public final class Stripped {
  private boolean begun;
  private String blanks = "";

  /// The part of the text that is certain with this piece; perhaps none.
  public String next(String piece) {
    String all = blanks + (begun ? piece : piece.stripLeading());
    String words = all.stripTrailing();
    blanks = all.substring(words.length());
    begun |= !words.isEmpty();
    return words;
  }
}
