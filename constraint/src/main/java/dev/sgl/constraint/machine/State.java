package dev.sgl.constraint.machine;

import dev.sgl.constraint.regex.ByteSet;
import dev.sgl.constraint.regex.Regex;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Everything that may come next: places with their callers. Equal states of one [Machine] are
/// mostly the same object, so results about a state are kept in it.
public final class State {

  /// A place from which bytes lead on, and the callers of its rule.
  record Config(Node node, Frame frame) {}

  private final List<Config> configs;
  private final boolean accepts;
  private State[] next = {};
  private int room = -1; // until it is known
  private int singleByte = -1; // the one successor that is known, until there are more
  private Optional<State> single = Optional.empty();
  private Optional<ByteSet> bytes = Optional.empty();
  private Optional<State> branches = Optional.empty();
  private Optional<State> strictBranches = Optional.empty();

  State(Set<Config> configs, boolean accepts) {
    this.configs = List.copyOf(configs);
    this.accepts = accepts;
  }

  List<Config> configs() {
    return configs;
  }

  /// The state of its places that are not in a regular rule.
  State branches() {
    if (branches.isEmpty()) {
      branches = Optional.of(only(c -> !(c.node() instanceof DfaState)));
    }
    return branches.get();
  }

  /// The state of its places that are in no rule whose tokens are known together.
  State strictBranches() {
    if (strictBranches.isEmpty()) {
      strictBranches = Optional.of(only(c -> c.node() instanceof Branch));
    }
    return strictBranches.get();
  }

  private State only(Predicate<Config> wanted) {
    List<Config> some = configs.stream().filter(wanted).toList();
    boolean all = some.size() == configs.size() && !accepts;
    return all ? this : new State(Set.copyOf(some), false);
  }

  /// Whether the text may end here.
  public boolean accepts() {
    return accepts;
  }

  /// Whether nothing may come, not even the end.
  public boolean isDead() {
    return configs.isEmpty() && !accepts;
  }

  /// Whether a string may end here with a quote.
  public boolean endsString() {
    return configs.stream()
        .anyMatch(
            config ->
                switch (config.node()) {
                  case DfaState state -> state.next('"').isNullable();
                  case Capture capture -> capture.state().next('"').isNullable();
                  case Branch _ -> false;
                });
  }

  /// How many characters a limit on the length of a text leaves, or [Regex#UNBOUNDED].
  public int room() {
    if (room < 0) {
      room = Regex.UNBOUNDED;
      for (Config config : configs) {
        int its =
            switch (config.node()) {
              case DfaState state -> room(state);
              case Capture capture -> room(capture.state());
              case Branch _ -> Regex.UNBOUNDED;
            };
        room = Math.min(room, its);
      }
    }
    return room;
  }

  private static int room(DfaState state) {
    return state.dfa().terms().room(state.term());
  }

  /// Whether no byte may come.
  public boolean isLast() {
    return bytes().isEmpty();
  }

  /// The byte that must come if the text does not end here, or -1 if there is a choice or none.
  public int onlyByte() {
    return bytes().size() == 1 ? bytes().next(0) : -1;
  }

  /// The state after `value`, if it was reached before.
  Optional<State> known(int value) {
    if (value == singleByte) {
      return single;
    }
    return next.length == 0 ? Optional.empty() : Optional.ofNullable(next[value]);
  }

  /// Remembers the state after `value`; whether that took a row for all values.
  boolean learn(int value, State state) {
    if (singleByte < 0) {
      singleByte = value;
      single = Optional.of(state);
      return false;
    }
    boolean isFirst = next.length == 0;
    if (isFirst) {
      next = new State[256];
    }
    next[value] = state;
    return isFirst;
  }

  /// The bytes that may come next.
  public ByteSet bytes() {
    if (bytes.isEmpty()) {
      ByteSet set = ByteSet.NONE;
      for (Config config : configs) {
        set =
            set.or(
                switch (config.node()) {
                  case DfaState state -> state.bytes();
                  case Capture capture -> capture.state().bytes();
                  case Branch branch -> branch.edges().bytes();
                });
      }
      bytes = Optional.of(set);
    }
    return bytes.get();
  }
}
