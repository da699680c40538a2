package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Picked;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// Logits in the memory of the virtual machine, computed only for the rows whose draws need
/// them.
public final class HostLogits implements Logits {
  private final Tensor states; // [sampled, hidden]
  private final UnaryOperator<Tensor> head; // of some states
  private Optional<Tensor> all = Optional.empty();

  /// @param states normed hidden states of the sampled rows
  /// @param head computes logits `[rows, vocabulary]` from some of these states
  HostLogits(Tensor states, UnaryOperator<Tensor> head) {
    this.states = states;
    this.head = head;
  }

  /// Logits that are known already.
  public HostLogits(Tensor logits) {
    this(logits, UnaryOperator.identity());
  }

  /// The logits of all sampled rows.
  public Tensor values() {
    Tensor values = all.orElseGet(() -> head.apply(states));
    all = Optional.of(values);
    return values;
  }

  @Override
  public float[] state(int row) {
    return states.row(row).clone();
  }

  @Override
  public Picks pick(List<Draw> draws) {
    Tensor logits = all.orElseGet(() -> head.apply(needed(draws)));
    List<Picked> picked = new ArrayList<>();
    int next = 0;
    for (int row = 0; row < draws.size(); row++) {
      Draw draw = draws.get(row);
      float[] its = {};
      if (draw.needsLogits()) {
        its = logits.row(all.isPresent() ? row : next++);
      }
      picked.add(draw.needsLogits() ? PlainPicker.pick(its, draw) : Picked.NOTHING);
    }
    return () -> picked;
  }

  /// The states of the rows whose logits are needed.
  private Tensor needed(List<Draw> draws) {
    int count = (int) draws.stream().filter(Draw::needsLogits).count();
    if (count == draws.size()) {
      return states;
    }
    Tensor needed = Tensor.of(count, states.columns());
    int next = 0;
    for (int row = 0; row < draws.size(); row++) {
      if (draws.get(row).needsLogits()) {
        System.arraycopy(
            states.values(),
            row * states.columns(),
            needed.values(),
            next++ * states.columns(),
            states.columns());
      }
    }
    return needed;
  }
}
