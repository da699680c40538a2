package dev.sgl.local.kernel.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Device;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.gpu.GpuDevice;
import dev.sgl.local.kernel.host.Fp8KvCache;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.kernel.host.Kernels;
import dev.sgl.local.kernel.host.PlainKernels;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.RecordedModels;
import dev.sgl.local.model.TinyDecoder;
import dev.sgl.local.model.Transformer;
import dev.sgl.local.quantized.QuantizedModels;
import dev.sgl.local.weights.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole models on the GPU against the same on the processor.
class CudaModelTest {
  private static final int ROWS = 512;
  private static final int PAGE = 16;
  private static final int PAGES_EACH = 24;
  private static final double TOLERANCE = 2e-2;

  /// With bf16 the roundings of the activations are eight times as large, and so is what comes of
  /// them.
  private static final double COARSE_TOLERANCE = 16 * TOLERANCE;

  /// With activations in e4m3, which have three bits behind the first.
  private static final double NARROW_TOLERANCE = 32 * TOLERANCE;

  private static final GpuDevice.Options PRECISE =
      new GpuDevice.Options(0, 0.2, Optional.of(DType.F16), KvCacheType.AUTO);

  /// Below this log-probability tokens hardly ever come.
  private static final double LIKELY = -6;

  @BeforeAll
  static void requireGpu() {
    Gpus.assume();
  }

  /// The recorded models that run on a GPU, and the demo.
  static List<String> models() throws IOException {
    return Stream.concat(RecordedModels.namesOnGpu().stream(), Stream.of("demo")).toList();
  }

  /// A prompt for each sequence, in batches of all sorts: whole, in chunks, together with the first
  /// tokens of others.
  @ParameterizedTest
  @MethodSource("models")
  void logprobsAreThoseOfTheProcessor(String name) {
    compare(name, PRECISE, TOLERANCE);
  }

  /// Plain numbers in another order, and blocks, both widened on the way. The plain kernels compute
  /// with the numbers of the blocks themselves.
  @ParameterizedTest
  @ValueSource(strings = {"llama.f32.gguf", "qwen3.q8_0.gguf"})
  void weightsOfGgufFilesAreThoseOfTheProcessor(String name) {
    compare(folder(name), new PlainKernels(), PRECISE, TOLERANCE);
  }

  /// The formats of quantized folders: as codes, or widened on the way.
  @ParameterizedTest
  @ValueSource(strings = {"fp8", "gptq", "awq", "packed", "mixed", "floats", "mxfp4"})
  void weightsOfQuantizedFoldersAreThoseOfTheProcessor(String name, @TempDir Path folder)
      throws IOException {
    QuantizedModels.write(name, folder);
    compare(folder, new PlainKernels(), PRECISE, TOLERANCE);
  }

  /// Where weights are floating-point numbers of 8 bits with a scale for each row, activations of
  /// many rows are, too, if they were in bf16.
  @Test
  void activationsOf8BitsAreNear(@TempDir Path folder) throws IOException {
    QuantizedModels.write("floats", folder);
    compare(folder, new PlainKernels(), PRECISE.withFormat(DType.BF16), NARROW_TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("models")
  void withFewerBitsTheyAreNear(String name) {
    compare(name, PRECISE.withFormat(DType.BF16), COARSE_TOLERANCE);
  }

  /// Keys and values in e4m3 on both devices. Of two codes as near, they may choose different ones.
  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3-yarn", "mistral", "lfm2"})
  void keysAndValuesOf8BitsAreThoseOfTheProcessor(String name) {
    Kernels kernels = Fp8KvCache.over(new VectorKernels(4));
    GpuDevice.Options options = PRECISE.withKept(KvCacheType.FP8);
    compare(folder(name), kernels, options, NARROW_TOLERANCE);
  }

  /// Layers with heads of different sizes, numbers, windows and rotaries.
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void layersOfDifferentShapesAgree(DType type) {
    try (Device host = new HostDevice(new VectorKernels(4));
        Device gpu = CudaDriver.device(PRECISE.withFormat(type))) {
      Decoder decoder = TinyDecoder.DECODER;
      Transformer plain = new Transformer(decoder, new TinyDecoder(), host, ROWS, _ -> {});
      Transformer fast = new Transformer(decoder, new TinyDecoder(), gpu, ROWS, _ -> {});
      compare(
          "mixed layers in " + type, plain, fast, type == DType.F16 ? TOLERANCE : COARSE_TOLERANCE);
    }
  }

  private static void compare(String name, GpuDevice.Options options, double tolerance) {
    compare(folder(name), new VectorKernels(4), options, tolerance);
  }

  private static void compare(
      Path folder, Kernels kernels, GpuDevice.Options options, double tolerance) {
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        Device host = new HostDevice(kernels);
        Device gpu = CudaDriver.device(options)) {
      Transformer plain = Families.open(checkpoint, host, ROWS);
      Transformer fast = Families.open(checkpoint, gpu, ROWS);
      String what = folder.getFileName() + " in " + options.format().orElseThrow();
      compare(what, plain, fast, tolerance);
    }
  }

  private static void compare(String what, Transformer plain, Transformer fast, double tolerance) {
    SplittableRandom random = new SplittableRandom(7);
    int[] vocabulary = IntStream.range(0, plain.vocabulary()).toArray();
    int sequences = 5;
    KvPool plainPool = pool(plain, sequences);
    KvPool fastPool = pool(fast, sequences);
    int[][] tables = tables(sequences, random);
    int[] done = new int[sequences];
    double worst = 0;
    for (int step = 0; step < 12; step++) {
      Batch batch = batch(random, tables, done, plain.vocabulary());
      List<Draw> draws = Collections.nCopies(batch.sampled().length, Draw.score(vocabulary));
      List<Picked> expected = plain.forward(batch, plainPool).pick(draws).await();
      List<Picked> found = fast.forward(batch, fastPool).pick(draws).await();
      worst = Math.max(worst, worst(expected, found, what + " step " + step));
    }
    System.out.printf("%s: log-probabilities differ by at most %.4f%n", what, worst);
    assertTrue(worst < tolerance, what + ": " + worst);
  }

  /// What embeddings are made of.
  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "lfm2"})
  void statesAreThoseOfTheProcessor(String name) {
    try (Checkpoint checkpoint = Checkpoint.open(folder(name));
        Device host = new HostDevice(new VectorKernels(4));
        Device gpu = CudaDriver.device(PRECISE)) {
      float[][] wanted = states(Families.open(checkpoint, host, ROWS));
      float[][] found = states(Families.open(checkpoint, gpu, ROWS));
      for (int i = 0; i < wanted.length; i++) {
        assertArrayEquals(wanted[i], found[i], (float) TOLERANCE, name + " " + i);
      }
    }
  }

  private static float[][] states(Transformer model) {
    int[] tokens = IntStream.range(0, 40).map(i -> 2 + i * 13 % 300).toArray();
    int[][] tables = new int[tokens.length][];
    Arrays.fill(tables, IntStream.range(0, PAGES_EACH).toArray());
    int[] positions = IntStream.range(0, tokens.length).toArray();
    Logits logits =
        model.forward(new Batch(tokens, positions, tables, new int[] {0, 17, 39}), pool(model, 1));
    float[][] states = {logits.state(0), logits.state(1), logits.state(2)};
    logits.pick(Collections.nCopies(3, Draw.STATE)).await();
    return states;
  }

  /// Branches that have the pages of a prefix in common say together what each says alone.
  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "mistral", "demo"})
  void aSharedPrefixIsReadOnceForAllWithTheSameResult(String name) {
    SplittableRandom random = new SplittableRandom(9);
    try (Checkpoint checkpoint = Checkpoint.open(folder(name));
        Device gpu = CudaDriver.device(PRECISE)) {
      Transformer model = Families.open(checkpoint, gpu, ROWS);
      int[] vocabulary = IntStream.range(0, model.vocabulary()).toArray();
      int branches = 40;
      KvPool pool = pool(model, branches);
      int[][] tables = tables(branches, random);
      for (int b = 1; b < branches; b++) {
        System.arraycopy(tables[0], 0, tables[b], 0, 18);
      }
      int[] prefix = random.ints(18 * PAGE, 0, model.vocabulary()).toArray();
      int[][] prefixTables = new int[prefix.length][];
      Arrays.fill(prefixTables, tables[0]);
      int[] positions = IntStream.range(0, prefix.length).toArray();
      List<Draw> one = List.of(Draw.score(vocabulary));
      model
          .forward(new Batch(prefix, positions, prefixTables, new int[] {prefix.length - 1}), pool)
          .pick(one)
          .await();
      double worst = 0;
      for (int step = 0; step < 6; step++) { // some of them recorded
        int[] at = new int[branches];
        Arrays.fill(at, prefix.length + step);
        int[] tokens = random.ints(branches, 0, model.vocabulary()).toArray();
        List<Picked> alone = new ArrayList<>();
        for (int b = 0; b < branches; b++) {
          Batch single =
              new Batch(
                  new int[] {tokens[b]}, new int[] {at[b]}, new int[][] {tables[b]}, new int[] {0});
          alone.addAll(model.forward(single, pool).pick(one).await());
        }
        int[] rows = IntStream.range(0, branches).toArray();
        List<Draw> draws = Collections.nCopies(branches, Draw.score(vocabulary));
        List<Picked> together =
            model.forward(new Batch(tokens, at, tables, rows), pool).pick(draws).await();
        worst = Math.max(worst, worst(alone, together, name + " step " + step));
      }
      System.out.printf("%s, shared: log-probabilities differ by at most %.4f%n", name, worst);
      // two results of the GPU, each of which may differ from the processor's by the tolerance
      assertTrue(worst < 2 * TOLERANCE, name + ": " + worst);
    }
  }

  /// Recorded layers know where activations of 8 bits lie, also after a larger batch.
  @Test
  void recordedLayersKnowTheirRoom(@TempDir Path folder) throws IOException {
    QuantizedModels.write("fp8", folder);
    SplittableRandom random = new SplittableRandom(11);
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        Device gpu = CudaDriver.device(PRECISE.withFormat(DType.BF16))) {
      Transformer model = Families.open(checkpoint, gpu, ROWS);
      int sequences = 72;
      KvPool pool = pool(model, sequences);
      int[][] tables = tables(sequences, random);
      int[] tokens = random.ints(sequences, 0, model.vocabulary()).toArray();
      int[] rows = IntStream.range(0, sequences).toArray();
      Batch some = new Batch(tokens, new int[sequences], tables, rows);
      int[][] one = new int[300][];
      Arrays.fill(one, tables[0]);
      int[] prompt = random.ints(one.length, 0, model.vocabulary()).toArray();
      int[] positions = IntStream.range(0, one.length).toArray();
      Batch more = new Batch(prompt, positions, one, new int[] {one.length - 1});
      List<Draw> draws =
          Collections.nCopies(sequences, Draw.greedy(new long[0], Draw.Logprobs.NONE));
      List<Integer> first = answers(model, some, pool, draws);
      assertEquals(first, answers(model, some, pool, draws)); // recorded
      answers(model, more, pool, draws.subList(0, 1));
      assertEquals(first, answers(model, some, pool, draws));
    }
  }

  private static List<Integer> answers(
      Transformer model, Batch batch, KvPool pool, List<Draw> draws) {
    return model.forward(batch, pool).pick(draws).await().stream().map(Picked::token).toList();
  }

  private static double worst(List<Picked> expected, List<Picked> found, String what) {
    double worst = 0;
    for (int i = 0; i < expected.size(); i++) {
      for (int token = 0; token < expected.get(i).scores().length; token++) {
        double wanted = expected.get(i).scores()[token];
        double is = found.get(i).scores()[token];
        assertTrue(!Double.isNaN(is), what + " row " + i);
        worst = wanted > LIKELY ? Math.max(worst, Math.abs(wanted - is)) : worst;
      }
    }
    return worst;
  }

  /// The greedy continuation is the processor's, up to the first step at which two tokens were as
  /// good as equal.
  @ParameterizedTest
  @MethodSource("models")
  void greedyTokensAreThoseOfTheProcessor(String name) {
    try (Checkpoint checkpoint = Checkpoint.open(folder(name));
        Device host = new HostDevice(new VectorKernels(4));
        Device gpu = CudaDriver.device(PRECISE)) {
      Transformer plain = Families.open(checkpoint, host, ROWS);
      Transformer fast = Families.open(checkpoint, gpu, ROWS);
      int[] prompt = IntStream.range(0, 40).map(i -> 2 + i * 13 % 300).toArray();
      List<Picked> expected = greedy(plain, prompt, 60);
      List<Picked> found = greedy(fast, prompt, 60);
      for (int i = 0; i < expected.size(); i++) {
        Picked wanted = expected.get(i);
        if (wanted.token() != found.get(i).token()) {
          double gap = wanted.candidateLogprobs()[0] - wanted.candidateLogprobs()[1];
          assertTrue(gap < 1e-2, name + " at " + i + " although the gap is " + gap);
          return;
        }
        assertEquals(wanted.logprob(), found.get(i).logprob(), TOLERANCE, name + " at " + i);
      }
    }
  }

  private static List<Picked> greedy(Transformer model, int[] prompt, int count) {
    KvPool pool = pool(model, 1);
    int[] table = IntStream.range(0, PAGES_EACH).toArray();
    List<Picked> all = new ArrayList<>();
    int[] tokens = prompt;
    int position = 0;
    for (int i = 0; i < count; i++) {
      int[][] tables = new int[tokens.length][];
      Arrays.fill(tables, table);
      int first = position;
      Batch batch =
          new Batch(
              tokens,
              IntStream.range(first, first + tokens.length).toArray(),
              tables,
              new int[] {tokens.length - 1});
      all.add(
          model
              .forward(batch, pool)
              .pick(List.of(Draw.greedy(new long[0], Draw.Logprobs.likeliest(2))))
              .await()
              .getFirst());
      position += tokens.length;
      tokens = new int[] {all.getLast().token()};
    }
    return all;
  }

  private static KvPool pool(Transformer model, int sequences) {
    KvPool pool = model.pool(sequences * PAGES_EACH, PAGE, sequences);
    for (int page = 0; page < pool.pages(); page++) {
      pool.prepare(page);
    }
    return pool;
  }

  /// Pages in no special order.
  private static int[][] tables(int sequences, SplittableRandom random) {
    List<Integer> pages =
        new ArrayList<>(IntStream.range(0, sequences * PAGES_EACH).boxed().toList());
    Collections.shuffle(pages, new java.util.Random(random.nextLong()));
    int[][] tables = new int[sequences][PAGES_EACH];
    for (int i = 0; i < pages.size(); i++) {
      tables[i % sequences][i / sequences] = pages.get(i);
    }
    return tables;
  }

  private static Batch batch(SplittableRandom random, int[][] tables, int[] done, int vocabulary) {
    List<Integer> tokens = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    List<int[]> pages = new ArrayList<>();
    List<Integer> slots = new ArrayList<>();
    List<Integer> sampled = new ArrayList<>();
    for (int s = 0; s < tables.length; s++) {
      int most = PAGES_EACH * PAGE - done[s];
      int rows =
          Math.min(most, random.nextInt(3) == 0 ? 1 + random.nextInt(90) : random.nextInt(2));
      for (int i = 0; i < rows; i++) {
        tokens.add(random.nextInt(vocabulary));
        positions.add(done[s] + i);
        pages.add(tables[s]);
        slots.add(s);
      }
      done[s] += rows;
      if (rows > 0) {
        sampled.add(tokens.size() - 1);
      }
    }
    if (tokens.isEmpty()) {
      return batch(random, tables, done, vocabulary);
    }
    return new Batch(
        ints(tokens), ints(positions), pages.toArray(int[][]::new), ints(slots), ints(sampled));
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  /// A model folder, or a GGUF file.
  private static Path folder(String name) {
    String home = System.getProperty("sgl.models", "src/test/resources/models");
    if (name.endsWith(".gguf")) {
      return Path.of(home).resolveSibling("gguf").resolve(name);
    }
    return name.equals("demo")
        ? Path.of(System.getProperty("sgl.demo", "../samples/model/demo"))
        : Path.of(home, name);
  }
}
