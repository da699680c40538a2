package dev.sgl.server.turn;

import java.util.function.Consumer;

/// The arguments of a call as they come, without the brace that ends the call.
final class Arguments {
  private final String brace;
  private final Consumer<String> pieces;
  private final StringBuilder json = new StringBuilder();
  private String held = ""; // the end of what came, which may be that of the call

  /// @param brace what ends the call; empty if nothing does
  /// @param pieces is called with each piece of the arguments
  Arguments(String brace, Consumer<String> pieces) {
    this.brace = brace;
    this.pieces = pieces;
  }

  void hear(String piece) {
    String all = held + piece;
    int end = all.length();
    while (!brace.isEmpty() && end > 0 && isEnd(all.charAt(end - 1))) {
      end--;
    }
    held = all.substring(end);
    say(all.substring(0, end));
  }

  private boolean isEnd(char c) {
    return Character.isWhitespace(c) || brace.indexOf(c) >= 0;
  }

  private void say(String piece) {
    if (!piece.isEmpty()) {
      json.append(piece);
      pieces.accept(piece);
    }
  }

  /// @param isWhole whether the last piece ends with the brace
  void end(boolean isWhole) {
    boolean isEnded = isWhole && held.endsWith(brace);
    say(isEnded ? held.substring(0, held.length() - brace.length()).stripTrailing() : held);
  }

  String json() {
    return json.toString();
  }
}
