package dev.sgl.local.engine;

import java.util.Arrays;

/// Tokens on their way through the model. Owned by the engine's thread once submitted; only
/// [#cancel] may come from elsewhere.
abstract class Sequence {
  int[] tokens;
  int length; // tokens in use
  int computed; // tokens whose keys and values are in the pages
  int[] pages = {};
  private volatile boolean cancelled;

  Sequence(int[] tokens) {
    this.tokens = tokens;
    this.length = tokens.length;
  }

  /// The first row whose logits are wanted, as a position.
  abstract int firstSampled();

  /// Takes the logits at `position`, which predict the token after it; true if the sequence is
  /// done.
  abstract boolean accept(int position, float[] logits);

  /// Answers the caller with an error.
  abstract void fail(RuntimeException error);

  /// Answers the caller; called once [#accept] has returned true.
  abstract void finish();

  void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(16, length * 2));
    }
    tokens[length++] = token;
  }

  void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }
}
