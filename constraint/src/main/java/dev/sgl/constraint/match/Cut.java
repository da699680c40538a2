package dev.sgl.constraint.match;

import dev.sgl.constraint.machine.State;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The place where a text is cut because the token that the model chose is too long for it:
/// behind the end of a phrase or the last whole word, if the string or the text can end there.
///
/// @param back how many of the last tokens are taken back
/// @param kept the bytes that are written in their place
/// @param then how the text continues
public record Cut(int back, byte[] kept, Then then) {

  /// How a text continues behind a cut.
  public enum Then {
    /// With the quote that ends the string.
    CLOSE,
    /// Not at all.
    END,
    /// With any token that is allowed.
    ANYTHING
  }

  /// Finds the cut of one text.
  static final class Finder {
    private static final int NOWHERE = -1;
    private static final double UNLIKELY = Double.NEGATIVE_INFINITY;

    /// The part of the room that is used at least, if phrases end there.
    private static final double LEAST_PART = 0.4;

    /// How many times as likely, as a logarithm, an end must be that gives up all of the room.
    private static final double WHOLE_ROOM = 10;

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

    /// The best cut at or behind the byte `least`: where a phrase ends, or else behind the last
    /// word, the last part of a name, the last character.
    ///
    /// @param phraseEnds the log-probability that a phrase ends before each token
    /// @param most bytes of the token that is refused which may be kept
    Cut find(int least, double[] phraseEnds, int most) {
      int end = Math.min(states.size() - 1, starts[starts.length - 1] + most);
      boolean isString = constraint.endsString(states.get(end));
      String text = decoded();
      WordEnds ends = new WordEnds(text);
      int begin = begin(end, isString);
      List<Integer> words = new ArrayList<>();
      int part = NOWHERE;
      int whole = NOWHERE;
      for (int at = Math.max(least, begin + 1); at <= end; at++) {
        int index = index(at);
        if (index <= 0 || !mayEnd(at, isString)) {
          continue;
        }
        if (ends.isEnd(index)) {
          words.add(at);
        } else if (ends.isPartEnd(index)) {
          part = at;
        } else if (index == text.length() || ends.isCharacterEnd(index)) {
          whole = at;
        }
      }
      int phrase = phrase(words, begin, end, phraseEnds);
      int word = words.isEmpty() ? NOWHERE : words.getLast();
      return IntStream.of(phrase, word, part, whole)
          .filter(at -> at != NOWHERE)
          .mapToObj(at -> cut(at, isString))
          .findFirst()
          .orElseGet(() -> new Cut(0, kept(tokens.length - 1, end), Then.ANYTHING));
    }

    /// The byte at which the string begins, as far as that is known.
    private int begin(int end, boolean isString) {
      int at = end;
      while (at > 0 && !(isString && isQuote(at))) {
        at--;
      }
      return at;
    }

    /// The place behind a word where most likely a phrase ends. Each tenth of the room that is
    /// given up counts as if the end were *e* times less likely.
    private int phrase(List<Integer> words, int begin, int end, double[] phraseEnds) {
      int place = NOWHERE;
      double best = UNLIKELY;
      for (int at : words) {
        double part = (double) (at - begin) / (end - begin);
        double worth = likely(at, phraseEnds) + WHOLE_ROOM * part;
        if (part >= LEAST_PART && worth > best) {
          place = at;
          best = worth;
        }
      }
      return place;
    }

    private double likely(int at, double[] phraseEnds) {
      int token = Arrays.binarySearch(starts, at);
      return token < 0 || token >= phraseEnds.length ? UNLIKELY : phraseEnds[token];
    }

    private boolean mayEnd(int at, boolean isString) {
      State state = states.get(at);
      return isString ? constraint.endsString(state) : state.accepts();
    }

    /// Whether the byte before `at` is an unescaped quote.
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
