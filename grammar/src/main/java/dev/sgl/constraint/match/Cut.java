package dev.sgl.constraint.match;

import dev.sgl.constraint.machine.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Where a text goes on instead of with the token that the model chose, which is longer than the
/// text may be: behind the last whole word, if the string or the text can end there.
///
/// @param back how many of the last tokens are taken back
/// @param kept what is written in their place
/// @param then how it goes on
public record Cut(int back, byte[] kept, Then then) {

  /// How a text goes on behind a cut.
  public enum Then {
    /// With the quote that ends the string.
    CLOSE,
    /// Not at all.
    END,
    /// With what is allowed.
    ANYTHING
  }

  /// Finds the cut of one text.
  static final class Finder {
    private final byte[][] tokens; // the last ones that were taken, and the one that is refused
    private final CompiledConstraint constraint;
    private final List<State> states = new ArrayList<>(); // by byte, as far as they are allowed
    private final int[] starts; // of the tokens, in bytes
    private final byte[] bytes;

    /// @param state before the first of `tokens`
    Finder(CompiledConstraint constraint, State state, byte[][] tokens) {
      this.constraint = constraint;
      this.tokens = tokens;
      starts = new int[tokens.length];
      int length = 0;
      for (int i = 0; i < tokens.length; i++) {
        starts[i] = length;
        length += tokens[i].length;
      }
      bytes = new byte[length];
      for (int i = 0; i < tokens.length; i++) {
        System.arraycopy(tokens[i], 0, bytes, starts[i], tokens[i].length);
      }
      State here = state;
      for (int i = 0; i <= length && !here.isDead(); i++) {
        states.add(here);
        here = i < length ? constraint.next(here, new byte[] {bytes[i]}) : here;
      }
    }

    /// The best cut at or behind the byte `least`.
    Cut find(int least) {
      int end = states.size() - 1;
      boolean isString = constraint.endsString(states.get(end));
      String text = decoded();
      int whole = -1;
      for (int at = end; at >= least && at > 0; at--) {
        if (isString && isQuote(at)) {
          break; // the string begins here
        }
        int index = index(at);
        if (index > 0 && mayEnd(at, isString)) {
          if (WordEnds.isEnd(text, index)) {
            return cut(at, isString);
          }
          whole = whole < 0 && isCharacterEnd(text, index) ? at : whole;
        }
      }
      return whole < 0
          ? new Cut(0, kept(tokens.length - 1, end), Then.ANYTHING)
          : cut(whole, isString);
    }

    private static boolean isCharacterEnd(String text, int index) {
      return index == text.length() || WordEnds.isCharacterEnd(text, index);
    }

    private boolean mayEnd(int at, boolean isString) {
      State state = states.get(at);
      return isString ? constraint.endsString(state) : state.accepts();
    }

    /// Whether an unescaped quote stands before the byte `at`.
    private boolean isQuote(int at) {
      int slashes = 0;
      while (at - 2 - slashes >= 0 && bytes[at - 2 - slashes] == '\\') {
        slashes++;
      }
      return bytes[at - 1] == '"' && slashes % 2 == 0;
    }

    private Cut cut(int at, boolean isString) {
      int token = tokens.length - 1;
      while (token > 0 && starts[token] >= at) {
        token--;
      }
      int back = tokens.length - 1 - token;
      byte[] kept = kept(token, at);
      if (token < tokens.length - 1 && kept.length == tokens[token].length) {
        return new Cut(back - 1, new byte[0], isString ? Then.CLOSE : Then.END);
      }
      return new Cut(back, kept, isString ? Then.CLOSE : Then.END);
    }

    private byte[] kept(int token, int at) {
      return Arrays.copyOfRange(bytes, starts[token], Math.max(starts[token], at));
    }

    // --- bytes and characters

    private String decoded() {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    /// The index in the text of the byte `at`, or -1 inside of a character.
    private int index(int at) {
      if (at < bytes.length && (bytes[at] & 0xc0) == 0x80) {
        return -1;
      }
      return new String(bytes, 0, at, StandardCharsets.UTF_8).length();
    }
  }
}
