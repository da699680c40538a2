package dev.sgl.constraint.match;

import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.MaskCache;
import dev.sgl.constraint.machine.State;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/// Follows one text token by token and says what may come next.
///
/// Owned by one thread at a time; its forks may belong to other threads.
public final class Matcher {
  private static final int MAX_FORCED = 512;
  private static final int HELD_BACK = 2;
  private static final int[] NO_TOKENS = {};

  private final CompiledConstraint constraint;
  private final MaskCache cache;
  private Trail trail;
  private int length; // tokens so far; the state after them is `trail.state(length)`

  Matcher(CompiledConstraint constraint, MaskCache cache) {
    this(constraint, cache, new Trail(constraint.start()), 0);
  }

  private Matcher(CompiledConstraint constraint, MaskCache cache, Trail trail, int length) {
    this.constraint = constraint;
    this.cache = cache;
    this.trail = trail;
    this.length = length;
  }

  private State state() {
    return trail.state(length);
  }

  /// Sets in `mask` exactly the bits of the tokens that may come next, the ends of the text among
  /// them if it may end here.
  ///
  /// @param mask of [Vocabulary#words] words; its old bits are lost
  public void fill(long[] mask) {
    Arrays.fill(mask, 0);
    constraint.fill(state(), cache, mask);
  }

  /// Sets in `mask` the bits of the tokens that may come next if the lengths of texts are not
  /// limited: what the model chooses among them and is too long is to be cut, see [#cut].
  ///
  /// @param mask of [Vocabulary#words] words; its old bits are lost
  public void fillUnlimited(long[] mask) {
    Arrays.fill(mask, 0);
    constraint.fillUnlimited(state(), cache, mask);
  }

  /// Sets in `mask` the bits of the tokens that begin with the quote that ends the string.
  ///
  /// @param mask of [Vocabulary#words] words; its old bits are lost
  public void fillClosing(long[] mask) {
    Arrays.fill(mask, 0);
    constraint.fillClosing(state(), cache, mask);
  }

  /// Sets in `mask` the bits of the tokens that may come next. Where the array or object may end,
  /// those that go on to another item or property are left out.
  ///
  /// @param mask of [Vocabulary#words] words; its old bits are lost
  public void fillLast(long[] mask) {
    fill(mask);
    boolean isInString = isInString(); // then only a quote leads out of it
    long[] others = mask.clone();
    boolean mayClose = false;
    for (int token = 0; token < cache.vocabulary().size(); token++) {
      byte[] bytes = cache.vocabulary().bytes(token);
      if (isInString && (bytes.length == 0 || bytes[0] != '"')) {
        continue;
      }
      int first = firstBehind(bytes);
      if (first == ',') {
        others[token >> 6] &= ~(1L << token);
      }
      mayClose |= (first == ']' || first == '}') && (mask[token >> 6] >> token & 1) != 0;
    }
    if (mayClose) {
      System.arraycopy(others, 0, mask, 0, mask.length);
    }
  }

  /// The first byte behind a quote and white space, where there are any; -1 if there is none.
  private static int firstBehind(byte[] bytes) {
    int at = bytes.length > 0 && bytes[0] == '"' ? 1 : 0;
    while (at < bytes.length && (bytes[at] == ' ' || bytes[at] == '\n')) {
      at++;
    }
    return at < bytes.length ? bytes[at] : -1;
  }

  /// Whether a string may end here with a quote.
  public boolean isInString() {
    return constraint.endsString(state());
  }

  /// Whether a limit on the length of a text leaves at most that many characters.
  public boolean isNearLimit(int characters) {
    return constraint.room(state()) <= characters;
  }

  /// Where to go on instead of with `refused`, which is longer than is allowed.
  ///
  /// @param before the tokens that were last taken, as far as they can be taken back
  /// @param phraseEnds the log-probability that a phrase ends before each of them, and before
  ///     `refused`; fewer if they are not known
  /// @param shown how many bytes of them cannot be taken back
  /// @param refused the bytes that the model chose
  /// @param keeps whether some of them may be kept
  public Cut cut(int[] before, double[] phraseEnds, int shown, byte[] refused, boolean keeps) {
    byte[][] tokens = new byte[before.length + 1][];
    for (int i = 0; i < before.length; i++) {
      tokens[i] = cache.vocabulary().bytes(before[i]);
    }
    tokens[before.length] = refused;
    return new Cut.Finder(constraint, trail.state(length - before.length), tokens)
        .find(shown, phraseEnds, keeps ? refused.length : 0);
  }

  /// Adds to `mask` the bits of the tokens that begin with `before` and, after it, with something
  /// that may come next: for a text whose first token begins in the text before it.
  public void fillAfter(byte[] before, long[] mask) {
    int node = cache.vocabulary().find(before);
    if (node >= 0) {
      constraint.fillBelow(state(), node, cache, mask);
    }
  }

  /// Whether the text may end here.
  public boolean mayEnd() {
    return state().accepts();
  }

  /// Whether the text is complete and nothing may follow.
  public boolean mustEnd() {
    return constraint.isLast(state());
  }

  /// Takes `token`, which has text.
  ///
  /// @return whether it is allowed; if not nothing has changed
  public boolean accept(int token) {
    return accept(cache.vocabulary().bytes(token));
  }

  /// Whether `bytes` are not empty and may come next.
  public boolean allows(byte[] bytes) {
    return bytes.length > 0 && !constraint.next(state(), bytes).isDead();
  }

  /// Takes the bytes of a token, or of its end; counts as one token.
  ///
  /// @return whether they are allowed and not empty; if not nothing has changed
  public boolean accept(byte[] bytes) {
    State next = constraint.next(state(), bytes);
    if (bytes.length == 0 || next.isDead()) {
      return false;
    }
    trail = trail.append(length++, next);
    return true;
  }

  /// Goes back by `tokens`. Constant time.
  public void rollback(int tokens) {
    if (tokens < 0 || tokens > length) {
      throw new IllegalArgumentException("cannot go back by " + tokens + " of " + length);
    }
    length -= tokens;
  }

  /// A matcher of its own at the same place. Constant time; the followed text is shared.
  public Matcher fork() {
    return new Matcher(constraint, cache, trail, length);
  }

  /// How many bytes the shortest text has with which the whole may end.
  ///
  /// @param more the bytes behind which, as if they had been taken
  /// @throws dev.sgl.constraint.ConstraintException if it takes too long to tell
  public int shortestEndLength(byte... more) {
    return constraint.shortestEndLength(constraint.next(state(), more));
  }

  /// The shortest text with which the whole may end.
  ///
  /// @param more the bytes behind which, as if they had been taken
  /// @throws dev.sgl.constraint.ConstraintException if it takes too long to tell
  public byte[] shortestEnd(byte... more) {
    return constraint.shortestEnd(constraint.next(state(), more));
  }

  /// The text that must come next, since nothing else is allowed; empty if there is a choice or the
  /// text may end.
  public byte[] forced() {
    byte[] bytes = new byte[MAX_FORCED];
    return Arrays.copyOf(bytes, constraint.forced(state(), bytes));
  }

  /// The tokens that must come next: those that the tokenizer makes of the text that must come.
  ///
  /// What follows that text may join with its end into one token, so the last two tokens are held
  /// back unless the text is complete behind them; the result is empty if there is nothing certain.
  ///
  /// @param before the tokens of this text that were last taken, at least the last few
  /// @param encoder the tokenizer, for text in the middle of a text
  public int[] forcedTokens(int[] before, Function<String, int[]> encoder) {
    byte[] forced = forced();
    int whole = Utf8.whole(forced);
    if (whole == 0 || !endsAfter(forced) && whole <= HELD_BACK) {
      return NO_TOKENS;
    }
    boolean complete = whole == forced.length && endsAfter(forced);
    int[] usual = usual(Arrays.copyOf(forced, whole), before, encoder);
    return Arrays.copyOf(usual, Math.max(0, usual.length - (complete ? 0 : HELD_BACK)));
  }

  /// The tokens of a text behind those before it; none if the text so far has other tokens than
  /// the tokenizer makes.
  private int[] usual(byte[] text, int[] before, Function<String, int[]> encoder) {
    int[] ids = encoder.apply(text(bytes(before)) + text(text));
    return ids.length > before.length
            && Arrays.equals(ids, 0, before.length, before, 0, before.length)
        ? Arrays.copyOfRange(ids, before.length, ids.length)
        : NO_TOKENS;
  }

  /// Leaves in `mask`, where the next text is certain and its tokens are not, the one token with
  /// which the tokenizer would begin it, and those that reach beyond it. Other tokens are pieces of
  /// words: a model that would have said something else may choose any of them, and is led astray.
  ///
  /// @param before as for [#forcedTokens]
  /// @param encoder as for [#forcedTokens]
  public void leaveUsual(long[] mask, int[] before, Function<String, int[]> encoder) {
    byte[] forced = forced();
    int whole = Utf8.whole(forced);
    if (whole == 0) {
      return;
    }
    int[] usual = usual(Arrays.copyOf(forced, whole), before, encoder);
    if (usual.length == 0) {
      return;
    }
    Vocabulary vocabulary = cache.vocabulary();
    for (int length = 1; length <= forced.length; length++) {
      int node = vocabulary.find(Arrays.copyOf(forced, length));
      if (node < 0) {
        break;
      }
      vocabulary.clear(node, mask);
    }
    mask[usual[0] >> 6] |= 1L << usual[0];
  }

  private byte[] bytes(int[] tokens) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int token : tokens) {
      out.writeBytes(cache.vocabulary().bytes(token));
    }
    return out.toByteArray();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /// Whether nothing may follow once `bytes` have been written here.
  private boolean endsAfter(byte[] bytes) {
    return constraint.isLast(constraint.next(state(), bytes));
  }
}
