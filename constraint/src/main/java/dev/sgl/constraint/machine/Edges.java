package dev.sgl.constraint.machine;

import dev.sgl.constraint.regex.ByteSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/// What leads on from a [Branch].
///
/// @param accepts whether the rule may end here
/// @param labels the bytes that lead on
/// @param targets where they lead, one for each label
/// @param calls rules that may begin here
public record Edges(boolean accepts, byte[] labels, List<Node> targets, List<Call> calls) {

  /// A rule that begins at `target`; after it the caller continues at `then`.
  ///
  /// @param target the beginning of the rule, by the depth of its caller
  /// @param skips whether the rule may be passed over if it may be empty
  public record Call(IntFunction<Node> target, Node then, boolean skips) {}

  ByteSet bytes() {
    ByteSet set = ByteSet.NONE;
    for (byte label : labels) {
      set = set.or(ByteSet.of(label & 0xff));
    }
    return set;
  }

  /// Collects edges in any order.
  public static final class Builder {
    private boolean accepts;
    private byte[] labels = new byte[0];
    private final List<Node> targets = new ArrayList<>();
    private final List<Call> calls = new ArrayList<>();

    /// Adds all edges of `edges`.
    public Builder all(Edges edges) {
      accepts |= edges.accepts();
      for (int i = 0; i < edges.labels().length; i++) {
        on(edges.labels()[i], edges.targets().get(i));
      }
      calls.addAll(edges.calls());
      return this;
    }

    /// Lets the rule end here.
    public Builder accept() {
      accepts = true;
      return this;
    }

    /// Adds an edge to `target` by the byte `value`.
    public Builder on(int value, Node target) {
      labels = Arrays.copyOf(labels, labels.length + 1);
      labels[labels.length - 1] = (byte) value;
      targets.add(target);
      return this;
    }

    /// Calls the rule that begins at `target`, and continues at `then` after it. If the rule
    /// may be empty, `then` is reached without a byte, too.
    public Builder call(Node target, Node then) {
      calls.add(new Call(_ -> target, then, true));
      return this;
    }

    /// Calls a rule that depends on how deeply its caller is nested: on the number of calls that
    /// lead to it.
    public Builder call(IntFunction<Node> target, Node then) {
      calls.add(new Call(target, then, true));
      return this;
    }

    /// Calls a rule that takes at least a byte here.
    public Builder callSome(Node target, Node then) {
      calls.add(new Call(_ -> target, then, false));
      return this;
    }

    /// The edges that were added.
    public Edges build() {
      return new Edges(accepts, labels, List.copyOf(targets), List.copyOf(calls));
    }
  }
}
