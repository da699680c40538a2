package dev.sgl.local.model;

import static java.util.Objects.requireNonNull;

import dev.sgl.local.kernel.Activations;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Device.AttentionLayer;
import dev.sgl.local.kernel.Device.ConvolutionLayer;
import dev.sgl.local.kernel.Device.Expert;
import dev.sgl.local.kernel.Device.ExpertsLayer;
import dev.sgl.local.kernel.Device.Head;
import dev.sgl.local.kernel.Device.Inner;
import dev.sgl.local.kernel.Device.Projection;
import dev.sgl.local.kernel.Device.SharedExpert;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.Vector;
import dev.sgl.local.kernel.experts.Routing;
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
import java.util.stream.IntStream;

/// A transformer (Vaswani et al., 2017): it walks the data of a [Decoder], with one operation of a
/// [Device] after the other.
public final class Transformer implements Model {

  /// Parts that read the same, with their weights.
  private record Residual(
      Optional<Device.Norm> before,
      List<Step> steps,
      Optional<After> after,
      Optional<Device.Norm> sum) {

    /// The feed-forward part, if it is a gated one that stands alone.
    Optional<Projected.Feed> feedForward() {
      return after.isEmpty()
              && sum.isEmpty()
              && steps.size() == 1
              && steps.getFirst() instanceof Projected.Feed feed
          ? Optional.of(feed)
          : Optional.empty();
    }
  }

  /// The norm of the result of a part.
  ///
  /// @param output room for it
  /// @param factor of the sum with it
  private record After(Device.Norm norm, Activations output, float factor) {}

  /// A part of a layer with its weights. `output` is its last product, of the numbers in `inner`;
  /// the result is added to the sum.
  private sealed interface Step {}

  /// A part whose last product is added.
  private sealed interface Projected extends Step {
    Activations inner();

    Projection output();

    /// @param heads room for queries, keys and values
    record Attend(
        Projection input,
        AttentionLayer layer,
        Projection output,
        Activations heads,
        Activations inner)
        implements Projected {}

    /// @param parts room for both gates and the numbers between them
    record Convolve(
        Projection input,
        ConvolutionLayer layer,
        Projection output,
        Activations parts,
        Activations inner)
        implements Projected {}

    record Feed(Inner gates, Projection output, Activations inner) implements Projected {}

    record Perceive(Inner up, Projection output, Activations inner) implements Projected {}

    /// @param first of the columns of the per-layer embeddings
    record Input(Inner gate, int first, Projection output, Activations inner)
        implements Projected {}
  }

  /// A mixture of experts.
  private record Mix(ExpertsLayer layer, Activations result) implements Step {}

  /// The embedding beside that of tokens.
  private record Learned(Vector positions, int first, Vector segments, Device.Norm norm) {}

  /// The per-layer embeddings.
  ///
  /// @param projected room for those that come from the embedding
  /// @param sum of both
  private record LayerInputs(
      Matrix table,
      float scale,
      Projection projection,
      Device.Norm norm,
      Activations projected,
      Activations sum) {}

  private final Decoder decoder;
  private final WeightSource weights;
  private final Device device;
  private final int rows;
  private final LongConsumer loaded;
  private final Matrix embedding;
  private final List<Residual> residuals = new ArrayList<>(); // of all layers
  private final Set<AttentionShape> shapes = new LinkedHashSet<>();
  private final Map<AttentionShape, Integer> cells = new HashMap<>(); // the last of each shape
  private final Optional<Learned> learned;
  private final Optional<LayerInputs> layerInputs;
  private final Optional<Device.Norm> norm;
  private final Optional<Head> head;
  private final Activations x; // the sum that runs through the layers
  private final Map<Room, Activations> scratches = new HashMap<>();
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
    boolean tied = decoder.isTied(weights);
    Optional<Weight> unused = tied ? weights.find(Role.HEAD, 0) : Optional.empty();
    device.expect(
        weights.leastBytes() - unused.map(Weight::leastBytes).orElse(0L), decoder.leavesF16());
    Weight tokens = weight(Role.EMBEDDING, decoder.vocabulary());
    boolean isHead = tied && decoder.head().isPresent();
    embedding = isHead ? load(List.of(tokens)) : loadTable(tokens);
    learned = decoder.embedding().learned().map(this::learned);
    layerInputs = decoder.embedding().layerInputs().map(this::layerInputs);
    for (int layer = 0; layer < decoder.layers().size(); layer++) {
      List<Layer.Residual> parts = decoder.layers().get(layer).residuals();
      for (int part = 0; part < parts.size(); part++) {
        boolean isLast = part == parts.size() - 1;
        residuals.add(residual(parts.get(part), layer, isLast ? factor(layer) : 1));
      }
    }
    norm = decoder.norm().map(last -> norm(last, 0));
    head = decoder.head().map(of -> new Head(tied ? embedding : head(), of.cap()));
    x = device.residual(rows, decoder.hidden());
  }

  // --- loading

  private Weight weight(Role role, int rows) {
    return weights.weight(role, 0, rows, decoder.hidden());
  }

  private Matrix head() {
    return load(List.of(weight(Role.HEAD, decoder.vocabulary())));
  }

  private Learned learned(Decoder.Learned by) {
    return new Learned(
        device.vector(List.of(weight(Role.POSITION_EMBEDDING, by.positions()))),
        by.first(),
        device.vector(List.of(weight(Role.SEGMENT_EMBEDDING, by.segments()))),
        norm(by.norm(), 0));
  }

  private LayerInputs layerInputs(Decoder.LayerInputs by) {
    int columns = decoder.layers().size() * by.length();
    return new LayerInputs(
        loadTable(weights.weight(Role.LAYER_EMBEDDING, 0, by.vocabulary(), columns)),
        by.scale(),
        projection(0, decoder.hidden(), false, new Output(Role.LAYER_PROJECTION, columns)),
        norm(by.norm(), 0),
        device.activations(rows, columns),
        device.residual(rows, columns));
  }

  private float factor(int layer) {
    return decoder.layers().get(layer).isScaled()
        ? weights.weight(Role.LAYER_FACTOR, layer, 1, 1).floats()[0]
        : 1;
  }

  private Matrix loadTable(Weight table) {
    return count(List.of(table), device.loadTable(table));
  }

  private Matrix load(List<Weight> parts) {
    return count(parts, device.load(parts));
  }

  /// Loads a weight of an expert, which is read for some tokens only.
  private Matrix loadExpert(Routing routing, Weight... parts) {
    Matrix matrix = load(List.of(parts));
    double idle = 1 - (double) routing.chosen() / routing.experts();
    for (int part = 0; part < parts.length; part++) {
      stored.addIdle(parts[part], matrix.storage().get(part), idle);
    }
    return matrix;
  }

  private Matrix count(List<Weight> parts, Matrix matrix) {
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
    Optional<Weight> bias =
        norm.kind() == Norm.Kind.BIASED_LAYER
            ? Optional.of(weights.bias(norm.role(), layer, norm.length()))
            : Optional.empty();
    return new Device.Norm(
        device.vector(List.of(weight.times(norm.scale()))),
        norm.epsilon(),
        norm.kind() != Norm.Kind.RMS,
        bias.map(added -> device.vector(List.of(added.times(norm.scale())))));
  }

  /// @param factor of the sum after the norm of the result
  private Residual residual(Layer.Residual residual, int layer, float factor) {
    Optional<Device.Norm> before = residual.before().map(norm -> norm(norm, layer));
    List<Step> steps = new ArrayList<>();
    for (Part part : residual.parts()) {
      keep(part);
      steps.add(
          switch (part) {
            case Part.Attention attention -> attend(attention, layer);
            case Part.Convolution convolution -> convolve(convolution, layer);
            case Part.Gated gated -> feed(gated, layer);
            case Part.Experts experts -> mix(experts, layer);
            case Part.Perceptron perceptron -> perceive(perceptron, layer);
            case Part.LayerInput input -> input(input, layer);
          });
    }
    Optional<After> after =
        residual
            .after()
            .map(
                norm ->
                    new After(norm(norm, layer), scratch(Use.OUTPUT, decoder.hidden()), factor));
    return new Residual(before, steps, after, residual.sum().map(norm -> norm(norm, layer)));
  }

  /// Adds the numbers that a part keeps. Where rows see ahead, keys and values are of no use
  /// after their layer: all layers have the same cell.
  private void keep(Part part) {
    boolean passes = part instanceof Part.Attention by && by.shape().seesAhead();
    if (!passes || !kept.cells().containsAll(part.kept().cells())) {
      kept = kept.plus(part.kept());
    }
  }

  private Step attend(Part.Attention attention, int layer) {
    AttentionShape shape = attention.shape();
    int queries = shape.heads() * shape.headDim();
    int keys = shape.width();
    Output ofQueries = new Output(Role.QUERY, queries);
    Output ofKeys = new Output(Role.KEY, keys);
    List<Output> outputs =
        switch (attention.source()) {
          case OWN -> List.of(ofQueries, ofKeys, new Output(Role.VALUE, keys));
          case KEYS -> List.of(ofQueries, ofKeys, ofKeys);
          case EARLIER -> List.of(ofQueries);
        };
    Projection input =
        projection(layer, decoder.hidden(), attention.inputBias(), outputs.toArray(Output[]::new));
    Projection output =
        projection(
            layer,
            queries,
            attention.outputBias(),
            new Output(Role.ATTENTION_OUTPUT, decoder.hidden()));
    shapes.add(shape.withoutWindow());
    boolean sharesKv = attention.source() == Part.Source.EARLIER;
    int cell =
        sharesKv
            ? requireNonNull(cells.get(shape), "no layer before has keys and values")
            : kept.cells().lastIndexOf(shape.cell());
    cells.put(shape, cell);
    Optional<Part.HeadNorms> norms = attention.headNorms();
    Optional<Part.HeadNorms> ofOwn = norms.filter(_ -> !sharesKv);
    return new Projected.Attend(
        input,
        new AttentionLayer(
            cell,
            shape,
            attention.rotary(),
            norms.map(by -> norm(by.query(), layer)),
            ofOwn.map(by -> norm(by.key(), layer)),
            ofOwn
                .flatMap(Part.HeadNorms::valueEpsilon)
                .map(epsilon -> new Device.Norm(ones(shape.headDim()), epsilon)),
            sharesKv),
        output,
        scratch(Use.INPUT, outputs.stream().map(Output::length).toArray(Integer[]::new)),
        scratch(Use.ATTENDED, queries));
  }

  private Vector ones(int length) {
    return device.vector(List.of(Weight.ones(length)));
  }

  private Step convolve(Part.Convolution part, int layer) {
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
    return new Projected.Convolve(
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
        scratch(Use.INPUT, channels, channels, channels),
        scratch(Use.INNER, channels));
  }

  private Step feed(Part.Gated gated, int layer) {
    Projection gateUp =
        projection(
            layer,
            decoder.hidden(),
            gated.bias(),
            new Output(Role.GATE, gated.inner()),
            new Output(Role.UP, gated.inner()));
    Projection down =
        projection(layer, gated.inner(), gated.bias(), new Output(Role.DOWN, decoder.hidden()));
    return new Projected.Feed(
        new Inner(gateUp, gated.activation()), down, scratch(Use.INNER, gated.inner()));
  }

  private Step mix(Part.Experts part, int layer) {
    device.requireExperts();
    int count = part.routing().experts();
    List<Expert> experts =
        IntStream.range(0, count)
            .mapToObj(expert -> expert(part.routing(), part.each(), layer, expert))
            .toList();
    ExpertsLayer loaded =
        new ExpertsLayer(
            part.routing(),
            projection(layer, decoder.hidden(), false, new Output(Role.ROUTER, count)),
            part.isCorrected()
                ? Optional.of(
                    device.vector(List.of(weights.weight(Role.ROUTER_CORRECTION, layer, 1, count))))
                : Optional.empty(),
            experts,
            part.shared().map(shared -> shared(shared, layer)));
    return new Mix(loaded, scratch(Use.MIXED, decoder.hidden()));
  }

  private Expert expert(Routing routing, Part.Gated each, int layer, int expert) {
    int inner = each.inner();
    int hidden = decoder.hidden();
    Matrix gates =
        loadExpert(
            routing,
            weights.expert(Role.EXPERT_GATE, layer, expert, inner, hidden),
            weights.expert(Role.EXPERT_UP, layer, expert, inner, hidden));
    Matrix down =
        loadExpert(routing, weights.expert(Role.EXPERT_DOWN, layer, expert, hidden, inner));
    return new Expert(
        new Inner(new Projection(gates, Optional.empty()), each.activation()),
        new Projection(down, Optional.empty()));
  }

  private SharedExpert shared(Part.Shared shared, int layer) {
    int inner = shared.gated().inner();
    Projection gates =
        projection(
            layer,
            decoder.hidden(),
            false,
            new Output(Role.SHARED_GATE, inner),
            new Output(Role.SHARED_UP, inner));
    Projection down =
        projection(layer, inner, false, new Output(Role.SHARED_DOWN, decoder.hidden()));
    Optional<Projection> factor =
        shared.hasFactor()
            ? Optional.of(
                projection(layer, decoder.hidden(), false, new Output(Role.SHARED_FACTOR, 1)))
            : Optional.empty();
    return new SharedExpert(
        new Expert(new Inner(gates, shared.gated().activation()), down), factor);
  }

  private Step perceive(Part.Perceptron part, int layer) {
    Projection up =
        projection(layer, decoder.hidden(), part.bias(), new Output(Role.UP, part.inner()));
    Projection down =
        projection(layer, part.inner(), part.bias(), new Output(Role.DOWN, decoder.hidden()));
    return new Projected.Perceive(
        new Inner(up, part.activation()), down, scratch(Use.INNER, part.inner()));
  }

  private Step input(Part.LayerInput part, int layer) {
    Projection gate =
        projection(
            layer, decoder.hidden(), false, new Output(Role.LAYER_INPUT_GATE, part.length()));
    Projection output =
        projection(
            layer, part.length(), false, new Output(Role.LAYER_INPUT_OUTPUT, decoder.hidden()));
    return new Projected.Input(
        new Inner(gate, part.activation()),
        layer * part.length(),
        output,
        scratch(Use.INNER, part.length()));
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

  /// Numbers between two operations. Parts side by side need them at the same time.
  private enum Use {
    INPUT,
    ATTENDED,
    INNER,
    MIXED,
    OUTPUT
  }

  private record Room(Use use, List<Integer> columns) {}

  /// Room for numbers between two operations, which all parts of a size share.
  private Activations scratch(Use use, Integer... columns) {
    return scratches.computeIfAbsent(
        new Room(use, List.of(columns)),
        room ->
            device.activations(
                rows, room.columns().stream().mapToInt(Integer::intValue).toArray()));
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
  public boolean generates() {
    return head.isPresent();
  }

  @Override
  public boolean seesAhead() {
    return decoder.seesAhead();
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
    device.embed(pass, embedding, decoder.embedding().scale(), x);
    learned.ifPresent(by -> embed(pass, by));
    layerInputs.ifPresent(by -> embed(pass, by));
    for (Residual residual : residuals) {
      Optional<Projected.Feed> alone = residual.feedForward();
      if (alone.isPresent()) {
        Projected.Feed feed = alone.get();
        device.feedForward(pass, x, residual.before(), feed.gates(), feed.output(), feed.inner());
      } else {
        residual.steps().forEach(step -> read(pass, residual.before(), step));
        residual.steps().forEach(step -> add(pass, step, residual.after()));
        residual.sum().ifPresent(by -> device.normalize(pass, x, by));
      }
    }
  }

  private void embed(Pass pass, Learned by) {
    device.addLearned(pass, by.positions(), by.first(), by.segments(), x);
    device.normalize(pass, x, by.norm());
  }

  private void embed(Pass pass, LayerInputs by) {
    device.embed(pass, by.table(), by.scale(), by.sum());
    device.project(pass, x, Optional.empty(), by.projection(), by.projected());
    device.addNormed(pass, by.projected(), by.norm(), 1, by.sum());
  }

  /// Computes a part from the sum, up to its output.
  private void read(Pass pass, Optional<Device.Norm> before, Step step) {
    switch (step) {
      case Projected.Attend attend -> {
        device.project(pass, x, before, attend.input(), attend.heads());
        device.attention(pass, attend.layer(), attend.heads(), attend.inner());
      }
      case Projected.Convolve convolve -> {
        device.project(pass, x, before, convolve.input(), convolve.parts());
        device.convolve(pass, convolve.layer(), convolve.parts(), convolve.inner());
      }
      case Mix mix -> device.experts(pass, x, before, mix.layer(), mix.result());
      case Projected.Feed feed -> device.gated(pass, x, before, feed.gates(), feed.inner());
      case Projected.Perceive perceive ->
          device.activated(pass, x, before, perceive.up(), perceive.inner());
      case Projected.Input input ->
          device.gatedBy(
              pass, x, input.gate(), layerInputs.orElseThrow().sum(), input.first(), input.inner());
    }
  }

  /// Adds the output of a part to the sum.
  private void add(Pass pass, Step step, Optional<After> after) {
    switch (step) {
      case Mix mix ->
          after.ifPresentOrElse(
              norm -> addNormed(pass, mix.result(), norm), () -> device.add(pass, mix.result(), x));
      case Projected part -> {
        if (after.isEmpty()) {
          device.addProjection(pass, part.inner(), part.output(), x);
        } else {
          device.multiply(pass, part.inner(), part.output(), after.get().output());
          addNormed(pass, after.get().output(), after.get());
        }
      }
    }
  }

  private void addNormed(Pass pass, Activations result, After after) {
    device.addNormed(pass, result, after.norm(), after.factor(), x);
  }

  @Override
  public void close() {
    device.close();
  }
}
