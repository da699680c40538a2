package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Picked;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// Logits in the memory of the virtual machine, computed only for the rows whose draws need
/// them.
public final class HostLogits implements Logits {
  /// Rows whose logits are in memory at the same time: those of a prompt of which each token is
  /// scored would take hundreds of megabytes.
  private static final int TOGETHER = 64;

  private final Tensor states; // [sampled, hidden]
  private final UnaryOperator<Tensor> head; // of some states
  private Optional<Tensor> all = Optional.empty();

  /// @param states normed hidden states of the sampled rows
  /// @param head computes logits `[rows, vocabulary]` from some of these states. It may have more
  ///     rows, and is undefined after the next call.
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
    Tensor values = all.orElseGet(() -> copy(head.apply(states), states.rows()));
    all = Optional.of(values);
    return values;
  }

  private static Tensor copy(Tensor of, int rows) {
    return new Tensor(rows, of.columns(), Arrays.copyOf(of.values(), rows * of.columns()));
  }

  @Override
  public float[] state(int row) {
    return states.row(row).clone();
  }

  @Override
  public Picks pick(List<Draw> draws) {
    List<Picked> picked = new ArrayList<>(Collections.nCopies(draws.size(), Picked.NOTHING));
    int[] needed =
        IntStream.range(0, draws.size()).filter(row -> draws.get(row).needsLogits()).toArray();
    for (int first = 0; first < needed.length; first += TOGETHER) {
      int[] rows = Arrays.copyOfRange(needed, first, Math.min(needed.length, first + TOGETHER));
      Tensor logits = all.isPresent() ? rows(all.get(), rows) : head.apply(rows(states, rows));
      for (int i = 0; i < rows.length; i++) {
        picked.set(rows[i], PlainPicker.pick(logits.row(i), draws.get(rows[i])));
      }
    }
    return () -> picked;
  }

  /// Some rows, one below the other.
  private static Tensor rows(Tensor of, int[] rows) {
    Tensor some = Tensor.of(rows.length, of.columns());
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(
          of.values(), rows[i] * of.columns(), some.values(), i * of.columns(), of.columns());
    }
    return some;
  }
}
