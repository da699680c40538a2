package dev.sgl.bench;

import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.model.Model;
import dev.sgl.local.weights.Rounding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// Measures how many tokens a second the CPU computes: a prompt of 512 tokens, one sequence
/// that is continued, and 16 together; with random weights of three shapes, plain and quantized.
///
/// Usage: `Speed [ROUNDS [SHAPE [FORMAT]]]`; a format is `bf16`, `f32`, or that of a quantization.
/// Or `Speed ROUNDS FILE.gguf`, for the model of a file.
public final class Speed {
  private static final int PAGE = 16;
  private static final int PROMPT = 512;
  private static final int CHUNK = 256;
  private static final int CONTEXT = 64; // tokens before those that are decoded
  private static final int TOGETHER = 16;
  private static final int STEPS = 16;

  private Speed() {}

  /// Prints tokens a second of each shape as a table.
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
    System.out.println(
        "| shape, weights | prefill of 512 | decode, 1 sequence | decode, 16 sequences | GB/s read"
            + " by decode | GFLOP/s of prefill |\n|---|---|---|---|---|---|");
    if (arguments.length > 1 && arguments[1].endsWith(".gguf")) {
      Path file = Path.of(arguments[1]);
      double[] rates = rates(file, Optional.empty(), rounds);
      System.out.printf(
          "| %s | %.1f | %.1f | %.1f | | |%n", file.getFileName(), rates[0], rates[1], rates[2]);
      return;
    }
    for (RandomModel model :
        List.of(RandomModel.small(true), RandomModel.billion(true), RandomModel.mixture())) {
      measure(model, Optional.empty(), rounds, arguments);
      for (Rounding rounding : Rounding.values()) {
        measure(model, Optional.of(rounding), rounds, arguments);
      }
    }
    for (RandomModel model : List.of(RandomModel.small(false), RandomModel.billion(false))) {
      measure(model, Optional.empty(), rounds, arguments);
    }
  }

  private static void measure(
      RandomModel shape, Optional<Rounding> rounding, int rounds, String[] wanted)
      throws IOException {
    String format =
        rounding
            .map(by -> by.name().toLowerCase(Locale.ROOT))
            .orElse(shape.bf16() ? "bf16" : "f32");
    if (wanted.length > 1 && !wanted[1].equals(shape.name())
        || wanted.length > 2 && !wanted[2].equals(format)) {
      return;
    }
    double[] rates = rates(shape.write(), rounding, rounds);
    System.out.printf(
        "| %s, %s | %.0f | %.1f | %.0f | %.1f | %.0f |%n",
        shape.name(),
        format,
        rates[0],
        rates[1],
        rates[2],
        rates[1] * shape.bytes(rounding, false) / 1e9,
        rates[0] / PROMPT * shape.prefillOperations(PROMPT) / 1e9);
  }

  /// Medians of the tokens a second: of a prompt, of one sequence, and of several.
  private static double[] rates(Path folder, Optional<Rounding> rounding, int rounds) {
    int threads = Runtime.getRuntime().availableProcessors();
    try (Checkpoint checkpoint = Checkpoint.open(folder);
        Model model =
            Families.open(
                checkpoint,
                OptionalInt.empty(),
                rounding,
                new HostDevice(new VectorKernels(threads)),
                CHUNK,
                _ -> {})) {
      Sequences sequences = new Sequences(model);
      double[][] rates = new double[3][rounds];
      for (int round = -1; round < rounds; round++) { // the first is not counted
        double prefill = rate(PROMPT, sequences::prefill);
        double one = rate(STEPS, () -> sequences.decode(1));
        double many = rate(STEPS * TOGETHER, () -> sequences.decode(TOGETHER));
        if (round >= 0) {
          rates[0][round] = prefill;
          rates[1][round] = one;
          rates[2][round] = many;
        }
      }
      return Arrays.stream(rates).mapToDouble(Median::of).toArray();
    }
  }

  private static double rate(int tokens, Runnable work) {
    long start = System.nanoTime();
    work.run();
    return tokens / ((System.nanoTime() - start) / 1e9);
  }

  /// Sequences with pages of their own.
  private static final class Sequences {
    private final Model model;
    private final KvPool pool;
    private final int[][] tables = new int[TOGETHER][(PROMPT + STEPS) / PAGE + 1];

    Sequences(Model model) {
      this.model = model;
      pool = model.pool(TOGETHER * tables[0].length, PAGE, 0);
      for (int page = 0; page < pool.pages(); page++) {
        pool.prepare(page);
        tables[page % TOGETHER][page / TOGETHER] = page;
      }
    }

    void prefill() {
      for (int first = 0; first < PROMPT; first += CHUNK) {
        int[] tokens = new int[CHUNK];
        int[] positions = new int[CHUNK];
        int[][] pages = new int[CHUNK][];
        for (int i = 0; i < CHUNK; i++) {
          tokens[i] = (first + i) * 7 % model.vocabulary();
          positions[i] = first + i;
          pages[i] = tables[0];
        }
        int[] last = first + CHUNK == PROMPT ? new int[] {CHUNK - 1} : new int[0];
        model.forward(new Batch(tokens, positions, pages, last), pool);
      }
    }

    void decode(int sequences) {
      for (int step = 0; step < STEPS; step++) {
        int[] positions = new int[sequences];
        Arrays.fill(positions, CONTEXT + step);
        int[] all = new int[sequences];
        Arrays.setAll(all, i -> i);
        model.forward(
            new Batch(all.clone(), positions, Arrays.copyOf(tables, sequences), all), pool);
      }
    }
  }
}
