package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.machine.State.Config;
import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Term;
import java.util.Optional;

/// Fills masks: which tokens of a vocabulary may come next in a state.
///
/// A token is allowed if its bytes lead somewhere. Where the state is inside a regular rule,
/// the tokens that stay in the rule are the same for all callers: they are taken from the
/// [MaskCache], and only the tokens that go on behind the rule's end are walked (as the
/// context-independent tokens of XGrammar, Dong et al., 2024). Everything else is a walk down
/// the trie of the vocabulary, which ends where no byte leads on.
///
/// Owned by one thread at a time, like its machine.
public final class Masks {
  private final Machine machine;
  private final Vocabulary vocabulary;
  private final MaskCache cache;
  private final RuleMasks rules;
  private final Ints exits; // of the rules
  private boolean unlimited; // while a mask without limits is filled

  /// Masks over the vocabulary of `cache`, for the states of `machine`.
  public Masks(Machine machine, MaskCache cache, Budget budget) {
    this.machine = machine;
    this.vocabulary = cache.vocabulary();
    this.cache = cache;
    rules = new RuleMasks(cache, budget);
    exits = rules.exits();
  }

  /// Sets the bits of the tokens that might come in `state` if texts had no limits of length, of
  /// those that go on with a comma where a string ends, even if no comma may follow it, and of
  /// those that go on behind the end of the whole: with white space where more might come, and with
  /// anything where nothing can. Of such a token as much is meant as is allowed.
  public void fillUnlimited(State state, long[] mask) {
    unlimited = true;
    try {
      fill(state, mask);
    } finally {
      unlimited = false;
    }
  }

  /// Sets the bits of exactly the tokens that may come in `state`, those that end the text among
  /// them; `mask` is all zeros before.
  public void fill(State state, long[] mask) {
    if (state.accepts()) {
      cache.markEnds(mask);
    }
    boolean branches = false;
    for (Config config : state.configs()) {
      switch (config.node()) {
        case DfaState dfa -> rule(dfa, Optional.empty(), config.frame(), mask);
        case Capture capture -> rule(capture.state(), Optional.of(capture), config.frame(), mask);
        case Branch _ -> branches = true;
      }
    }
    if (branches) {
      branches(state.strictBranches(), 0, mask);
    }
  }

  /// Sets the bits of the tokens that begin with the quote that ends the string in `state`.
  public void fillClosing(State state, long[] mask) {
    int quote = vocabulary.find(new byte[] {'"'});
    if (quote >= 0) {
      vocabulary.mark(quote, mask);
      walk(machine.next(state, '"'), quote, mask);
    }
  }

  /// Sets the bits of the tokens that begin with the bytes that lead to `node`, and go on as they
  /// may in `state`.
  public void fillBelow(State state, int node, long[] mask) {
    walk(state, node, mask);
  }

  // --- at the beginning of a token

  /// The tokens in a regular rule, and beyond its end.
  private void rule(DfaState state, Optional<Capture> capture, Frame frame, long[] mask) {
    int before = exits.size();
    rules.fill(unlimited ? state.unlimited() : state, mask);
    if (unlimited) {
      commas(before, mask);
    }
    if (capture.isPresent()) {
      int after = exits.size();
      for (int i = before; i < after; i++) {
        int node = exits.get(i);
        if (!leadsOn(node, capture.get().follow())) {
          continue;
        }
        byte[] bytes = vocabulary.path(node);
        walk(machine.at(capture.get().then(bytes, bytes.length), frame), node, mask);
      }
    } else {
      beyond(state, 0, frame, before, mask);
    }
    exits.truncate(before);
  }

  /// The tokens behind the end of a rule, at the exits that were collected from `before` on.
  ///
  /// @param state of the rule at the node `from`
  private void beyond(DfaState state, int from, Frame frame, int before, long[] mask) {
    int after = exits.size();
    if (after > before) {
      State popped = machine.pop(frame);
      boolean isLast = unlimited && popped.accepts() && popped.isLast();
      for (int i = before; i < after; i++) {
        int node = exits.get(i);
        behindEnd(popped, node, isLast && closes(state, from, node), mask);
        if (!popped.configs().isEmpty()) {
          walk(popped, exits.get(i), mask);
        }
      }
    }
  }

  /// The tokens below `node`, behind which the whole has ended.
  ///
  /// @param closes whether what ended there could not have gone on
  private void behindEnd(State state, int node, boolean closes, long[] mask) {
    if (!unlimited || !state.accepts()) {
      return;
    }
    if (closes && state.isLast()) {
      for (int below = node + 1; below < vocabulary.end(node); below++) {
        vocabulary.mark(below, mask);
      }
    } else {
      markBelow(node, '\n', mask);
      markBelow(node, ' ', mask);
    }
  }

  /// Whether a rule ends at `node` with a byte that closes a value of JSON, and cannot go on.
  /// A rule that ends with a letter does not close: `yesterday` is no `yes`.
  ///
  /// @param state of the rule at the node `from`
  private boolean closes(DfaState state, int from, int node) {
    int last = vocabulary.label(node);
    if (last != '}' && last != ']' && last != '"') {
      return false;
    }
    DfaState end = unlimited ? state.unlimited() : state;
    byte[] bytes = vocabulary.path(node);
    for (int i = vocabulary.depth(from); i < bytes.length; i++) {
      end = end.next(bytes[i] & 0xff);
    }
    return end.term() instanceof Term.Empty;
  }

  /// The tokens below `node` that go on with `value`.
  private void markBelow(int node, int value, long[] mask) {
    int end = vocabulary.end(node);
    for (int child = node + 1; child < end; child = vocabulary.end(child)) {
      if (vocabulary.label(child) == value) {
        for (int below = child; below < vocabulary.end(child); below++) {
          vocabulary.mark(below, mask);
        }
      }
    }
  }

  /// The tokens that go on with a comma behind a quote, at the exits from `before` on.
  private void commas(int before, long[] mask) {
    for (int i = before; i < exits.size(); i++) {
      if (vocabulary.label(exits.get(i)) == '"') {
        markBelow(exits.get(i), ',', mask);
      }
    }
  }

  /// Whether a token continues behind `node` with one of `bytes`.
  private boolean leadsOn(int node, ByteSet bytes) {
    int end = vocabulary.end(node);
    for (int child = node + 1; child < end; child = vocabulary.end(child)) {
      if (bytes.contains(vocabulary.label(child))) {
        return true;
      }
    }
    return false;
  }

  // --- inside of a token

  /// The tokens below `node` that go on in `state`.
  private void walk(State state, int node, long[] mask) {
    for (Config config : state.configs()) {
      if (config.node() instanceof DfaState dfa) {
        below(dfa, config.frame(), node, mask);
      }
    }
    State branches = state.branches();
    if (!branches.configs().isEmpty()) {
      branches(branches, node, mask);
    }
  }

  /// The tokens below `node` in a regular rule and beyond its end.
  private void below(DfaState state, Frame frame, int node, long[] mask) {
    int before = exits.size();
    rules.fillBelow(state, node, mask);
    beyond(state, node, frame, before, mask);
    exits.truncate(before);
  }

  /// The tokens below `node` that go on in `state`, byte by byte.
  private void branches(State state, int node, long[] mask) {
    ByteSet bytes = state.bytes();
    int end = vocabulary.end(node);
    for (int child = node + 1; child < end; child = vocabulary.end(child)) {
      int value = vocabulary.label(child);
      if (!bytes.contains(value)) {
        continue;
      }
      State next = machine.next(state, value);
      vocabulary.mark(child, mask);
      if (vocabulary.end(child) > child + 1) {
        behindEnd(next, child, true, mask);
        walk(next, child, mask);
      }
    }
  }
}
