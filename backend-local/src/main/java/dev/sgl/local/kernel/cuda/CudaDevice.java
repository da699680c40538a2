package dev.sgl.local.kernel.cuda;

import dev.sgl.local.kernel.Activations;
import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.Vector;
import dev.sgl.local.kernel.cuda.CublasLt.Result;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.Weight;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;

/// An NVIDIA GPU as a device: numbers of 16 bits (the format of the model's embedding; f16 for
/// models in f32), sums in single precision, and the sum that runs through the layers too.
public final class CudaDevice implements Device {
  /// Of a number in 16 bits.
  static final int BYTES = 2;

  /// Products of at most so many rows read the weight by the kernels in `vector.cu`.
  private static final int FEW_ROWS = 4;

  /// Rows up to which the layers are recorded.
  private static final int MOST_RECORDED = 256;

  /// Bytes of the integers of a batch that there is room for from the beginning.
  private static final long BATCH_BYTES = 4 << 20;

  /// For bf16 and copies that do not wait.
  private static final int LEAST_CAPABILITY = 80;

  private static final int NORMED_THREADS = 512;
  private static final int NORMED_BLOCKS = 1; // of a multiprocessor
  private static final int MOST_SHARED = 47 << 10;

  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;

  private final Gpu gpu;
  private final Cubins cubins;
  private final CublasLt cublas;
  private final Loader loader;
  private final Gpu.Memory workspace;
  private final Map<AttentionShape, Uploads> batches = new HashMap<>();
  private final Clock clock;
  private final Picker picker;
  private final double fraction;
  private final Optional<DType> wanted;
  private final Map<String, Gpu.Kernel> kernels = new HashMap<>();
  private final Map<RecordingKey, Recording> recordings = new HashMap<>();
  private final Set<RecordingKey> seen = new HashSet<>();
  private final Map<Integer, Attention> attentions = new HashMap<>(); // by the size of a head
  private Optional<DType> type = Optional.empty();
  private final Map<Rotary, Gpu.Memory> frequencies = new IdentityHashMap<>();
  private Optional<Scratch> normed = Optional.empty();
  private Optional<Scratch> inner = Optional.empty();
  private Optional<Clock.Stint> ran = Optional.empty(); // the last layers

  /// Weights on the device.
  private record CudaMatrix(Gpu.Memory memory, int rows, int columns) implements Matrix {}

  private record CudaVector(Gpu.Memory memory, int length) implements Vector {}

  /// Rows of numbers.
  ///
  /// @param bytes of a number
  record CudaActivations(Gpu.Memory memory, int rows, int columns, int bytes)
      implements Activations {}

  /// Memory for what is used at once and forgotten.
  private record Scratch(Gpu.Memory memory) {}

  /// @param divisions one for each shape of heads
  /// @param rows with which kernels are run, at least those of the batch
  /// @param isRecorded whether the layers are replayed, for any batch of so many rows
  record CudaPass(
      Batch batch, CudaKvPool pool, List<Division> divisions, int rows, boolean isRecorded)
      implements Pass {

    /// Where the batch is, for all that does not attend.
    Gpu.Memory integers() {
      return divisions.getFirst().integers();
    }

    Division division(AttentionShape shape) {
      AttentionShape wanted = shape.withoutWindow();
      return divisions.stream().filter(d -> d.shape().equals(wanted)).findFirst().orElseThrow();
    }
  }

  /// How a batch is divided for heads of one shape.
  ///
  /// @param integers the plan on the device
  record Division(AttentionShape shape, BatchPlan plan, Gpu.Memory integers) {}

  /// What tells recordings apart.
  ///
  /// @param variants of the attention of each shape
  private record RecordingKey(int rows, List<Integer> variants) {}

  /// Layers that were recorded.
  ///
  /// @param integers where they read the batch
  private record Recording(CUgraphExec graph, List<Gpu.Memory> integers, CudaKvPool pool) {}

  private CudaDevice(Gpu gpu, Options options, Path cache) {
    this.gpu = gpu;
    this.fraction = options.memFraction();
    this.wanted = options.format();
    cubins = new Cubins(gpu.chip(), cache);
    cublas = new CublasLt(gpu);
    loader = new Loader(gpu);
    workspace = gpu.allocate(CublasLt.WORKSPACE);
    clock = new Clock(gpu);
    picker = new Picker(gpu, clock);
  }

  /// How a GPU is used.
  ///
  /// @param index of the GPU
  /// @param memFraction the part of the memory that is left behind the weights which keys and
  ///     values may take
  /// @param format of weights and activations, bf16 or f16; by default that of the weights, or
  ///     f16 if that is neither
  public record Options(int index, double memFraction, Optional<DType> format) {
    public static final Options DEFAULT = new Options(0, 0.9, Optional.empty());

    /// The same with numbers of a format.
    public Options withFormat(DType value) {
      return new Options(index, memFraction, Optional.of(value));
    }
  }

  /// Opens a GPU.
  ///
  /// @throws GpuException if there is no such GPU, or a library for it is missing
  public static CudaDevice open(Options options) {
    return open(options, Cubins.userFolder());
  }

  static CudaDevice open(Options options, Path cache) {
    Gpu gpu = Gpu.open(options.index());
    try {
      if (gpu.capability() < LEAST_CAPABILITY) {
        throw new GpuException(
            "%s is too old: the kernels need compute capability 8.0".formatted(gpu.name()));
      }
      return new CudaDevice(gpu, options, cache);
    } catch (RuntimeException | Error e) {
      gpu.close();
      throw e;
    }
  }

  /// The GPU's name.
  public String name() {
    return gpu.name();
  }

  /// The GPU itself, for tests of single operations.
  Gpu gpu() {
    return gpu;
  }

  // --- what is kept on the device

  @Override
  public void expect(long numbers) {
    gpu.enter();
    if (numbers * BYTES > gpu.free()) {
      throw new OutOfDeviceMemory("the weights need", numbers * BYTES, gpu.free());
    }
  }

  @Override
  public Matrix load(List<Weight> parts) {
    gpu.enter();
    DType format = type.orElseGet(() -> format(parts.getFirst()));
    int rows = parts.stream().mapToInt(Weight::rows).sum();
    int columns = parts.getFirst().columns();
    Gpu.Memory memory = gpu.allocate((long) rows * columns * BYTES);
    long at = 0;
    for (Weight part : parts) {
      at += loader.load(part, format, memory, at);
    }
    return new CudaMatrix(memory, rows, columns);
  }

  private DType format(Weight first) {
    DType given =
        switch (first.encoding()) {
          case Encoding.Plain plain -> plain.type();
        };
    DType format = wanted.orElse(given == DType.BF16 ? DType.BF16 : DType.F16);
    type = Optional.of(format);
    String define = "BF16=" + (format == DType.BF16 ? 1 : 0);
    CUmodule rows = gpu.module(cubins.of("rows", define));
    for (String name :
        List.of(
            "embed",
            "rmsNorm",
            "rmsNormSampled",
            "addBias",
            "addBiasToSum",
            "place",
            "gate",
            "copyPage")) {
      kernels.put(name, gpu.kernel(rows, name, 0));
    }
    CUmodule vector = gpu.module(cubins.of("vector", define));
    for (String name : List.of("write", "add", "logits", "project", "gated")) {
      for (int count = 1; count <= FEW_ROWS; count *= 2) {
        kernels.put(name + count, gpu.kernel(vector, name + count, 0));
      }
    }
    picker.use(gpu.kernel(gpu.module(cubins.of("pick", define)), "pick", 0));
    return format;
  }

  private Gpu.Kernel kernel(String name) {
    Gpu.Kernel kernel = kernels.get(name);
    if (kernel == null) {
      throw new IllegalStateException("no weight was loaded yet, but " + name + " is asked for");
    }
    return kernel;
  }

  @Override
  public Vector vector(List<Weight> parts) {
    gpu.enter();
    int length = parts.stream().mapToInt(Weight::columns).sum();
    Gpu.Memory memory = gpu.allocate(4L * length);
    long at = 0;
    for (Weight part : parts) {
      at += loader.load(part, DType.F32, memory, at);
    }
    return new CudaVector(memory, length);
  }

  @Override
  public Activations activations(int rows, int... columns) {
    return rows(rows, IntStream.of(columns).sum(), BYTES);
  }

  @Override
  public Activations residual(int rows, int columns) {
    return rows(rows, columns, 4);
  }

  private CudaActivations rows(int rows, int columns, int bytes) {
    gpu.enter();
    return new CudaActivations(zeros((long) rows * columns * bytes), rows, columns, bytes);
  }

  /// Memory for rows. It is zero at first, because recorded layers compute rows that are not there,
  /// and because checkers of memory do not see all that cuBLAS writes.
  private Gpu.Memory zeros(long bytes) {
    Gpu.Memory memory = gpu.allocate(bytes);
    gpu.fill(memory, 0);
    return memory;
  }

  @Override
  public KvPool pool(List<Cell> cells, int pages, int pageSize) {
    gpu.enter();
    return new CudaKvPool(gpu, kernel("copyPage"), cells, pages, pageSize);
  }

  @Override
  public long bytesPerToken(List<Cell> cells) {
    return CudaKvPool.bytesPerToken(cells);
  }

  @Override
  public long room() {
    gpu.enter();
    return (long) (gpu.free() * fraction);
  }

  @Override
  public boolean isAsynchronous() {
    return true;
  }

  // --- a batch

  @Override
  public Pass begin(Batch batch, KvPool pool, Set<AttentionShape> shapes) {
    gpu.enter();
    CudaKvPool pages = (CudaKvPool) pool;
    List<Division> divisions =
        shapes.stream().map(shape -> divide(batch, shape, pages.pageSize())).toList();
    boolean recorded =
        batch.rows() <= MOST_RECORDED && divisions.stream().allMatch(d -> d.plan().isDecode());
    int rows = recorded ? bucket(batch.rows()) : batch.rows();
    return new CudaPass(batch, pages, divisions, rows, recorded);
  }

  private Division divide(Batch batch, AttentionShape shape, int pageSize) {
    BatchPlan plan = new BatchPlan(batch, shape, pageSize, gpu.multiprocessors());
    if (attention(shape, pageSize).prepare(plan.partVectors(), batch.rows() * shape.kvHeads())) {
      forgetRecordings();
    }
    Uploads uploads = batches.computeIfAbsent(shape, _ -> new Uploads(gpu, BATCH_BYTES));
    return new Division(shape, plan, uploads.upload(plan.integers()));
  }

  /// Powers of two up to 8, then multiples of 8.
  private static int bucket(int rows) {
    return rows <= 8 ? 1 << 32 - Integer.numberOfLeadingZeros(rows - 1) : (rows + 7) / 8 * 8;
  }

  private Attention attention(AttentionShape shape, int pageSize) {
    return attentions.computeIfAbsent(
        shape.headDim(), dim -> new Attention(gpu, cubins, type.orElseThrow(), dim, pageSize));
  }

  /// The first batch of so many rows runs as it is asked for, which also gets everything ready; the
  /// second is recorded, and from then on the recording is replayed.
  @Override
  public void run(Pass pass, Runnable layers) {
    ran.ifPresent(clock::drop); // nobody asked for tokens
    ran = Optional.of(clock.time("layers", () -> play((CudaPass) pass, layers)));
  }

  private void play(CudaPass own, Runnable layers) {
    List<Integer> variants =
        own.divisions().stream()
            .map(d -> attention(d.shape(), own.pool().pageSize()).variant(d.plan()))
            .toList();
    RecordingKey key = new RecordingKey(own.rows(), variants);
    if (!own.isRecorded() || seen.add(key)) {
      layers.run();
      return;
    }
    Recording known = recordings.get(key);
    List<Gpu.Memory> integers = own.divisions().stream().map(Division::integers).toList();
    if (known != null && !(known.integers().equals(integers) && known.pool() == own.pool())) {
      forgetRecordings();
      known = null;
    }
    if (known == null) {
      known = new Recording(gpu.record(layers), integers, own.pool());
      recordings.put(key, known);
    }
    gpu.replay(known.graph());
  }

  private void forgetRecordings() {
    recordings.values().forEach(recording -> gpu.forget(recording.graph()));
    recordings.clear();
  }

  @Override
  public void embed(Pass pass, Matrix table, Activations x) {
    CudaMatrix matrix = (CudaMatrix) table;
    gpu.launch(
        kernel("embed"),
        ((CudaPass) pass).rows(),
        1,
        THREADS,
        integers(pass),
        picker.picked(),
        matrix.memory(),
        memory(x),
        matrix.columns());
  }

  private static Gpu.Memory integers(Pass pass) {
    return ((CudaPass) pass).integers();
  }

  private static Gpu.Memory memory(Activations activations) {
    return ((CudaActivations) activations).memory();
  }

  private static Gpu.Memory memory(Vector vector) {
    return ((CudaVector) vector).memory();
  }

  @Override
  public void project(
      Pass pass, Activations x, Norm norm, Matrix weight, Optional<Vector> bias, Activations out) {
    int rows = ((CudaPass) pass).rows();
    if (bias.isEmpty()
        && normedProduct("project", x, norm, (CudaMatrix) weight, out, rows, weight.rows())) {
      return;
    }
    Gpu.Memory input = norm(x, norm, rows);
    multiply(input, (CudaMatrix) weight, memory(out), rows, Result.WRITTEN);
    bias.ifPresent(
        b ->
            gpu.launch(kernel("addBias"), rows, 1, THREADS, memory(out), memory(b), weight.rows()));
  }

  /// A norm and a product of few rows at once.
  ///
  /// @param outputs of the kernel
  /// @return whether there is a kernel for so many rows and columns
  private boolean normedProduct(
      String kind,
      Activations x,
      Norm norm,
      CudaMatrix weight,
      Activations out,
      int rows,
      int outputs) {
    int shared = rows * weight.columns() * BYTES;
    if (!isFew(rows) || weight.columns() % 8 != 0 || shared > MOST_SHARED) {
      return false;
    }
    gpu.launchShared(
        kernel(kind + rows),
        shared,
        Math.min(
            (outputs + NORMED_THREADS / 32 - 1) / (NORMED_THREADS / 32),
            gpu.multiprocessors() * NORMED_BLOCKS),
        1,
        NORMED_THREADS,
        memory(x),
        memory(norm.weights()),
        norm.epsilon(),
        weight.memory(),
        memory(out),
        weight.columns(),
        outputs);
    return true;
  }

  /// Whether there are kernels of our own for products of so many rows.
  private static boolean isFew(int rows) {
    return rows <= FEW_ROWS && Integer.bitCount(rows) == 1;
  }

  private Gpu.Memory norm(Activations x, Norm norm, int rows) {
    CudaActivations all = (CudaActivations) x;
    normed = room(normed, (long) all.rows() * all.columns() * BYTES);
    Gpu.Memory out = normed.orElseThrow().memory();
    gpu.launch(
        kernel("rmsNorm"),
        rows,
        1,
        THREADS,
        all.memory(),
        memory(norm.weights()),
        norm.epsilon(),
        out,
        all.columns());
    return out;
  }

  private Optional<Scratch> room(Optional<Scratch> scratch, long bytes) {
    if (scratch.isPresent() && scratch.get().memory().bytes() >= bytes) {
      return scratch;
    }
    scratch.ifPresent(
        old -> {
          gpu.await();
          gpu.free(old.memory());
        });
    return Optional.of(new Scratch(zeros(bytes)));
  }

  private void multiply(Gpu.Memory x, CudaMatrix weight, Gpu.Memory out, int rows, Result result) {
    if (isFew(rows) && weight.columns() % 8 == 0) {
      String kind =
          switch (result) {
            case WRITTEN -> "write";
            case ADDED -> "add";
            case WRITTEN_SINGLE -> "logits";
          };
      gpu.launch(
          kernel(kind + rows),
          (weight.rows() + WARPS - 1) / WARPS,
          1,
          THREADS,
          x,
          weight.memory(),
          out,
          weight.columns(),
          weight.rows());
      return;
    }
    cublas.multiply(
        x.address(),
        weight.memory().address(),
        out.address(),
        rows,
        weight.columns(),
        weight.rows(),
        type.orElseThrow() == DType.BF16,
        result,
        workspace.address());
  }

  @Override
  public void attention(Pass pass, AttentionLayer layer, Activations heads, Activations out) {
    CudaPass own = (CudaPass) pass;
    CudaKvPool pool = own.pool();
    Division division = own.division(layer.shape());
    Optional<Norm> queries = layer.queryNorm();
    Attention.Operands operands =
        new Attention.Operands(
            memory(heads),
            memory(out),
            pool.keys(layer.cell()),
            pool.values(layer.cell()),
            new Attention.Turning(
                frequencies.computeIfAbsent(
                    layer.rotary(), rotary -> loader.load(rotary.frequencies())),
                layer.rotary().stretch(),
                queries.map(n -> memory(n.weights()).address()).orElse(0L),
                layer.keyNorm().map(n -> memory(n.weights()).address()).orElse(0L),
                queries.map(Norm::epsilon).orElse(0f)));
    if (!Attention.places(division.plan())) {
      place(own, layer.shape(), operands);
    }
    attention(layer.shape(), pool.pageSize()).run(own, division, layer.shape(), operands);
  }

  private void place(CudaPass pass, AttentionShape shape, Attention.Operands operands) {
    Attention.Turning turning = operands.turning();
    gpu.launch(
        kernel("place"),
        pass.rows(),
        (shape.heads() + 2 * shape.kvHeads() + WARPS - 1) / WARPS,
        THREADS,
        pass.integers(),
        operands.heads(),
        operands.keys(),
        operands.values(),
        shape.heads(),
        shape.kvHeads(),
        shape.headDim(),
        pass.pool().pageSize(),
        turning.frequencies(),
        turning.stretch(),
        turning.queryNorm(),
        turning.keyNorm(),
        turning.epsilon());
  }

  @Override
  public void addProjection(
      Pass pass, Activations in, Matrix weight, Optional<Vector> bias, Activations x) {
    int rows = ((CudaPass) pass).rows();
    multiply(memory(in), (CudaMatrix) weight, memory(x), rows, Result.ADDED);
    bias.ifPresent(
        b ->
            gpu.launch(
                kernel("addBiasToSum"), rows, 1, THREADS, memory(x), memory(b), weight.rows()));
  }

  @Override
  public void gated(
      Pass pass, Activations x, Norm norm, Matrix weight, Optional<Vector> bias, Activations out) {
    int rows = ((CudaPass) pass).rows();
    if (bias.isEmpty()
        && normedProduct("gated", x, norm, (CudaMatrix) weight, out, rows, weight.rows() / 2)) {
      return;
    }
    inner = room(inner, (long) ((CudaActivations) out).rows() * weight.rows() * BYTES);
    CudaActivations gateUp =
        new CudaActivations(inner.orElseThrow().memory(), rows, weight.rows(), BYTES);
    project(pass, x, norm, weight, bias, gateUp);
    int columns = weight.rows() / 2;
    gpu.launch(
        kernel("gate"),
        rows,
        (columns / 2 + THREADS - 1) / THREADS,
        THREADS,
        gateUp.memory(),
        memory(out),
        columns);
  }

  @Override
  public Logits logits(Pass pass, Activations x, Norm norm, Matrix head) {
    return new Logits() {
      @Override
      public float[] state(int row) {
        return numbers(normedRows(pass, x, norm, row, 1), ((CudaActivations) x).columns());
      }

      @Override
      public Picks pick(List<Draw> draws) {
        Optional<Clock.Stint> layers = ran;
        ran = Optional.empty();
        return picker.pick(
            draws,
            head.rows(),
            layers,
            (first, rows, logits) ->
                multiply(
                    normedRows(pass, x, norm, first, rows),
                    (CudaMatrix) head,
                    logits,
                    rows,
                    Result.WRITTEN_SINGLE));
      }
    };
  }

  /// Some of the sampled rows, normed.
  private Gpu.Memory normedRows(Pass pass, Activations x, Norm norm, int first, int rows) {
    CudaActivations all = (CudaActivations) x;
    normed = room(normed, (long) all.rows() * all.columns() * BYTES);
    Gpu.Memory out = normed.orElseThrow().memory();
    gpu.launch(
        kernel("rmsNormSampled"),
        rows,
        1,
        THREADS,
        integers(pass),
        all.memory(),
        memory(norm.weights()),
        norm.epsilon(),
        out,
        all.columns(),
        first);
    return out;
  }

  /// Waits for a row of numbers and widens them.
  private float[] numbers(Gpu.Memory row, int columns) {
    gpu.enter();
    Gpu.Pinned host = gpu.pin((long) columns * BYTES);
    gpu.download(row, host, (long) columns * BYTES);
    gpu.await();
    float[] numbers = new float[columns];
    for (int i = 0; i < columns; i++) {
      short bits = host.buffer().getShort(i * BYTES);
      numbers[i] =
          type.orElseThrow() == DType.BF16
              ? Float.intBitsToFloat(bits << 16)
              : Float.float16ToFloat(bits);
    }
    gpu.unpin(host);
    return numbers;
  }

  @Override
  public void close() {
    gpu.enter();
    cublas.close();
    gpu.close();
  }
}
