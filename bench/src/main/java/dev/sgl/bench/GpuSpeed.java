package dev.sgl.bench;

import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits.Picks;
import dev.sgl.local.kernel.cuda.CudaDriver;
import dev.sgl.local.kernel.gpu.GpuDevice;
import dev.sgl.local.model.Transformer;
import dev.sgl.local.weights.Rounding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// Measures what a GPU computes, without the engine around it: one sequence that is continued, and
/// 2, 4 and 8, behind 128 tokens; 64 together behind 1,024 tokens each; and a prompt of 8,192
/// tokens, with random weights.
///
/// The floors are the bytes that must be read over the rate of a large copy, and the operations
/// over the rate of a large matrix product, both measured there.
///
/// usage: GpuSpeed [8B | 1B | 0.6B] [ROUNDS] [FORMAT…]
///
/// A format is bf16, q8_0, q4_0, int4 or fp8; with `+kv` behind it, keys and values are in e4m3.
public final class GpuSpeed {
  private static final int PAGE = 16;
  private static final int PROMPT = 8192;
  private static final int TOGETHER = 64;
  private static final int CONTEXT = 1024;
  private static final int[] FEW = {1, 2, 4, 8};
  private static final int SHORT_CONTEXT = 128; // of few
  private static final int STEPS = 32;

  private final RandomModel shape;
  private final double bytes; // of the weights that a step of decoding reads
  private final Transformer model;
  private final Ceilings ceilings;
  private final KvPool pool;
  private final int[][] tables;

  private GpuSpeed(RandomModel shape, double bytes, Transformer model, Ceilings ceilings) {
    this.shape = shape;
    this.bytes = bytes;
    this.model = model;
    this.ceilings = ceilings;
    int pagesEach = (CONTEXT + 8 * STEPS) / PAGE;
    int pages = Math.max(TOGETHER * pagesEach, PROMPT / PAGE);
    pool = model.pool(pages, PAGE, 0);
    tables = new int[TOGETHER][];
    for (int s = 0; s < TOGETHER; s++) {
      int own = s;
      tables[s] = IntStream.range(0, pagesEach).map(i -> i * TOGETHER + own).toArray();
    }
  }

  public static void main(String[] arguments) throws IOException {
    RandomModel shape =
        switch (arguments.length > 0 ? arguments[0] : "8B") {
          case "0.6B" -> RandomModel.qwen600m();
          case "1B" -> RandomModel.llama1b();
          default -> RandomModel.llama8b();
        };
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    List<String> formats =
        arguments.length > 2 ? List.of(arguments).subList(2, arguments.length) : List.of("bf16");
    Path weights = shape.write();
    for (String format : formats) {
      try (Checkpoint checkpoint = Checkpoint.open(weights);
          GpuDevice device =
              CudaDriver.device(GpuDevice.Options.DEFAULT.withKept(GpuFormat.of(format).kept()))) {
        measure(shape, checkpoint, device, format, rounds);
      }
    }
  }

  private static void measure(
      RandomModel shape, Checkpoint checkpoint, GpuDevice device, String format, int rounds) {
    Ceilings ceilings = Ceilings.measure(device);
    System.out.printf(
        "%s: a copy moves %.2f TB/s, a product in bf16 reaches %.0f TFLOP/s%n",
        device.name(), ceilings.bytesPerSecond() / 1e12, ceilings.operationsPerSecond() / 1e12);
    Optional<Rounding> rounding = GpuFormat.of(format).rounding();
    long start = System.nanoTime();
    Transformer model =
        Families.open(checkpoint, OptionalInt.empty(), rounding, device, PROMPT, _ -> {});
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("%s, %s: loaded in %.1f s%n", shape.name(), format, seconds);
    System.out.println("| measure | floor | measured | of the floor |\n|---|---|---|---|");
    new GpuSpeed(shape, shape.bytes(rounding, true), model, ceilings).measure(rounds);
  }

  private void measure(int rounds) {
    for (int s = 0; s < TOGETHER; s++) {
      prompt(tables[s], CONTEXT);
    }
    int[] whole = IntStream.range(0, PROMPT / PAGE).toArray();
    double[][] few = new double[FEW.length][rounds];
    double[] many = new double[rounds];
    double[] prefill = new double[rounds];
    for (int round = -1; round < rounds; round++) { // the first is not counted
      int at = Math.max(0, round);
      for (int i = 0; i < FEW.length; i++) {
        few[i][at] = decode(FEW[i], SHORT_CONTEXT);
      }
      many[at] = decode(TOGETHER, CONTEXT);
      prefill[at] = prompt(whole, PROMPT);
      for (int s = 0; s < Math.min(TOGETHER, PROMPT / PAGE); s++) {
        if (round + 1 < rounds) {
          prompt(tables[s], CONTEXT); // it lay in the pages of the long prompt
        }
      }
    }
    for (int i = 0; i < FEW.length; i++) {
      String what = FEW[i] == 1 ? "decode, 1 sequence" : "decode, %d sequences".formatted(FEW[i]);
      show(what, decodingFloor(FEW[i], SHORT_CONTEXT), median(few[i]));
    }
    show("decode, 64 sequences behind 1,024", decodingFloor(TOGETHER, CONTEXT), median(many));
    double parameters = (double) shape.bytes() / 2 - (double) shape.vocabulary() * shape.hidden();
    double attention = 2.0 * PROMPT * PROMPT * shape.heads() * shape.headDim() * shape.layers();
    show(
        "prefill of 8,192",
        (2 * parameters * PROMPT + attention) / ceilings.operationsPerSecond(),
        median(prefill));
  }

  /// The time in which the weights, and the keys and values of all sequences, can be read.
  private double decodingFloor(int sequences, int context) {
    double keys = (double) sequences * (context + STEPS / 2) * model.bytesPerToken();
    return (bytes + keys) / ceilings.bytesPerSecond();
  }

  private static void show(String what, double floor, double seconds) {
    System.out.printf(
        "| %s | %.2f ms | %.2f ms | %.0f %% |%n",
        what, floor * 1e3, seconds * 1e3, floor / seconds * 100);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  /// Computes a prompt at once; seconds that it takes.
  private double prompt(int[] table, int length) {
    int[] tokens = IntStream.range(0, length).map(i -> i * 7 % shape.vocabulary()).toArray();
    int[][] pages = new int[length][];
    Arrays.fill(pages, table);
    Batch batch =
        new Batch(tokens, IntStream.range(0, length).toArray(), pages, new int[] {length - 1});
    long start = System.nanoTime();
    model.forward(batch, pool).pick(greedy(1)).await();
    return (System.nanoTime() - start) / 1e9;
  }

  /// Continues sequences, each step with the tokens of the one before; seconds of a step.
  private double decode(int sequences, int position) {
    int[] rows = IntStream.range(0, sequences).toArray();
    int[] tokens = IntStream.range(0, sequences).toArray();
    long start = 0;
    Picks before = List::of;
    for (int step = -4; step < STEPS; step++) {
      if (step == 0) {
        before.await();
        start = System.nanoTime();
      }
      int[] positions = new int[sequences];
      Arrays.fill(positions, position + Math.max(0, step));
      Batch batch = new Batch(tokens, positions, Arrays.copyOf(tables, sequences), rows);
      Picks next = model.forward(batch, pool).pick(greedy(sequences));
      before.await();
      before = next;
      tokens = IntStream.range(0, sequences).map(i -> ~i).toArray();
    }
    before.await();
    return (System.nanoTime() - start) / 1e9 / STEPS;
  }

  private static List<Draw> greedy(int count) {
    return Collections.nCopies(count, Draw.greedy(new long[0], Draw.Logprobs.NONE));
  }
}
