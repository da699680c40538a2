package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.weights.Weight;
import java.util.Optional;
import java.util.function.IntFunction;

/// The operations that a transformer is made of. Shapes are `[rows, columns]`; `rows` says how many
/// rows of the tensors are in use. Each has a plain form in [PlainKernels], against which the
/// others are tested.
public interface Kernels extends AutoCloseable {

  /// Makes a weight ready for the operations; it lives as long as the kernels.
  Matrix load(Weight weight);

  /// Makes a table ready for [#embed] alone, likewise.
  Matrix loadTable(Weight table);

  /// Whether weights stay in the files that they are mapped from.
  boolean keepsWeightsInFiles();

  /// Prepares the operations whose first run is slow.
  default void warmUp() {}

  /// `out[r] = table[tokens[r]]`.
  void embed(Matrix table, int[] tokens, Tensor out);

  /// `x *= factor`.
  void scale(Tensor x, float factor, int rows);

  /// Root-mean-square norm (Zhang and Sennrich, 2019) of groups of `weight.length` numbers:
  /// `out = x / sqrt(mean(x²) + epsilon) · weight`. `out` may be `x`.
  void rmsNorm(Tensor x, float[] weight, float epsilon, Tensor out, int rows);

  /// Layer norm (Ba et al., 2016) of groups of `weight.length` numbers: `out = (x − mean(x)) /
  /// sqrt(mean((x − mean(x))²) + epsilon) · weight + bias`. `out` may be `x`.
  void layerNorm(
      Tensor x, float[] weight, Optional<float[]> bias, float epsilon, Tensor out, int rows);

  /// `out[r, o] = Σ x[r, i] · weight[o, i] + bias[o]`.
  void linear(Tensor x, Matrix weight, Optional<float[]> bias, Tensor out, int rows);

  /// Rotates each head of `x` by its row's position (Su et al., RoFormer, 2021), pairing the number
  /// `i` with `i + headDim / 2`.
  ///
  /// @param angles of each row, as [#angles] gives them
  void rope(Tensor x, int headDim, Tensor angles, int rows);

  /// The cosines, followed by the sines, of the angles of each position, times the stretch,
  /// `[rows, headDim]`.
  ///
  /// @param ofQueries whether they are for queries, which may grow with their positions
  default Tensor angles(int[] positions, Rotary rotary, boolean ofQueries) {
    float[] frequencies = rotary.frequencies();
    int half = frequencies.length;
    Tensor angles = Tensor.of(positions.length, 2 * half);
    for (int r = 0; r < positions.length; r++) {
      int position = positions[r];
      float growth = ofQueries ? rotary.growth().map(by -> by.at(position)).orElse(1f) : 1;
      for (int i = 0; i < half; i++) {
        float angle = position * frequencies[i];
        float factor = frequencies[i] == 0 ? growth : rotary.stretch() * growth;
        angles.values()[r * 2 * half + i] = (float) (Math.cos(angle) * factor);
        angles.values()[r * 2 * half + half + i] = (float) (Math.sin(angle) * factor);
      }
    }
    return angles;
  }

  /// Writes the keys and values of the batch's rows into their pages.
  ///
  /// @param cell the number of the layer's cell in the pool
  void store(Tensor keys, Tensor values, HostKvPool pool, int cell, Batch batch);

  /// Causal attention with grouped queries over the pages: each row sees its own position and those
  /// before it, at most `window` in all.
  void attention(
      Tensor queries, HostKvPool pool, int cell, Batch batch, AttentionShape shape, Tensor out);

  /// `gate = activation(gate) · up`.
  void gate(Tensor gate, Tensor up, Activation activation, int rows);

  /// `x = activation(x)`.
  void activate(Tensor x, Activation activation, int rows);

  /// `x = cap · tanh(x / cap)`.
  void cap(Tensor x, float cap, int rows);

  /// A causal convolution over the tokens of each sequence. One loop is the plain and the fast
  /// form: few numbers are added for each that is read.
  ///
  /// @param states that of the sequence in a slot
  default void convolve(
      Convolution convolution, Tensor x, Batch batch, IntFunction<float[]> states, Tensor out) {
    convolution.run(x, batch, states, out);
  }

  /// `x *= y`.
  void multiply(Tensor x, Tensor y, int rows);

  /// `x += y`.
  void add(Tensor x, Tensor y, int rows);

  @Override
  void close();
}
