package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.machine.State.Config;
import dev.sgl.constraint.regex.Term;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Runs a rule over bytes.
///
/// A pushdown automaton: rules are networks of bytes and calls, and a state is the set of all
/// places where the text so far may have led, each with its callers ([Frame]). Callers are merged
/// as in Earley's algorithm, so ambiguity costs no more than a polynomial; a call at the end of a
/// rule keeps its caller's frame (Leo, "A general context-free parsing algorithm running in
/// linear time on every LR(k) grammar", 1991), so repetition written as recursion needs no stack.
/// No rule may call itself before a byte: [dev.sgl.constraint.gbnf] rewrites those that do. Rules
/// end: whatever a rule has begun it can complete, so every state but the dead one leads to an
/// end.
///
/// Owned by one thread at a time.
public final class Machine {
  /// Above this many remembered states all are forgotten; those in use go on.
  private static final int MAX_REMEMBERED = 100_000;

  // bytes, with the entries of the maps
  private static final int STATE_BYTES = 200;
  private static final int PLACE_BYTES = 80;
  private static final int ROW_BYTES = 1040;

  private final Budget budget;
  private final Map<Set<Frame.Caller>, Frame> frames = new HashMap<>();
  private final Map<Set<Config>, State> open = new HashMap<>(); // states that may not end
  private final Map<Set<Config>, State> ended = new HashMap<>(); // states that may end
  private final State dead = new State(Set.of(), false);
  private final State start;

  /// @param start where the text begins
  public Machine(Node start, Budget budget) {
    this.budget = budget;
    Closure closure = new Closure();
    closure.add(start, Frame.ROOT);
    if (start.isNullable()) {
      closure.accepts = true;
    }
    this.start = closure.state();
  }

  /// The state before the first byte.
  public State start() {
    return start;
  }

  /// The state from which no text is accepted.
  public State dead() {
    return dead;
  }

  /// The state after `value` (0 to 255) in `state`.
  public State next(State state, int value) {
    Optional<State> known = state.known(value);
    if (known.isPresent()) {
      return known.get();
    }
    Closure closure = new Closure();
    for (Config config : state.configs()) {
      switch (config.node()) {
        case DfaState dfa -> {
          DfaState after = dfa.next(value);
          if (!after.isDead()) {
            closure.add(after, config.frame());
          }
        }
        case Capture capture -> {
          if (!capture.state().next(value).isDead()) {
            closure.add(capture.next(value), config.frame());
          }
        }
        case Branch branch -> {
          Edges edges = branch.edges();
          for (int i = 0; i < edges.labels().length; i++) {
            if ((edges.labels()[i] & 0xff) == value) {
              closure.add(edges.targets().get(i), config.frame());
            }
          }
        }
      }
    }
    State after = closure.state();
    if (state.learn(value, after)) {
      budget.remember(ROW_BYTES);
    }
    return after;
  }

  /// The state after `bytes`.
  public State next(State state, byte[] bytes) {
    State here = state;
    for (int i = 0; i < bytes.length && !here.isDead(); i++) {
      here = next(here, bytes[i] & 0xff);
    }
    return here;
  }

  /// The state after a rule that was called with `frame`.
  State pop(Frame frame) {
    if (frame.popped().isEmpty()) {
      Closure closure = new Closure();
      closure.end(frame);
      frame.popTo(closure.state());
    }
    return frame.popped().get();
  }

  /// The state at `node` in a rule that was called with `frame`.
  State at(Node node, Frame frame) {
    Closure closure = new Closure();
    closure.add(node, frame);
    return closure.state();
  }

  /// Follows what needs no byte.
  private final class Closure {
    private final Set<Config> reached = new HashSet<>();
    private final Map<Node, Callers> called = new LinkedHashMap<>(); // by the rule's beginning
    private final List<Pending> pending = new ArrayList<>();
    private boolean accepts;

    /// The callers of a rule that begins after the same bytes, while they are collected.
    private final class Callers {
      private final List<Link> links = new ArrayList<>();
      private Optional<Frame> frame = Optional.empty();

      Frame frame() {
        if (frame.isEmpty()) {
          Set<Frame.Caller> set = new HashSet<>();
          for (Link link : links) {
            set.add(new Frame.Caller(link.then(), link.from().frame()));
          }
          frame = Optional.of(frames.computeIfAbsent(Set.copyOf(set), this::made));
        }
        return frame.get();
      }

      private Frame made(Set<Frame.Caller> callers) {
        budget.remember(STATE_BYTES + (long) PLACE_BYTES * callers.size());
        return new Frame(callers);
      }
    }

    /// The callers of a place: known, or still being collected.
    private record Origin(Optional<Frame> known, Optional<Callers> collected) {
      Frame frame() {
        return known.isPresent() ? known.get() : collected.orElseThrow().frame();
      }

      /// The depth of the frame; 0 while it is being collected.
      int depth() {
        return known.isPresent() ? known.get().depth() : 0;
      }
    }

    private record Link(Node then, Origin from) {}

    private record Pending(Node node, Origin from) {}

    private final Set<Pending> seen = new HashSet<>();

    void add(Node node, Frame frame) {
      add(node, new Origin(Optional.of(frame), Optional.empty()));
    }

    private void add(Node node, Origin from) {
      budget.spend(1);
      Pending place = new Pending(node, from);
      if (node instanceof Capture || seen.add(place)) {
        pending.add(place);
      }
    }

    /// Follows the places that were added; frames may be nested deeply, so without recursion.
    private void follow() {
      for (int i = 0; i < pending.size(); i++) {
        Origin from = pending.get(i).from();
        switch (pending.get(i).node()) {
          case Capture capture -> {
            if (capture.state().isNullable()) {
              add(capture.then(new byte[0], 0), from);
            }
          }
          case DfaState dfa -> endIf(dfa.isNullable(), from);
          case Branch branch -> {
            Edges edges = branch.edges();
            endIf(edges.accepts(), from);
            for (Edges.Call call : edges.calls()) {
              call(call, from);
            }
          }
        }
      }
    }

    private void call(Edges.Call call, Origin from) {
      Node target = call.target().apply(from.depth());
      if (call.skips() && target.isNullable()) {
        add(call.then(), from);
      }
      if (call.then() == Branch.END) {
        add(target, from);
        return;
      }
      Callers callers = called.get(target);
      if (callers == null) {
        callers = new Callers();
        called.put(target, callers);
        callers.links.add(new Link(call.then(), from));
        add(target, new Origin(Optional.empty(), Optional.of(callers)));
      } else {
        callers.links.add(new Link(call.then(), from));
      }
    }

    /// NOTE: a rule that ends where it began was passed over by its caller already.
    private void endIf(boolean accepts, Origin from) {
      if (accepts && from.known().isPresent()) {
        end(from.known().get());
      }
    }

    void end(Frame frame) {
      if (frame == Frame.ROOT) {
        accepts = true;
      }
      for (Frame.Caller caller : frame.callers()) {
        add(caller.then(), caller.frame());
      }
    }

    private State made(Set<Config> places) {
      budget.remember(STATE_BYTES + (long) PLACE_BYTES * places.size());
      return new State(places, accepts);
    }

    State state() {
      follow();
      for (Pending place : pending) {
        boolean leads =
            switch (place.node()) {
              case DfaState dfa -> !(dfa.term() instanceof Term.Empty);
              case Capture _ -> true;
              case Branch branch -> branch.edges().labels().length > 0;
            };
        if (leads) {
          reached.add(new Config(place.node(), place.from().frame()));
        }
      }
      if (reached.isEmpty() && !accepts) {
        return dead;
      }
      if (open.size() + ended.size() + frames.size() > MAX_REMEMBERED) {
        open.clear();
        ended.clear();
        frames.clear();
      }
      return (accepts ? ended : open).computeIfAbsent(Set.copyOf(reached), this::made);
    }
  }
}
