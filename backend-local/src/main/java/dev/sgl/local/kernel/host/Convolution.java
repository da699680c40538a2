package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Batch;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntFunction;

/// A causal convolution over the tokens of each sequence, channel by channel:
/// `out[t] = bias + Σ weights[k] · x[t − taps + 1 + k]`. The rows of the last `taps − 1` tokens are
/// the state of a sequence, `[taps − 1, channels]`, the oldest first.
///
/// @param weights `[channels, taps]`, the oldest token's first
record Convolution(int channels, int taps, float[] weights, Optional<float[]> bias) {

  /// @param states that of the sequence in a slot
  void run(Tensor x, Batch batch, IntFunction<float[]> states, Tensor out) {
    for (int first = 0; first < batch.rows(); ) {
      int end = first + 1;
      while (end < batch.rows() && batch.slots()[end] == batch.slots()[first]) {
        end++;
      }
      float[] state = states.apply(batch.slots()[first]);
      if (batch.positions()[first] == 0) {
        Arrays.fill(state, 0);
      }
      run(x.values(), first, end, state, out.values());
      keep(x.values(), first, end, state);
      first = end;
    }
  }

  private void run(float[] x, int first, int end, float[] state, float[] out) {
    for (int row = first; row < end; row++) {
      int to = row * channels;
      if (bias.isPresent()) {
        System.arraycopy(bias.get(), 0, out, to, channels);
      } else {
        Arrays.fill(out, to, to + channels, 0);
      }
      for (int tap = 0; tap < taps; tap++) {
        int from = row - taps + 1 + tap; // its row of the batch, or before it
        boolean isInBatch = from >= first;
        float[] values = isInBatch ? x : state;
        int at = (isInBatch ? from : from - first + taps - 1) * channels;
        for (int c = 0; c < channels; c++) {
          out[to + c] += weights[c * taps + tap] * values[at + c];
        }
      }
    }
  }

  /// Appends the last rows to the state; the oldest rows of the state are dropped.
  private void keep(float[] x, int first, int end, float[] state) {
    int rows = Math.min(end - first, taps - 1);
    int left = state.length - rows * channels;
    System.arraycopy(state, rows * channels, state, 0, left);
    System.arraycopy(x, (end - rows) * channels, state, left, rows * channels);
  }
}
