package dev.sgl.local.kernel;

import java.util.List;
import java.util.stream.IntStream;

/// The logits of the sampled rows of a batch, where the device computed them.
public interface Logits {

  /// Asks for a token, or for log-probabilities, of each sampled row; the logits are used up.
  ///
  /// @param draws one for each sampled row, in their order
  Picks pick(List<Draw> draws);

  /// The normed last hidden state of a sampled row, from which its logits are computed. The caller
  /// waits until it is computed. Must be called before [#pick].
  float[] state(int row);

  /// The same of several rows.
  default List<float[]> states(int[] rows) {
    return IntStream.of(rows).mapToObj(this::state).toList();
  }

  /// The answers to a list of draws, on their way.
  interface Picks {
    /// Waits for them.
    List<Picked> await();

    /// When a device that computes by itself worked for them, and on the layers before; known when
    /// they are there.
    default List<Busy> busy() {
      return List.of();
    }
  }
}
