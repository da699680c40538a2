package dev.sgl.local.model;

import dev.sgl.local.kernel.Activations;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Device.AttentionLayer;
import dev.sgl.local.kernel.Device.ConvolutionLayer;
import dev.sgl.local.kernel.Device.Projection;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.Storage;
import dev.sgl.local.weights.StoredWeights;
import dev.sgl.local.weights.Weight;
import dev.sgl.local.weights.WeightSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/// A decoder-only transformer (Vaswani et al., 2017, in the form of Llama): it walks the data of a
/// [Decoder], with one operation of a [Device] after the other.
public final class Transformer implements Model {

  /// A part of a layer with its weights.
  private sealed interface Step {
    /// @param heads room for queries, keys and values
    /// @param attended room for the sums of values that the heads attend to
    record Attend(
        Device.Norm norm,
        Projection input,
        AttentionLayer layer,
        Projection output,
        Activations heads,
        Activations attended)
        implements Step {}

    /// @param parts room for both gates and the numbers between them
    /// @param gated room for the result
    record Convolve(
        Device.Norm norm,
        Projection input,
        ConvolutionLayer layer,
        Projection output,
        Activations parts,
        Activations gated)
        implements Step {}

    /// @param inner room for the numbers inside
    record Feed(Device.Norm norm, Projection gateUp, Projection down, Activations inner)
        implements Step {}
  }

  private final Decoder decoder;
  private final WeightSource weights;
  private final Device device;
  private final int rows;
  private final LongConsumer loaded;
  private final Matrix embedding;
  private final List<Step> steps = new ArrayList<>();
  private final Set<AttentionShape> shapes = new LinkedHashSet<>();
  private final Device.Norm norm;
  private final Matrix head;
  private final Activations x; // the sum that runs through the layers
  private final Map<List<Integer>, Activations> scratches = new HashMap<>(); // by their columns
  private Kept kept = Kept.NOTHING; // by the layers that are loaded
  private final StoredWeights.Counter stored = new StoredWeights.Counter();
  private long loadedBytes;

  /// Puts the weights of a model on a device.
  ///
  /// @param device that computes; closed with the model
  /// @param rows most rows of a batch
  /// @param loaded is called after each weight with the bytes that are on the device
  /// @throws dev.sgl.local.weights.ModelException if a weight is missing or has another shape
  public Transformer(
      Decoder decoder, WeightSource weights, Device device, int rows, LongConsumer loaded) {
    this.decoder = decoder;
    this.weights = weights;
    this.device = device;
    this.rows = rows;
    this.loaded = loaded;
    Optional<Weight> unused = decoder.tied() ? weights.find(Role.HEAD, 0) : Optional.empty();
    device.expect(weights.leastBytes() - unused.map(Weight::leastBytes).orElse(0L));
    embedding = table(Role.EMBEDDING);
    for (int layer = 0; layer < decoder.layers().size(); layer++) {
      for (Layer.Residual residual : decoder.layers().get(layer).residuals()) {
        steps.add(step(residual, layer));
      }
    }
    norm = norm(decoder.norm(), 0);
    head = decoder.tied() ? embedding : table(Role.HEAD);
    x = device.residual(rows, decoder.hidden());
  }

  // --- loading

  private Matrix table(Role role) {
    return load(List.of(weights.weight(role, 0, decoder.vocabulary(), decoder.hidden())));
  }

  private Matrix load(List<Weight> parts) {
    Matrix matrix = device.load(parts);
    List<Storage> storage = matrix.storage();
    for (int part = 0; part < parts.size(); part++) {
      stored.add(parts.get(part), storage.get(part));
    }
    loadedBytes += parts.stream().mapToLong(Weight::bytes).sum();
    loaded.accept(loadedBytes);
    return matrix;
  }

  private Device.Norm norm(Norm norm, int layer) {
    Weight weight = weights.weight(norm.role(), layer, 1, norm.length());
    return new Device.Norm(device.vector(List.of(weight)), norm.epsilon());
  }

  private Step step(Layer.Residual residual, int layer) {
    kept = kept.plus(residual.part().kept());
    Device.Norm before = norm(residual.before(), layer);
    return switch (residual.part()) {
      case Part.Attention attention -> attend(attention, before, layer);
      case Part.Convolution convolution -> convolve(convolution, before, layer);
      case Part.Gated gated -> feed(gated, before, layer);
    };
  }

  private Step attend(Part.Attention attention, Device.Norm before, int layer) {
    AttentionShape shape = attention.shape();
    int queries = shape.heads() * shape.headDim();
    int keys = shape.width();
    Projection input =
        projection(
            layer,
            decoder.hidden(),
            attention.inputBias(),
            new Output(Role.QUERY, queries),
            new Output(Role.KEY, keys),
            new Output(Role.VALUE, keys));
    Projection output =
        projection(
            layer,
            queries,
            attention.outputBias(),
            new Output(Role.ATTENTION_OUTPUT, decoder.hidden()));
    shapes.add(shape.withoutWindow());
    return new Step.Attend(
        before,
        input,
        new AttentionLayer(
            kept.cells().size() - 1,
            shape,
            attention.rotary(),
            attention.headNorms().map(norms -> norm(norms.query(), layer)),
            attention.headNorms().map(norms -> norm(norms.key(), layer))),
        output,
        scratch(queries, keys, keys),
        scratch(queries));
  }

  private Step convolve(Part.Convolution part, Device.Norm before, int layer) {
    int channels = part.channels();
    Output[] gates = {
      new Output(Role.CONVOLUTION_GATE_IN, channels),
      new Output(Role.CONVOLUTION_GATE_OUT, channels),
      new Output(Role.CONVOLUTION_INPUT, channels)
    };
    Projection input = projection(layer, decoder.hidden(), part.bias(), gates);
    Projection output =
        projection(
            layer, channels, part.bias(), new Output(Role.CONVOLUTION_OUTPUT, decoder.hidden()));
    Weight taps = weights.weight(Role.CONVOLUTION, layer, channels, part.taps());
    return new Step.Convolve(
        before,
        input,
        new ConvolutionLayer(
            kept.states().size() - 1,
            channels,
            part.taps(),
            device.vector(List.of(taps)),
            part.bias()
                ? Optional.of(
                    device.vector(List.of(weights.bias(Role.CONVOLUTION, layer, channels))))
                : Optional.empty()),
        output,
        scratch(channels, channels, channels),
        scratch(channels));
  }

  private Step feed(Part.Gated gated, Device.Norm before, int layer) {
    Projection gateUp =
        projection(
            layer,
            decoder.hidden(),
            gated.bias(),
            new Output(Role.GATE, gated.inner()),
            new Output(Role.UP, gated.inner()));
    Projection down =
        projection(layer, gated.inner(), gated.bias(), new Output(Role.DOWN, decoder.hidden()));
    return new Step.Feed(before, gateUp, down, scratch(gated.inner()));
  }

  /// What a product gives for a role.
  private record Output(Role role, int length) {}

  private Projection projection(int layer, int columns, boolean biased, Output... outputs) {
    List<Weight> parts = new ArrayList<>();
    List<Weight> biases = new ArrayList<>();
    for (Output output : outputs) {
      parts.add(weights.weight(output.role(), layer, output.length(), columns));
      if (biased) {
        biases.add(weights.bias(output.role(), layer, output.length()));
      }
    }
    return new Projection(
        load(parts), biased ? Optional.of(device.vector(biases)) : Optional.empty());
  }

  /// Room for numbers between two operations, which all parts of a size share.
  private Activations scratch(Integer... columns) {
    return scratches.computeIfAbsent(
        List.of(columns),
        all -> device.activations(rows, all.stream().mapToInt(Integer::intValue).toArray()));
  }

  /// The matrices as the device holds them.
  public StoredWeights stored() {
    return stored.counted();
  }

  @Override
  public int vocabulary() {
    return decoder.vocabulary();
  }

  @Override
  public int context() {
    return decoder.context();
  }

  @Override
  public long bytesPerToken() {
    return device.bytesPerToken(kept);
  }

  @Override
  public long bytesPerSequence() {
    return kept.bytesPerSequence();
  }

  @Override
  public long room() {
    return device.room();
  }

  @Override
  public boolean isAsynchronous() {
    return device.isAsynchronous();
  }

  @Override
  public boolean hasOwnMemory() {
    return device.hasOwnMemory();
  }

  @Override
  public void warmUp() {
    device.warmUp();
  }

  @Override
  public KvPool pool(int pages, int pageSize, int slots) {
    return device.pool(kept, pages, pageSize, slots);
  }

  // --- computing

  @Override
  public Logits forward(Batch batch, KvPool pool) {
    Pass pass = device.begin(batch, pool, shapes);
    device.run(pass, () -> layers(pass));
    return device.logits(pass, x, norm, head);
  }

  private void layers(Pass pass) {
    device.embed(pass, embedding, x);
    for (Step step : steps) {
      switch (step) {
        case Step.Attend attend -> {
          Projection input = attend.input();
          device.project(pass, x, attend.norm(), input.weight(), input.bias(), attend.heads());
          device.attention(pass, attend.layer(), attend.heads(), attend.attended());
          add(pass, attend.attended(), attend.output());
        }
        case Step.Convolve convolve -> {
          Projection input = convolve.input();
          device.project(pass, x, convolve.norm(), input.weight(), input.bias(), convolve.parts());
          device.convolve(pass, convolve.layer(), convolve.parts(), convolve.gated());
          add(pass, convolve.gated(), convolve.output());
        }
        case Step.Feed feed ->
            device.feedForward(pass, x, feed.norm(), feed.gateUp(), feed.down(), feed.inner());
      }
    }
  }

  private void add(Pass pass, Activations from, Projection projection) {
    device.addProjection(pass, from, projection.weight(), projection.bias(), x);
  }

  @Override
  public void close() {
    device.close();
  }
}
