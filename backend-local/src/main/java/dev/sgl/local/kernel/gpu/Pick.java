package dev.sgl.local.kernel.gpu;

import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.gpu.port.Gpu.Grid;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The kernel in `pick.cu`: it answers draws from logits.
final class Pick {
  private static final int THREADS = 1024;

  private final Gpu gpu;
  private final Gpu.Kernel pick;

  Pick(Gpu gpu, Format format) {
    this.gpu = gpu;
    pick = gpu.kernel(file(format), "pick", 0);
  }

  static Gpu.KernelFile file(Format format) {
    String fields = Field.ALL.stream().map(f -> f.declared).collect(Collectors.joining());
    return format.file(
        "pick", BatchPlan.defines(Map.of("THREADS", "" + THREADS, "DRAW_FIELDS", fields)));
  }

  /// The fields of a draw in the order in which the kernel reads them, four bytes each.
  enum Field {
    TEMPERATURE("float temperature;"),
    TOP_P("float topP;"),
    MIN_P("float minP;"),
    REPETITION("float repetition;"),
    UNIFORM("float uniform;"),
    TOP_K("int topK;"),
    /// Whether a token is wanted.
    PICKS("int picks;"),
    /// Of the likeliest, or -1 for no log-probabilities.
    CANDIDATES("int candidates;"),
    /// Where in the integers these are, and how many.
    REPEATED("int repeated;"),
    REPEATS("int repeats;"),
    /// Tokens, followed by the summands for their logits.
    SHIFTED("int shifted;"),
    SHIFTS("int shifts;"),
    SCORED("int scored;"),
    SCORES("int scores;"),
    /// Where the set of allowed tokens begins, or -1.
    ALLOWED("int allowed;"),
    /// Where in the results: token, log-probability, candidates, log-probabilities, scores.
    RESULT("int result;");

    private final String declared;

    Field(String declared) {
      this.declared = declared;
    }

    static final List<Field> ALL = List.of(values());

    static final int COUNT = ALL.size();
  }

  private record Arguments(
      Memory logits,
      int vocabulary,
      long draws,
      Memory integers,
      Memory results,
      long picked,
      long copies) {}

  /// Answers the draws of some rows.
  ///
  /// @param first of the draws
  /// @param integers the draws, followed by the numbers that they refer to
  /// @param picked receives the tokens
  /// @param copies room for logits, or an empty place if no draw needs any
  void run(
      int first,
      int rows,
      int vocabulary,
      Memory logits,
      Memory integers,
      Memory results,
      Memory picked,
      Memory copies) {
    gpu.launch(
        pick,
        Grid.of(rows, THREADS).early(),
        new Arguments(
            logits,
            vocabulary,
            integers.address() + 4L * Field.COUNT * first,
            integers,
            results,
            picked.address() + 4L * first,
            copies.address()));
  }
}
