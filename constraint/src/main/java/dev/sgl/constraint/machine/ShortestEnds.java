package dev.sgl.constraint.machine;

import dev.sgl.constraint.Budget;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.machine.State.Config;
import java.io.ByteArrayOutputStream;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The shortest texts with which a text can be ended.
///
/// The length of a rule's shortest text is the least over its ways of the sum over the parts
/// of the way (Knuth, "A generalization of Dijkstra's algorithm", Information Processing
/// Letters 1977). Rules are made when they are first needed, and some have parts without end,
/// so the search is depth first under a limit that is raised until it suffices; each limit
/// bounds the depth. Results are kept.
///
/// Owned by one thread at a time, like the machine whose states it is asked about.
public final class ShortestEnds {
  private static final int MAX_LENGTH = 1 << 14;
  private static final int FIRST_LIMIT = 16;

  private final Budget budget;
  private final Map<Node, Integer> found = new IdentityHashMap<>(); // lengths
  private final Map<Node, Integer> missed = new IdentityHashMap<>(); // limits that do not suffice
  private final Map<Frame, Integer> frames = new IdentityHashMap<>(); // lengths behind them
  private final Set<Node> open = new HashSet<>(); // since the last byte

  /// Searches take their steps from `budget`.
  public ShortestEnds(Budget budget) {
    this.budget = budget;
  }

  /// The bytes that are needed at least to end the text in `state`.
  ///
  /// @throws ConstraintException if it takes too long to tell
  public int length(State state) {
    open.clear(); // of a search that was given up
    try {
      int least = state.accepts() ? 0 : MAX_LENGTH;
      for (Config config : state.configs()) {
        least = Math.min(least, length(config));
      }
      return least;
    } catch (StackOverflowError e) {
      throw ConstraintException.tooComplex("its ends are nested too deeply");
    }
  }

  private int length(Config config) {
    return length(config.node()) + behind(config.frame());
  }

  /// A shortest text that ends the text in `state`.
  ///
  /// @throws ConstraintException if there is none, or it takes too long to tell
  public byte[] shortest(State state) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int least = length(state);
    if (least >= MAX_LENGTH) {
      throw new ConstraintException("the text cannot be ended");
    }
    try {
      for (Config config : least > 0 ? state.configs() : List.<Config>of()) {
        if (length(config) == least) {
          write(config.node(), out);
          write(config.frame(), out);
          break;
        }
      }
    } catch (StackOverflowError e) {
      throw ConstraintException.tooComplex("its ends are nested too deeply");
    }
    return out.toByteArray();
  }

  /// The bytes from the end of a rule with these callers to the end of the text.
  private int behind(Frame frame) {
    Integer known = frames.get(frame);
    if (known == null) {
      known = frame == Frame.ROOT ? 0 : MAX_LENGTH;
      for (Frame.Caller caller : frame.callers()) {
        known = Math.min(known, length(caller.then()) + behind(caller.frame()));
      }
      frames.put(frame, known);
    }
    return known;
  }

  /// The bytes from `node` to the end of its rule.
  private int length(Node node) {
    int limit = FIRST_LIMIT;
    int length = length(node, limit);
    while (length > limit && limit < MAX_LENGTH) {
      limit *= 4;
      length = length(node, limit);
    }
    return length;
  }

  /// The bytes from `node` to the end of its rule, or more than `limit` if it takes more.
  private int length(Node node, int limit) {
    Integer known = found.get(node);
    if (known != null) {
      return known;
    }
    Integer tried = missed.get(node);
    if (limit < 0 || tried != null && tried >= limit || !open.add(node)) {
      return limit + 1;
    }
    budget.spend(1);
    int length =
        switch (node) {
          case DfaState state -> state.dfa().terms().search().shortest(state.term()).length;
          case Capture capture -> captured(capture, limit);
          case Branch branch -> branch(branch.edges(), limit);
        };
    open.remove(node);
    if (length <= limit) {
      found.put(node, length);
    } else {
      missed.put(node, limit);
    }
    return length;
  }

  private int captured(Capture capture, int limit) {
    byte[] text = text(capture);
    return text.length
        + afterBytes(text.length, capture.then(text, text.length), limit - text.length);
  }

  private static byte[] text(Capture capture) {
    return capture.state().dfa().terms().search().shortest(capture.state().term());
  }

  private int branch(Edges edges, int limit) {
    if (edges.accepts()) {
      return 0;
    }
    int least = limit + 1;
    for (Node target : edges.targets()) {
      least = Math.min(least, 1 + afterBytes(1, target, least - 2));
    }
    for (Edges.Call call : edges.calls()) {
      least = Math.min(least, call(call, least - 1));
    }
    return least;
  }

  private int call(Edges.Call call, int limit) {
    int called = calledLength(call, limit);
    return called > limit ? called : called + afterBytes(called, call.then(), limit - called);
  }

  private int calledLength(Edges.Call call, int limit) {
    Node target = call.target().apply(0);
    return call.skips() && target.isNullable() ? 0 : length(target, limit);
  }

  /// The length from `node` on, behind `bytes` bytes: if there are any, a rule may come again.
  private int afterBytes(int bytes, Node node, int limit) {
    if (bytes == 0 || open.isEmpty()) {
      return length(node, limit);
    }
    Set<Node> before = Set.copyOf(open);
    open.clear();
    int length = length(node, limit);
    open.addAll(before);
    return length;
  }

  // --- writing

  private void write(Frame frame, ByteArrayOutputStream out) {
    for (Frame.Caller caller : frame.callers()) {
      if (length(caller.then()) + behind(caller.frame()) == behind(frame)) {
        write(caller.then(), out);
        write(caller.frame(), out);
        return;
      }
    }
  }

  private void write(Node node, ByteArrayOutputStream out) {
    switch (node) {
      case DfaState state -> out.writeBytes(state.dfa().terms().search().shortest(state.term()));
      case Capture capture -> {
        byte[] text = text(capture);
        out.writeBytes(text);
        write(capture.then(text, text.length), out);
      }
      case Branch branch -> write(branch.edges(), length(node), out);
    }
  }

  private void write(Edges edges, int length, ByteArrayOutputStream out) {
    if (edges.accepts()) {
      return;
    }
    for (int i = 0; i < edges.labels().length; i++) {
      if (1 + length(edges.targets().get(i)) == length) {
        out.write(edges.labels()[i]);
        write(edges.targets().get(i), out);
        return;
      }
    }
    for (Edges.Call call : edges.calls()) {
      int called = calledLength(call, length);
      if (called <= length && called + length(call.then()) == length) {
        if (called > 0) {
          write(call.target().apply(0), out);
        }
        write(call.then(), out);
        return;
      }
    }
    throw new AssertionError("no way of " + length + " bytes");
  }
}
