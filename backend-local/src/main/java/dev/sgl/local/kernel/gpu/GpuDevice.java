package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.Activation;
import dev.sgl.local.kernel.Activations;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.Vector;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Result;
import dev.sgl.local.kernel.gpu.port.GpuException;
import dev.sgl.local.kernel.gpu.port.Growing;
import dev.sgl.local.kernel.gpu.port.OutOfDeviceMemory;
import dev.sgl.local.kernel.gpu.products.Loader;
import dev.sgl.local.kernel.gpu.products.Products;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// A GPU as a device: numbers of 16 bits (the format of the model's embedding; f16 for models in
/// f32), sums in single precision, and the sum that runs through the layers too.
public final class GpuDevice implements Device {
  /// Rows up to which the layers are recorded.
  private static final int MOST_RECORDED = 256;

  private final Gpu gpu;
  private final Options options;
  private final Loader loader;
  private final Clock clock;
  private final Picker picker;
  private final Recordings recordings;
  private final Growing<Gpu.Memory> normed;
  private final Growing<Gpu.Memory> gates;
  private boolean leavesF16;
  private Optional<Compiled> compiled = Optional.empty();
  private Optional<Gpu.Memory> gateRoom = Optional.empty();
  private Optional<Clock.Interval> ran = Optional.empty(); // the last layers

  /// Kernels that are compiled for the format of the first weight.
  private record Compiled(
      Format format,
      Rows rows,
      Variants variants,
      Pages pages,
      AttentionLayers attention,
      Convolution convolution,
      Products products) {}

  record GpuVector(Gpu.Memory memory, long length) implements Vector {}

  /// Rows of numbers.
  ///
  /// @param bytes of a number
  record GpuActivations(Gpu.Memory memory, int rows, int columns, int bytes)
      implements Activations {}

  /// @param divisions one for each shape of heads
  /// @param rows with which kernels are run, at least those of the batch
  /// @param isRecorded whether the layers are replayed, for any batch of as many rows
  record GpuPass(
      Batch batch, GpuKvPool pool, List<Attention.Division> divisions, int rows, boolean isRecorded)
      implements Pass {

    /// Where the batch is, for all that does not attend.
    Gpu.Memory integers() {
      return divisions.getFirst().integers();
    }

    Attention.Division division(AttentionShape shape) {
      AttentionShape wanted = shape.withoutWindow();
      return divisions.stream().filter(d -> d.shape().equals(wanted)).findFirst().orElseThrow();
    }
  }

  /// How a GPU is used.
  ///
  /// @param index of the GPU
  /// @param memFraction the fraction of the memory left after loading that keys and values may take
  /// @param format of weights and activations, bf16 or f16; by default that of the weights, or
  ///     f16 if that is neither
  /// @param kept the format of keys and values
  public record Options(int index, double memFraction, Optional<DType> format, KvCacheType kept) {
    public static final Options DEFAULT = new Options(0, 0.9, Optional.empty(), KvCacheType.AUTO);

    /// The same with numbers of a format.
    public Options withFormat(DType value) {
      return new Options(index, memFraction, Optional.of(value), kept);
    }

    /// The same with keys and values of a format.
    public Options withKept(KvCacheType value) {
      return new Options(index, memFraction, format, value);
    }
  }

  /// @param gpu that computes; closed with the device
  public GpuDevice(Gpu gpu, Options options) {
    this.gpu = gpu;
    this.options = options;
    loader = new Loader(gpu);
    clock = new Clock(gpu);
    picker = new Picker(gpu, clock);
    recordings = new Recordings(gpu);
    normed = Growing.onGpu(gpu, 0);
    gates = Growing.onGpu(gpu, 0);
  }

  /// The GPU's name.
  public String name() {
    return gpu.name();
  }

  /// The GPU itself, for tests of single operations and measurements.
  public Gpu gpu() {
    return gpu;
  }

  @Override
  public void requireSupported(AttentionShape shape) {
    Attention.requireSupported(gpu, options.kept(), shape);
  }

  // --- memory of the device

  @Override
  public void expect(long bytes, boolean leavesF16) {
    gpu.enter();
    this.leavesF16 = leavesF16;
    if (bytes > gpu.free()) {
      throw new OutOfDeviceMemory("the weights need", bytes, gpu.free());
    }
  }

  @Override
  public Matrix load(List<Weight> parts) {
    gpu.enter();
    if (compiled.isEmpty()) {
      compiled = Optional.of(compiled(format(parts.getFirst())));
    }
    return products().load(parts);
  }

  private Format format(Weight first) {
    DType given = first.encoding().plain(DType.F16);
    boolean isWide = given == DType.BF16 || leavesF16;
    return new Format(options.format().orElse(isWide ? DType.BF16 : DType.F16));
  }

  private Compiled compiled(Format format) {
    picker.use(new Pick(gpu, format));
    Variants variants = new Variants(gpu, format);
    Pages pages = new Pages(gpu, format, options.kept());
    return new Compiled(
        format,
        new Rows(gpu, format),
        variants,
        pages,
        new AttentionLayers(
            gpu, format, options.kept(), loader, pages, variants, recordings::forget),
        new Convolution(gpu, format),
        new Products(gpu, format, loader));
  }

  private Compiled compiled() {
    return compiled.orElseThrow(() -> new IllegalStateException("no weight was loaded yet"));
  }

  private Rows rows() {
    return compiled().rows();
  }

  private Variants variants() {
    return compiled().variants();
  }

  private Products products() {
    return compiled().products();
  }

  @Override
  public Vector vector(List<Weight> parts) {
    gpu.enter();
    long numbers = parts.stream().mapToLong(Weight::numbers).sum();
    Gpu.Memory memory = gpu.allocate(numbers * Float.BYTES);
    long at = 0;
    for (Weight part : parts) {
      at += loader.load(part, DType.F32, memory, at);
    }
    return new GpuVector(memory, numbers);
  }

  @Override
  public Activations activations(int rows, int... columns) {
    return activations(rows, IntStream.of(columns).sum(), Format.BYTES);
  }

  @Override
  public Activations residual(int rows, int columns) {
    return activations(rows, columns, 4);
  }

  private GpuActivations activations(int rows, int columns, int bytes) {
    gpu.enter();
    int room = bucket(rows);
    Gpu.Memory memory = Growing.zeros(gpu, (long) room * columns * bytes);
    return new GpuActivations(memory, room, columns, bytes);
  }

  @Override
  public KvPool pool(Kept kept, int pages, int pageSize, int slots) {
    gpu.enter();
    return new GpuKvPool(gpu, compiled().pages(), kept, pages, pageSize, slots);
  }

  @Override
  public long bytesPerToken(Kept kept) {
    return kept.numbersPerToken() * Pages.bytes(options.kept());
  }

  @Override
  public long room() {
    gpu.enter();
    return (long) (gpu.free() * options.memFraction());
  }

  @Override
  public boolean isAsynchronous() {
    return true;
  }

  @Override
  public boolean hasOwnMemory() {
    return true;
  }

  @Override
  public boolean prefersLargeBatches() {
    return true;
  }

  // --- a batch

  @Override
  public Pass begin(Batch batch, KvPool pool, Set<AttentionShape> shapes) {
    gpu.enter();
    GpuKvPool pages = (GpuKvPool) pool;
    List<Attention.Division> divisions =
        compiled().attention().divide(batch, shapes, pages.pageSize());
    boolean recorded =
        batch.rows() <= MOST_RECORDED && divisions.stream().allMatch(d -> d.plan().isDecode());
    int rows = bucket(batch.rows());
    if (products().makeRoom(rows)) {
      recordings.forget();
    }
    return new GpuPass(batch, pages, divisions, rows, recorded);
  }

  /// Powers of two up to 8, then multiples of 8: few numbers of rows that work is recorded for, and
  /// all of them such as libraries take.
  private static int bucket(int rows) {
    return rows <= 8 ? 1 << 32 - Integer.numberOfLeadingZeros(rows - 1) : (rows + 7) / 8 * 8;
  }

  @Override
  public void run(Pass pass, Runnable layers) {
    ran.ifPresent(clock::drop); // no tokens were picked
    ran = Optional.of(clock.time("layers", () -> play((GpuPass) pass, layers)));
  }

  private void play(GpuPass pass, Runnable layers) {
    if (!pass.isRecorded()) {
      layers.run();
      return;
    }
    List<Integer> variants = compiled().attention().recordingKeys(pass);
    List<Gpu.Memory> integers =
        pass.divisions().stream().map(Attention.Division::integers).toList();
    recordings.play(
        new Recordings.Key(pass.rows(), variants),
        new Recordings.Places(integers, Optional.of(pass.pool())),
        layers);
  }

  @Override
  public void embed(Pass pass, Matrix table, float scale, Activations x) {
    GpuPass own = (GpuPass) pass;
    Products.Tokens tokens =
        new Products.Tokens(
            own.integers(), BatchPlan.rowsAt(), BatchPlan.tokensAt(), picker.picked());
    products().embed(own.rows(), tokens, table, memory(x));
    if (scale != 1) {
      variants().scale(own.rows(), own.integers(), memory(x), scale, columns(x));
    }
  }

  private static Gpu.Memory memory(Activations activations) {
    return ((GpuActivations) activations).memory();
  }

  private static int columns(Activations activations) {
    return ((GpuActivations) activations).columns();
  }

  private static Gpu.Memory memory(Vector vector) {
    return ((GpuVector) vector).memory();
  }

  @Override
  public void project(
      Pass pass, Activations x, Optional<Norm> norm, Projection projection, Activations out) {
    project(((GpuPass) pass).rows(), x, norm, projection, memory(out));
  }

  private void project(
      int rows, Activations x, Optional<Norm> norm, Projection projection, Gpu.Memory out) {
    boolean isDone =
        projection.bias().isEmpty()
            && fused(x, norm)
                .filter(normed -> products().project(normed, projection.weight(), out, rows))
                .isPresent();
    if (!isDone) {
      multiply(rows, input(x, norm, rows), projection, out);
    }
  }

  @Override
  public void multiply(Pass pass, Activations in, Projection projection, Activations out) {
    multiply(((GpuPass) pass).rows(), memory(in), projection, memory(out));
  }

  private void multiply(int rows, Gpu.Memory in, Projection projection, Gpu.Memory out) {
    Matrix weight = projection.weight();
    products().multiply(in, weight, out, rows, Result.WRITTEN);
    projection.bias().ifPresent(b -> rows().addBias(rows, out, memory(b), weight.rows()));
  }

  /// The norm of rows, if products can compute it on the way.
  private static Optional<Products.Normed> fused(Activations x, Optional<Norm> norm) {
    return norm.filter(by -> !by.isCentered())
        .map(by -> new Products.Normed(memory(x), memory(by.weights()), by.epsilon()));
  }

  /// Rows behind their norm, if there is one.
  private Gpu.Memory input(Activations x, Optional<Norm> norm, int rows) {
    GpuActivations all = (GpuActivations) x;
    Gpu.Memory out = normedRoom(all);
    if (norm.isEmpty()) {
      variants().narrow(rows, all.memory(), out, all.columns());
    } else if (norm.get().isCentered()) {
      variants().layerNorm(rows, layerNorm(all, norm.get(), out));
    } else {
      Gpu.Memory weights = memory(norm.get().weights());
      rows().rmsNorm(rows, all.memory(), weights, norm.get().epsilon(), out, all.columns());
    }
    return out;
  }

  private static Variants.LayerNorm layerNorm(GpuActivations x, Norm norm, Gpu.Memory out) {
    return new Variants.LayerNorm(
        x.memory(), memory(norm.weights()), bias(norm), norm.epsilon(), out, x.columns());
  }

  @Override
  public void attention(Pass pass, AttentionLayer layer, Activations heads, Activations out) {
    compiled().attention().attend((GpuPass) pass, layer, (GpuActivations) heads, memory(out));
  }

  @Override
  public void convolve(Pass pass, ConvolutionLayer layer, Activations parts, Activations out) {
    GpuPass own = (GpuPass) pass;
    Convolution.Operands operands =
        new Convolution.Operands(
            memory(parts),
            memory(layer.weights()),
            layer.bias().map(bias -> memory(bias).address()).orElse(0L),
            own.pool().states(layer.state()),
            memory(out));
    compiled()
        .convolution()
        .run(own.rows(), own.integers(), operands, layer.channels(), layer.taps());
  }

  @Override
  public void addProjection(Pass pass, Activations in, Projection projection, Activations x) {
    int rows = ((GpuPass) pass).rows();
    products().multiply(memory(in), projection.weight(), memory(x), rows, Result.ADDED);
    addBias(rows, projection, x);
  }

  private void addBias(int rows, Projection projection, Activations x) {
    int columns = projection.weight().rows();
    projection
        .bias()
        .ifPresent(bias -> rows().addBiasToSum(rows, memory(x), memory(bias), columns));
  }

  @Override
  public void addNormed(Pass pass, Activations in, Norm norm, float factor, Activations x) {
    if (norm.isCentered()) {
      throw new GpuException("layer norms of the results of parts are not supported");
    }
    int length = (int) ((GpuVector) norm.weights()).length();
    int groups = columns(x) / length;
    variants()
        .addNormed(
            ((GpuPass) pass).rows() * groups,
            new Variants.AddNormed(
                memory(in), memory(norm.weights()), norm.epsilon(), factor, memory(x), length));
  }

  @Override
  public void gated(Pass pass, Activations x, Optional<Norm> norm, Inner gates, Activations out) {
    int rows = ((GpuPass) pass).rows();
    Matrix weight = gates.projection().weight();
    boolean isPlain = gates.activation() == Activation.SILU && gates.projection().bias().isEmpty();
    if (isPlain
        && fused(x, norm)
            .filter(normed -> products().gated(normed, weight, memory(out), rows))
            .isPresent()) {
      return;
    }
    if (isPlain && products().givesGated(weight, rows)) {
      products().multiplyGated(input(x, norm, rows), weight, memory(out), rows);
      return;
    }
    Gpu.Memory gateUp = roomForGates(out, weight);
    project(rows, x, norm, gates.projection(), gateUp);
    if (gates.activation() == Activation.SILU) {
      rows().gate(rows, gateUp, memory(out), weight.rows() / 2);
    } else {
      variants().gate(rows, gateUp, memory(out), weight.rows() / 2, gates.activation());
    }
  }

  @Override
  public void gatedBy(
      Pass pass, Activations x, Inner gate, Activations by, int first, Activations out) {
    project(pass, x, Optional.empty(), gate.projection(), out);
    Variants.Part factors = new Variants.Part(memory(by), columns(by), first, columns(out));
    variants().gateByPart(((GpuPass) pass).rows(), memory(out), factors, gate.activation());
  }

  @Override
  public void activated(Pass pass, Activations x, Optional<Norm> norm, Inner up, Activations out) {
    project(pass, x, norm, up.projection(), out);
    variants().activate(((GpuPass) pass).rows(), memory(out), columns(out), up.activation());
  }

  /// Room for gates and ups.
  private Gpu.Memory roomForGates(Activations inner, Matrix weight) {
    long rows = ((GpuActivations) inner).rows();
    Optional<Gpu.Memory> room = Optional.of(gates.atLeast(rows * weight.rows() * Format.BYTES));
    if (!room.equals(gateRoom)) {
      recordings.forget();
      gateRoom = room;
    }
    return room.get();
  }

  @Override
  public void feedForward(
      Pass pass,
      Activations x,
      Optional<Norm> norm,
      Inner gates,
      Projection down,
      Activations inner) {
    int rows = ((GpuPass) pass).rows();
    if (gates.activation() != Activation.SILU || !products().takesGates(down.weight(), rows)) {
      Device.super.feedForward(pass, x, norm, gates, down, inner);
      return;
    }
    Gpu.Memory room = roomForGates(inner, gates.projection().weight());
    project(rows, x, norm, gates.projection(), room);
    products().gateAndAdd(room, down.weight(), memory(x), rows);
    addBias(rows, down, x);
  }

  @Override
  public void requireExperts() {
    throw new GpuException(
        "mixtures of experts are not supported on a GPU; let the processor (--device cpu) compute");
  }

  @Override
  public void experts(
      Pass pass, Activations x, Optional<Norm> norm, ExpertsLayer layer, Activations out) {
    requireExperts();
  }

  @Override
  public void add(Pass pass, Activations in, Activations x) {
    requireExperts();
  }

  @Override
  public void addLearned(Pass pass, Vector positions, int first, Vector segments, Activations x) {
    GpuPass own = (GpuPass) pass;
    variants()
        .addLearned(
            own.rows(),
            own.integers(),
            memory(positions),
            first,
            memory(segments),
            memory(x),
            columns(x));
  }

  @Override
  public void normalize(Pass pass, Activations x, Norm norm) {
    if (!norm.isCentered()) {
      throw new GpuException("root-mean-square norms of the sum are not supported");
    }
    variants()
        .layerNormOfSum(
            ((GpuPass) pass).rows(),
            memory(x),
            memory(norm.weights()),
            bias(norm),
            norm.epsilon(),
            columns(x));
  }

  /// The address of the bias of a norm, or 0.
  private static long bias(Norm norm) {
    return norm.bias().map(added -> memory(added).address()).orElse(0L);
  }

  @Override
  public Logits logits(Pass pass, Activations x, Optional<Norm> norm, Optional<Head> ofTokens) {
    return new Logits() {
      @Override
      public float[] state(int row) {
        return states(new int[] {row}).getFirst();
      }

      @Override
      public List<float[]> states(int[] rows) {
        if (rows.length == 0) {
          return List.of();
        }
        int columns = columns(x);
        int first = IntStream.of(rows).min().getAsInt();
        int count = IntStream.of(rows).max().getAsInt() + 1 - first;
        float[] all = numbers(normedRows(pass, x, norm, first, count), count * columns);
        return IntStream.of(rows)
            .map(row -> (row - first) * columns)
            .mapToObj(from -> Arrays.copyOfRange(all, from, from + columns))
            .toList();
      }

      @Override
      public Picks pick(List<Draw> draws) {
        Optional<Clock.Interval> layers = ran;
        ran = Optional.empty();
        int vocabulary = ofTokens.map(head -> head.weight().rows()).orElse(0);
        return picker.pick(
            draws,
            vocabulary,
            layers,
            (first, rows, logits) ->
                logits(
                    normedRows(pass, x, norm, first, rows), ofTokens.orElseThrow(), logits, rows));
      }
    };
  }

  private void logits(Gpu.Memory states, Head head, Gpu.Memory out, int rows) {
    products().multiply(states, head.weight(), out, rows, Result.WRITTEN_SINGLE);
    if (head.isCapped()) {
      variants().cap(rows, out, head.cap(), head.weight().rows());
    }
  }

  /// Room for all rows, normed.
  private Gpu.Memory normedRoom(GpuActivations x) {
    return normed.atLeast((long) x.rows() * x.columns() * Format.BYTES);
  }

  /// Some of the sampled rows, normed.
  private Gpu.Memory normedRows(
      Pass pass, Activations x, Optional<Norm> given, int first, int rows) {
    GpuActivations all = (GpuActivations) x;
    Gpu.Memory out = normedRoom(all);
    Gpu.Memory integers = ((GpuPass) pass).integers();
    if (given.isEmpty()) {
      variants().narrowSampled(rows, integers, all.memory(), out, all.columns(), first);
      return out;
    }
    Norm norm = given.get();
    if (norm.isCentered()) {
      variants().layerNormSampled(rows, integers, layerNorm(all, norm, out), first);
      return out;
    }
    rows()
        .rmsNormSampled(
            rows,
            integers,
            all.memory(),
            memory(norm.weights()),
            norm.epsilon(),
            out,
            all.columns(),
            first);
    return out;
  }

  /// Waits for numbers and widens them.
  private float[] numbers(Gpu.Memory memory, int count) {
    gpu.enter();
    Gpu.Pinned host = gpu.pin((long) count * Format.BYTES);
    gpu.download(memory, host, (long) count * Format.BYTES);
    gpu.await();
    DType type = compiled().format().type();
    float[] numbers = new float[count];
    new Encoding.Plain(type, host.segment(), count).read(0, count, numbers, 0);
    gpu.unpin(host);
    return numbers;
  }

  @Override
  public void close() {
    gpu.close();
  }
}
