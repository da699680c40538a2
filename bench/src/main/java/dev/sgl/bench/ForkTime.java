package dev.sgl.bench;

import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Program;
import dev.sgl.run.RunOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// How long a fork of eight over a prefix of 2,000 tokens takes to its join, beside one branch.
///
/// Usage: `ForkTime HOME [ROUNDS]`.
public final class ForkTime {
  private static final int WORDS = 1_450;
  private static final int BRANCHES = 8;
  private static final String SOURCE =
      """
      program branches(text: string, n: int) {
        "{text}"
        fork i in 1..n as tries { "\\n{i}:" gen x (max_tokens: 32, ignore_eos: true) }
        join tries
        return n
      }
      """;

  private ForkTime() {}

  /// Prints the seconds of one branch and of eight as a table.
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    Path folder = RandomModel.MIDDLE.withTokenizer(Path.of(arguments[0]));
    Program program = Compiler.compile("branches.sgl", SOURCE).program().orElseThrow();
    Texts texts = new Texts();
    double[][] seconds = new double[4][rounds];
    long prefix = 0;
    long computed = 0;
    try (LocalBackend backend = LocalBackend.open(folder, LocalOptions.DEFAULT, Progress.SILENT)) {
      time(program, backend, texts.of(WORDS), BRANCHES); // the kernels are compiled
      for (int round = 0; round < rounds; round++) {
        String one = texts.of(WORDS);
        long before = backend.stats().tokens().computedPrompt();
        seconds[0][round] = time(program, backend, one, 1);
        prefix = backend.stats().tokens().computedPrompt() - before;
        seconds[1][round] = time(program, backend, one, 1);
        String many = texts.of(WORDS);
        before = backend.stats().tokens().computedPrompt();
        seconds[2][round] = time(program, backend, many, BRANCHES);
        computed = backend.stats().tokens().computedPrompt() - before;
        seconds[3][round] = time(program, backend, many, BRANCHES);
      }
    }
    double one = Median.of(seconds[0]);
    double added = Median.of(seconds[3]) - Median.of(seconds[1]);
    System.out.println(
        "| branches | computed prompt tokens | seconds | with the prefix in the cache |");
    System.out.println("|---|---|---|---|");
    System.out.printf("| 1 | %d | %.2f | %.2f |%n", prefix, one, Median.of(seconds[1]));
    System.out.printf(
        "| %d | %d | %.2f | %.2f |%n",
        BRANCHES, computed, Median.of(seconds[2]), Median.of(seconds[3]));
    System.out.printf(
        "%nto the join, less the added decode work: %.2f of one branch%n",
        (Median.of(seconds[2]) - added) / one);
  }

  private static double time(Program program, LocalBackend backend, String text, int branches) {
    long start = System.nanoTime();
    Map<String, Object> arguments = Map.of("text", text, "n", (long) branches);
    Interpreter.run(program, arguments, backend, RunOptions.DEFAULT);
    return (System.nanoTime() - start) / 1e9;
  }
}
