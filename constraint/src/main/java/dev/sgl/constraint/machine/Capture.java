package dev.sgl.constraint.machine;

import dev.sgl.constraint.regex.ByteSet;
import java.util.Arrays;
import java.util.function.Function;

/// A place in a regular rule whose text matters for what follows.
public final class Capture implements Node {
  private final DfaState state;
  private final byte[] text;
  private final Function<byte[], Node> then;
  private final ByteSet follow;

  private Capture(DfaState state, byte[] text, Function<byte[], Node> then, ByteSet follow) {
    this.state = state;
    this.text = text;
    this.then = then;
    this.follow = follow;
  }

  /// The beginning of a rule that is matched by `start` and continues, in the same rule, at
  /// the node that `then` makes of its text.
  ///
  /// @param follow the bytes that may come first there, or more
  public static Capture of(DfaState start, Function<byte[], Node> then, ByteSet follow) {
    return new Capture(start, new byte[0], then, follow);
  }

  ByteSet follow() {
    return follow;
  }

  DfaState state() {
    return state;
  }

  Capture next(int value) {
    byte[] longer = Arrays.copyOf(text, text.length + 1);
    longer[text.length] = (byte) value;
    return new Capture(state.next(value), longer, then, follow);
  }

  /// The node at which the rule continues if it ends after the bytes `more`.
  Node then(byte[] more, int length) {
    byte[] whole = Arrays.copyOf(text, text.length + length);
    System.arraycopy(more, 0, whole, text.length, length);
    return then.apply(whole);
  }

  @Override
  public boolean isNullable() {
    return false; // what is captured is never empty
  }
}
