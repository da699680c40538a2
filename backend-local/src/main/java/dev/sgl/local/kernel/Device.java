package dev.sgl.local.kernel;

import dev.sgl.local.kernel.experts.Routing;
import dev.sgl.local.weights.Weight;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Where a model lies and is computed: the operations of a transformer's layers on a whole
/// batch.
///
/// `HostDevice` computes each operation by the plain steps of `Kernels`; the others, which fuse
/// several steps, are tested against it. A device computes one batch after the other, for one
/// thread.
public interface Device extends AutoCloseable {

  /// Called before the first weight is loaded.
  ///
  /// @param bytes that the weights need at least
  /// @param leavesF16 whether numbers between operations leave the range of f16
  /// @throws RuntimeException if there is no room for them
  default void expect(long bytes, boolean leavesF16) {}

  /// Refuses heads that it cannot attend.
  ///
  /// @throws RuntimeException if there are no kernels for them
  default void requireSupported(AttentionShape shape) {}

  /// Makes weights of the same number of columns ready, one below the other.
  Matrix load(List<Weight> parts);

  /// Makes a table ready of which only rows are read.
  default Matrix loadTable(Weight table) {
    return load(List.of(table));
  }

  /// Loads the weights of a norm, or a bias; its parts are concatenated.
  Vector vector(List<Weight> parts);

  /// Memory for `rows` rows of numbers. Each element of `columns` is the width of one part of the
  /// rows.
  Activations activations(int rows, int... columns);

  /// The same for the sum that runs through all layers.
  Activations residual(int rows, int columns);

  /// The pool of keys, values and states of sequences.
  ///
  /// @param slots for the states of as many sequences
  KvPool pool(Kept kept, int pages, int pageSize, int slots);

  /// Bytes of one token in such a pool.
  long bytesPerToken(Kept kept);

  /// Bytes that are left for keys, values and states.
  long room();

  /// Prepares the operations whose first run is slow.
  default void warmUp() {}

  /// Whether an operation returns before the device has computed it. A batch may then have tokens
  /// that the previous batch picks.
  default boolean isAsynchronous() {
    return false;
  }

  /// Whether weights, keys and values lie in memory of its own, which nothing else needs.
  default boolean hasOwnMemory() {
    return false;
  }

  /// Whether weights stay in the files that they are mapped from. Otherwise they are copied.
  default boolean keepsWeightsInFiles() {
    return false;
  }

  /// Whether many rows cost little more than few, so that large batches pay.
  default boolean prefersLargeBatches() {
    return false;
  }

  /// Takes a batch in.
  ///
  /// @param shapes of all attention layers, in any order; windows do not matter
  Pass begin(Batch batch, KvPool pool, Set<AttentionShape> shapes);

  /// Runs the operations of `layers` for a batch. They depend only on the number of rows, so a
  /// device may record them once and replay them.
  default void run(Pass pass, Runnable layers) {
    layers.run();
  }

  /// `x[r] = table[tokens[r]] · scale`.
  void embed(Pass pass, Matrix table, float scale, Activations x);

  /// `x[r] += positions[first + position of r] + segments[segment of r]`.
  ///
  /// @param positions a table, row by row
  /// @param segments a table, row by row
  void addLearned(Pass pass, Vector positions, int first, Vector segments, Activations x);

  /// `x = norm(x)`.
  void normalize(Pass pass, Activations x, Norm norm);

  /// `out = norm(x) · weightᵀ + bias`; without a norm, of `x` itself.
  void project(
      Pass pass, Activations x, Optional<Norm> norm, Projection projection, Activations out);

  /// `out = in · weightᵀ + bias`.
  void multiply(Pass pass, Activations in, Projection projection, Activations out);

  /// Attention: norms queries, keys and values if the model does, rotates queries and keys by their
  /// positions (see `Kernels.rope`), writes keys and values into the pages, and attends as
  /// `Kernels.attention` has it.
  ///
  /// @param heads queries, keys and values, or queries alone where a layer before has written keys
  ///     and values; undefined afterwards
  void attention(Pass pass, AttentionLayer layer, Activations heads, Activations out);

  /// A short convolution over the tokens of each sequence, between two gates: of a row's parts
  /// `(b, c, x)`, `out[t] = c[t] · (bias + Σ weights[k] · (b · x)[t − taps + 1 + k])`, channel by
  /// channel. The products `b · x` of the last `taps − 1` tokens are the state of the sequence.
  /// (Hasani et al., LFM2, 2025.)
  ///
  /// @param parts `b`, `c` and `x`
  void convolve(Pass pass, ConvolutionLayer layer, Activations parts, Activations out);

  /// `x += in · weightᵀ + bias`.
  void addProjection(Pass pass, Activations in, Projection projection, Activations x);

  /// `x = (x + norm(in)) · factor`.
  void addNormed(Pass pass, Activations in, Norm norm, float factor, Activations x);

  /// `out = activation(gate) · up` where `gate` and `up` are the parts of `norm(x) · weightᵀ +
  /// bias`.
  void gated(Pass pass, Activations x, Optional<Norm> norm, Inner gates, Activations out);

  /// `out = activation(x · weightᵀ + bias) · by`.
  ///
  /// @param by of which the columns from `first` on are read, as many as `out` has
  void gatedBy(Pass pass, Activations x, Inner gate, Activations by, int first, Activations out);

  /// `out = activation(norm(x) · weightᵀ + bias)`.
  void activated(Pass pass, Activations x, Optional<Norm> norm, Inner up, Activations out);

  /// `x += (activation(gate) · up) · downᵀ + bias`, as [#gated] and [#addProjection] together.
  ///
  /// @param inner room for `activation(gate) · up`; undefined afterwards
  default void feedForward(
      Pass pass,
      Activations x,
      Optional<Norm> norm,
      Inner gates,
      Projection down,
      Activations inner) {
    gated(pass, x, norm, gates, inner);
    addProjection(pass, inner, down, x);
  }

  /// Refuses mixtures of experts.
  ///
  /// @throws RuntimeException if there are no kernels for them
  default void requireExperts() {}

  /// `out = Σ weight · expert(norm(x))` over the experts that the router chooses for a row, and the
  /// expert of all rows.
  void experts(Pass pass, Activations x, Optional<Norm> norm, ExpertsLayer layer, Activations out);

  /// `x += in`.
  void add(Pass pass, Activations in, Activations x);

  /// `norm(x) · weightᵀ` of the sampled rows, within the bounds of the head.
  ///
  /// @param head empty if only states are read
  Logits logits(Pass pass, Activations x, Optional<Norm> norm, Optional<Head> head);

  @Override
  void close();

  /// The attention of a layer.
  ///
  /// @param cell its number among the cells of the pool
  /// @param rotary by which positions turn queries and keys; the same object for all layers that
  ///     turn alike, because their angles are computed once
  /// @param queryNorm of single heads, or of all of them, by its number of weights
  /// @param keyNorm likewise
  /// @param valueNorm of single heads
  /// @param sharesKv whether keys and values are those that a layer before has written
  record AttentionLayer(
      int cell,
      AttentionShape shape,
      Rotary rotary,
      Optional<Norm> queryNorm,
      Optional<Norm> keyNorm,
      Optional<Norm> valueNorm,
      boolean sharesKv) {

    /// A layer that writes keys and values, of which the values are not normed.
    public AttentionLayer(
        int cell,
        AttentionShape shape,
        Rotary rotary,
        Optional<Norm> queryNorm,
        Optional<Norm> keyNorm) {
      this(cell, shape, rotary, queryNorm, keyNorm, Optional.empty(), false);
    }
  }

  /// The short convolution of a layer.
  ///
  /// @param state its number among the states of the pool
  /// @param taps tokens that it sees: the row's own and those before it
  /// @param weights `[channels, taps]`, the oldest token's first
  record ConvolutionLayer(
      int state, int channels, int taps, Vector weights, Optional<Vector> bias) {}

  /// A product with a weight, and the bias that is added.
  record Projection(Matrix weight, Optional<Vector> bias) {}

  /// The first product of a feed-forward part, and the function behind it.
  record Inner(Projection projection, Activation activation) {}

  /// A mixture of experts.
  ///
  /// @param corrections of the scores of experts, by which they are chosen
  record ExpertsLayer(
      Routing routing,
      Projection router,
      Optional<Vector> corrections,
      List<Expert> experts,
      Optional<SharedExpert> shared) {}

  /// A gated feed-forward part: `down(activation(gate) · up)`.
  record Expert(Inner gates, Projection down) {}

  /// The expert of all rows.
  ///
  /// @param factor of its result: the sigmoid of this product
  record SharedExpert(Expert expert, Optional<Projection> factor) {}

  /// From the last state to logits.
  ///
  /// @param cap the bound of the logits, which become `cap · tanh(logit / cap)`;
  ///     [AttentionShape.Scoring#UNCAPPED] for none
  record Head(Matrix weight, float cap) {
    /// A head whose logits have no bound.
    public Head(Matrix weight) {
      this(weight, AttentionShape.Scoring.UNCAPPED);
    }

    /// Whether logits have a bound.
    public boolean isCapped() {
      return cap < AttentionShape.Scoring.UNCAPPED;
    }
  }

  /// A norm of groups of as many numbers as there are weights.
  ///
  /// @param isCentered whether the mean is subtracted first, as in `Kernels.layerNorm`; else it is
  ///     that of `Kernels.rmsNorm`
  /// @param bias added at the end, of a centered norm
  record Norm(Vector weights, float epsilon, boolean isCentered, Optional<Vector> bias) {
    /// A root-mean-square norm.
    public Norm(Vector weights, float epsilon) {
      this(weights, epsilon, false, Optional.empty());
    }
  }
}
