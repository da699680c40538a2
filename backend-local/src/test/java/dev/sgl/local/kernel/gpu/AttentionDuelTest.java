package dev.sgl.local.kernel.gpu;

import static dev.sgl.local.kernel.gpu.OperationsDuelTest.norm;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.part;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.poison;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.read;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.rounded;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.same;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.tolerance;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.weight;
import static dev.sgl.local.kernel.gpu.OperationsDuelTest.write;
import static dev.sgl.local.kernel.host.TestTensors.poisoned;
import static dev.sgl.local.kernel.host.TestTensors.random;

import dev.sgl.local.kernel.AttentionShape;
import dev.sgl.local.kernel.AttentionShape.Scoring;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Device.AttentionLayer;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.Pass;
import dev.sgl.local.kernel.Rotary;
import dev.sgl.local.kernel.cuda.CudaDriver;
import dev.sgl.local.kernel.cuda.Gpus;
import dev.sgl.local.kernel.gpu.GpuDevice.GpuActivations;
import dev.sgl.local.kernel.host.Fp8KvCache;
import dev.sgl.local.kernel.host.HostKvPool;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.kernel.host.Tensor;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Weight;
import dev.sgl.testing.Property;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Attention on the GPU against its plain twin, on random shapes and batches. Outputs are poisoned
/// first.
class AttentionDuelTest {
  private static final Kernels PLAIN = new PlainKernels();
  private static final int PAGE = 16;
  private static final int PAGES = Sequences.PAGES;

  @BeforeAll
  static void requireGpu() {
    Gpus.assume();
  }

  /// Prompts, chunks, single tokens, rows of one sequence together, beginnings in common, windows,
  /// norms of heads, long ranges that are divided.
  @ParameterizedTest
  @CsvSource({
    "BF16, 128, AUTO",
    "F16, 128, AUTO",
    "F16, 64, AUTO",
    "F16, 16, AUTO",
    "BF16, 80, AUTO",
    "BF16, 128, FP8",
    "F16, 80, FP8",
    "F16, 64, FP8",
    "F16, 16, FP8",
    "BF16, 256, FP8",
    "BF16, 512, AUTO",
    "F16, 384, FP8"
  })
  void attention(DType type, int dim, KvCacheType kept) {
    try (AttentionDuel duel = new AttentionDuel(type, dim, kept)) {
      Property.forAll(
          40,
          (random, size) -> {
            int kvHeads = 1 + random.nextInt(3);
            int heads = kvHeads * (1 + random.nextInt(random.nextBoolean() ? 4 : 9));
            int window = random.nextInt(3) > 0 ? AttentionShape.ALL : 1 + random.nextInt(200);
            Scoring scoring = random.nextInt(4) > 0 ? Scoring.usual(dim) : new Scoring(0.2f, 5);
            AttentionShape shape = new AttentionShape(heads, kvHeads, dim, window, scoring);
            Sequences sequences = new Sequences(random, true);
            duel.run(
                random, shape, PAGE, PAGES, IntStream.range(0, 8).mapToObj(_ -> sequences.next()));
          });
    }
  }

  /// Whole texts, whose rows see all of them.
  @ParameterizedTest
  @CsvSource({"F16, 64, 16", "BF16, 32, 8", "F16, 128, 16"})
  void seeingAhead(DType type, int dim, int pageSize) {
    try (AttentionDuel duel = new AttentionDuel(type, dim, KvCacheType.AUTO)) {
      Property.forAll(
          10,
          (random, _) -> {
            int kvHeads = 1 + random.nextInt(3);
            AttentionShape heads =
                new AttentionShape(
                    kvHeads * (1 + random.nextInt(3)), kvHeads, dim, AttentionShape.ALL);
            int texts = 1 + random.nextInt(12);
            int most = random.nextBoolean() ? 17 : 300;
            int pages = 320 / pageSize;
            Stream<Batch> batches =
                IntStream.range(0, 4)
                    .mapToObj(
                        _ ->
                            batch(
                                pageSize,
                                pages,
                                new int[texts],
                                random.ints(texts, 1, most).toArray()));
            duel.run(random, heads.seeingAhead(), pageSize, texts * pages, batches);
          });
    }
  }

  /// More items than there are multiprocessors, of different lengths, so that each block attends
  /// several; whole ones and parts; pages of other sizes.
  @ParameterizedTest
  @CsvSource({
    "BF16, 64, AUTO, 16",
    "BF16, 128, AUTO, 8",
    "F16, 64, AUTO, 64",
    "BF16, 64, AUTO, 24",
    "BF16, 64, FP8, 16",
    "BF16, 128, FP8, 32"
  })
  void manyItems(DType type, int dim, KvCacheType kept, int pageSize) {
    try (AttentionDuel duel = new AttentionDuel(type, dim, kept)) {
      Property.forAll(
          2,
          (random, size) -> {
            int window = size == 1 ? AttentionShape.ALL : 150;
            Scoring scoring = size == 1 ? Scoring.usual(dim) : new Scoring(0.2f, 5);
            AttentionShape shape = new AttentionShape(48, 6, dim, window, scoring);
            int pages = 2048 / pageSize;
            Batch prompts = batch(pageSize, pages, new int[] {0, 0, 0}, new int[] {700, 1, 333});
            Batch behind = batch(pageSize, pages, new int[] {700, 1, 333}, new int[] {40, 1, 200});
            duel.run(random, shape, pageSize, 3 * pages, Stream.of(prompts, behind));
          });
    }
  }

  /// More items of few rows than there are multiprocessors, by themselves and beside a prompt.
  @ParameterizedTest
  @CsvSource({
    "BF16, 128, AUTO, 16",
    "F16, 64, AUTO, 8",
    "BF16, 128, FP8, 64",
    "F16, 128, FP8, 16",
    "BF16, 80, AUTO, 16"
  })
  void manySequences(DType type, int dim, KvCacheType kept, int pageSize) {
    try (AttentionDuel duel = new AttentionDuel(type, dim, kept)) {
      Property.forAll(
          2,
          (random, size) -> {
            int group = 1 + random.nextInt(4);
            int window = size == 1 ? AttentionShape.ALL : 70;
            // kernels are compiled for each, which takes long
            Scoring scoring = type == DType.BF16 ? Scoring.usual(dim) : new Scoring(0.2f, 5);
            AttentionShape shape = new AttentionShape(6 * group, 6, dim, window, scoring);
            int sequences = 30;
            int[] lengths = random.ints(sequences, 1, 450).toArray();
            int[] few = random.ints(sequences, 1, 1 + 16 / group).toArray();
            int[] then = plus(lengths, few);
            int[] ones = IntStream.generate(() -> 1).limit(sequences).toArray();
            int[] oneOfMany = ones.clone();
            oneOfMany[random.nextInt(sequences)] = 100;
            int pages = 640 / pageSize;
            duel.run(
                random,
                shape,
                pageSize,
                sequences * pages,
                Optional.of(batch(pageSize, pages, new int[sequences], lengths)),
                Stream.of(
                    batch(pageSize, pages, lengths, few),
                    batch(pageSize, pages, then, ones),
                    batch(pageSize, pages, plus(then, ones), oneOfMany)));
          });
    }
  }

  /// Few sequences, short and long, so that each multiprocessor has one item at most.
  @ParameterizedTest
  @CsvSource({"BF16, 64", "BF16, 96", "F16, 128"})
  void fewSequences(DType type, int dim) {
    try (AttentionDuel duel = new AttentionDuel(type, dim, KvCacheType.AUTO)) {
      Property.forAll(
          6,
          (random, size) -> {
            int group = 1 + random.nextInt(8);
            int window = size % 2 == 1 ? AttentionShape.ALL : 1 + random.nextInt(700);
            Scoring scoring = type == DType.BF16 ? Scoring.usual(dim) : new Scoring(0.2f, 5);
            AttentionShape shape = new AttentionShape(2 * group, 2, dim, window, scoring);
            int sequences = 1 + random.nextInt(4);
            int pages = 2560 / PAGE;
            int[] lengths = random.ints(sequences, 1, random.nextBoolean() ? 400 : 2500).toArray();
            int[] few = random.ints(sequences, 1, 1 + 8 / group).toArray();
            int[] ones = IntStream.generate(() -> 1).limit(sequences).toArray();
            duel.run(
                random,
                shape,
                PAGE,
                sequences * pages,
                Optional.of(batch(PAGE, pages, new int[sequences], lengths)),
                Stream.of(
                    batch(PAGE, pages, lengths, few),
                    batch(PAGE, pages, plus(lengths, few), ones)));
          });
    }
  }

  /// Items that are longer than there is room for on the way, and several of them for each block.
  @ParameterizedTest
  @CsvSource({"BF16, 64, AUTO", "BF16, 128, FP8"})
  void longSequences(DType type, int dim, KvCacheType kept) {
    try (AttentionDuel duel = new AttentionDuel(type, dim, kept)) {
      Property.forAll(
          2,
          (random, size) -> {
            int window = size == 1 ? AttentionShape.ALL : 700;
            AttentionShape shape = new AttentionShape(8, 8, dim, window, Scoring.usual(dim));
            int sequences = 40;
            int pages = 2560 / PAGE;
            int[] lengths = random.ints(sequences, 1, 2500).toArray();
            int[] ones = IntStream.generate(() -> 1).limit(sequences).toArray();
            duel.run(
                random,
                shape,
                PAGE,
                sequences * pages,
                Optional.of(batch(PAGE, pages, new int[sequences], lengths)),
                Stream.of(
                    batch(PAGE, pages, lengths, ones),
                    batch(PAGE, pages, plus(lengths, ones), ones)));
          });
    }
  }

  private static int[] plus(int[] a, int[] b) {
    return IntStream.range(0, a.length).map(i -> a[i] + b[i]).toArray();
  }

  /// Rows of sequences.
  ///
  /// @param pages of each sequence
  /// @param first positions of their first rows
  /// @param counts of their rows
  private static Batch batch(int pageSize, int pages, int[] first, int[] counts) {
    List<Integer> positions = new ArrayList<>();
    List<int[]> tables = new ArrayList<>();
    for (int s = 0; s < first.length; s++) {
      int own = s;
      int[] table = IntStream.range(0, pages).map(i -> i * first.length + own).toArray();
      for (int i = 0; i < counts[s]; i++) {
        positions.add(first[s] + i);
        tables.add(table);
      }
    }
    return new Batch(
        new int[positions.size()],
        positions.stream().mapToInt(i -> i).toArray(),
        tables.toArray(int[][]::new),
        new int[0]);
  }

  /// Attention of batches on the GPU and by the plain kernels.
  private static final class AttentionDuel implements AutoCloseable {
    private final DType type;
    private final Kernels plain;
    private final double tolerance;
    private final float normed; // the factor of the weights of norms
    private final Rotary rotary;
    private final Rotary growing;
    private final GpuDevice device;

    AttentionDuel(DType type, int dim, KvCacheType kept) {
      this.type = type;
      plain = kept == KvCacheType.FP8 ? Fp8KvCache.over(PLAIN) : PLAIN;
      // of two numbers as near, both may choose a different one; codes of 8 bits are far apart, and
      // those of large keys would change a score much
      tolerance = 2 * (kept == KvCacheType.FP8 ? tolerance(DType.BF16) : tolerance(type));
      normed = kept == KvCacheType.FP8 ? 0.5f : 1;
      float[] frequencies = new float[dim / 2];
      for (int i = 0; i < frequencies.length * 3 / 4; i++) {
        frequencies[i] = (float) Math.pow(10_000, -2.0 * i / dim);
      }
      rotary = new Rotary(frequencies, 1.1f);
      growing = new Rotary(frequencies, 1.1f, Optional.of(new Rotary.Growth(0.1f, 20)));
      device = CudaDriver.device(GpuDevice.Options.DEFAULT.withFormat(type).withKept(kept));
      device.load(List.of(weight(new SplittableRandom(1), type, 1, 8))); // says the format
    }

    void run(
        SplittableRandom random,
        AttentionShape shape,
        int pageSize,
        int pages,
        Stream<Batch> batches) {
      run(random, shape, pageSize, pages, Optional.empty(), batches);
    }

    /// @param before a batch that fills the pages, in which rows see only themselves: the plain
    ///     kernels would take long for more
    void run(
        SplittableRandom random,
        AttentionShape shape,
        int pageSize,
        int pages,
        Optional<Batch> before,
        Stream<Batch> batches) {
      int dim = shape.headDim();
      boolean ofAll = shape.heads() > 1 && random.nextBoolean();
      Optional<Weight> queryNorm =
          random.nextBoolean()
              ? Optional.of(
                  weight(random, DType.F32, 1, ofAll ? shape.heads() * dim : dim).times(normed))
              : Optional.empty();
      Optional<Weight> keyNorm =
          queryNorm.map(
              _ -> weight(random, DType.F32, 1, ofAll ? shape.width() : dim).times(normed));
      Optional<Weight> valueNorm =
          random.nextInt(3) == 0
              ? Optional.of(weight(random, DType.F32, 1, dim))
              : Optional.empty();
      Norms norms = new Norms(queryNorm, keyNorm, valueNorm);
      Rotary turned = queryNorm.isEmpty() || ofAll ? growing : rotary;
      AttentionLayer layer =
          new AttentionLayer(
              1,
              shape,
              turned,
              queryNorm.map(w -> norm(device, w)),
              keyNorm.map(w -> norm(device, w)),
              valueNorm.map(w -> norm(device, w)),
              false);
      AttentionLayer filled =
          new AttentionLayer(
              1, shape, turned, layer.queryNorm(), Optional.empty(), Optional.empty(), true);
      Kept cells = Kept.of(new Cell(1, 16)).plus(Kept.of(shape.cell()));
      GpuKvPool pool = (GpuKvPool) device.pool(cells, pages, pageSize, 0);
      HostKvPool plainPool = new HostKvPool(cells, pages, pageSize, 0);
      IntStream.range(0, pages).forEach(plainPool::prepare);
      AttentionLayer narrow =
          new AttentionLayer(
              1,
              shape.within(1),
              turned,
              layer.queryNorm(),
              layer.keyNorm(),
              layer.valueNorm(),
              false);
      Stream.concat(before.stream(), batches)
          .forEach(
              batch -> {
                AttentionLayer own = before.filter(b -> b == batch).isPresent() ? narrow : layer;
                Tensor given = rounded(random(random, batch.rows(), width(shape)), type);
                Tensor wanted = plain(own, batch, given, norms, plainPool);
                String what = "%s, %s".formatted(own.shape(), Arrays.toString(batch.positions()));
                same(wanted, onDevice(own, batch, given, pool), tolerance, what);
                if (own == layer && random.nextInt(4) == 0) {
                  Tensor queries = part(given, 0, shape.heads() * dim);
                  same(
                      ofQueries(filled, batch, queries, norms, plainPool),
                      onDevice(filled, batch, queries, pool),
                      tolerance,
                      "the same keys: " + what);
                }
              });
      device.gpu().free(pool.memory());
    }

    private static int width(AttentionShape shape) {
      return (shape.heads() + 2 * shape.kvHeads()) * shape.headDim();
    }

    /// The weights of the norms of heads.
    private record Norms(Optional<Weight> query, Optional<Weight> key, Optional<Weight> value) {}

    private float[] onDevice(AttentionLayer layer, Batch batch, Tensor given, GpuKvPool pool) {
      int rows = batch.rows();
      AttentionShape shape = layer.shape();
      GpuActivations in = (GpuActivations) device.activations(rows, given.columns());
      GpuActivations out =
          (GpuActivations) device.activations(rows, shape.heads() * shape.headDim());
      write(device, in, type, given);
      poison(device, out);
      Pass pass = device.begin(batch, pool, Set.of(shape.withoutWindow()));
      device.attention(pass, layer, in, out);
      float[] found = read(device, out, type, rows);
      device.gpu().free(in.memory());
      device.gpu().free(out.memory());
      return found;
    }

    private Tensor plain(
        AttentionLayer layer, Batch batch, Tensor given, Norms norms, HostKvPool pool) {
      AttentionShape shape = layer.shape();
      int dim = shape.headDim();
      int width = shape.heads() * dim;
      Tensor keys = part(given, width, shape.width());
      Tensor values = part(given, width + shape.width(), shape.width());
      norms.key().ifPresent(w -> normHeads(w, keys, w.numbers() > dim));
      norms.value().ifPresent(w -> normHeads(w, values, false));
      Tensor angles = PLAIN.angles(batch.positions(), layer.rotary(), false);
      PLAIN.rope(keys, dim, angles, batch.rows());
      plain.store(keys, values, pool, 1, batch);
      return ofQueries(layer, batch, part(given, 0, width), norms, pool);
    }

    /// The attention of queries, whose keys and values lie in the pages.
    private Tensor ofQueries(
        AttentionLayer layer, Batch batch, Tensor given, Norms norms, HostKvPool pool) {
      int dim = layer.shape().headDim();
      Tensor queries = part(given, 0, given.columns());
      norms.query().ifPresent(w -> normHeads(w, queries, w.numbers() > dim));
      Tensor angles = PLAIN.angles(batch.positions(), layer.rotary(), true);
      PLAIN.rope(queries, dim, angles, batch.rows());
      Tensor out = poisoned(batch.rows(), given.columns());
      PLAIN.attention(queries, pool, 1, batch, layer.shape(), out);
      return out;
    }

    /// Norms of all heads are an operation of their own on the GPU, which rounds its results.
    private void normHeads(Weight weight, Tensor heads, boolean ofAll) {
      PLAIN.rmsNorm(heads, weight.floats(), 1e-5f, heads, heads.rows());
      if (ofAll) {
        rounded(heads, type);
      }
    }

    @Override
    public void close() {
      device.close();
    }
  }
}
