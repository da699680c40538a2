package dev.sgl.constraint;

import java.util.HashMap;
import java.util.Map;

/// Follows one generated value token by token and says which token may come next.
///
/// Owned by one thread at a time.
public final class TokenMatcher {
  private final Automaton automaton;
  private final Vocabulary vocabulary;
  private final Map<Integer, long[]> masks = new HashMap<>();
  private int state = Automaton.START;

  public TokenMatcher(Automaton automaton, Vocabulary vocabulary) {
    this.automaton = automaton;
    this.vocabulary = vocabulary;
  }

  /// The tokens that may come next, as a bit set; not to be changed.
  public long[] mask() {
    return masks.computeIfAbsent(state, s -> vocabulary.mask(automaton, s));
  }

  /// Whether the value may end here.
  public boolean mayEnd() {
    return automaton.accepts(state);
  }

  /// Whether the value is complete and nothing may follow.
  public boolean mustEnd() {
    return automaton.isFinal(state);
  }

  /// Takes `token`, which the mask allows.
  public void accept(int token) {
    int next = automaton.step(state, vocabulary.bytes(token));
    if (next == Automaton.DEAD) {
      throw new IllegalArgumentException("token " + token + " is not allowed in state " + state);
    }
    state = next;
  }
}
