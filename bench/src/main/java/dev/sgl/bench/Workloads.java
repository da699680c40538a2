package dev.sgl.bench;

import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.engine.EngineListener;
import dev.sgl.local.engine.EngineStats;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.LocalOptions.CacheOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.local.schedule.Order;
import dev.sgl.local.schedule.ScheduleOptions;
import dev.sgl.local.tokens.ChatFormat;
import dev.sgl.local.tokens.Tokenizer;
import dev.sgl.program.Program;
import dev.sgl.run.RunOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Runs the language's own workloads (those of "SGLang: Efficient Execution of Structured
/// Language Model Programs", section 6) with and without the cache, many at once and one by
/// one, on a model of 105 million random weights.
///
/// Usage: `Workloads HOME CHART [ROUNDS [WORKLOAD]]`.
public final class Workloads {
  private static final int POOL = 49_152;

  /// How a workload is run.
  private record Way(String name, boolean cached, boolean parallel) {}

  private static final List<Way> WAYS =
      List.of(
          new Way("no cache, one by one", false, false),
          new Way("no cache, parallel", false, true),
          new Way("cache, one by one", true, false),
          new Way("cache, parallel", true, true));

  /// A program and the arguments of its runs.
  private record Workload(String program, List<Map<String, Object>> runs) {}

  /// The outcome of running a workload in one way.
  private record Outcome(double seconds, double between, EngineStats stats, long ideal) {}

  /// The time between batches: what all but the model takes, and the waiting for programs.
  private static final class Between implements EngineListener {
    private long last;
    private long nanos;

    @Override
    public void batch(BatchReport report) {
      nanos += last == 0 ? 0 : report.start() - last;
      last = report.end();
    }
  }

  private Workloads() {}

  /// Prints the table and writes the chart as SVG.
  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 3;
    Path folder = RandomModel.MIDDLE.withTokenizer(home);
    System.out.println(
        "| workload | way | requests | prompt tokens | computed | of the best | hit rate | requests/s"
            + " | against the first | between batches |\n|---|---|---|---|---|---|---|---|---|---|");
    Chart chart =
        new Chart(
            "Requests a second, as a multiple of no cache and one by one",
            WAYS.stream().map(Way::name).toList());
    for (Workload workload : workloads()) {
      if (arguments.length > 3 && !workload.program().equals(arguments[3])) {
        continue;
      }
      Path file = home.resolve("bench/programs").resolve(workload.program() + ".sgl");
      Program program =
          Compiler.compile(file.toString(), Files.readString(file)).program().orElseThrow();
      chart.add(workload.program().replace('_', ' '), measure(workload, program, folder, rounds));
    }
    Files.writeString(Path.of(arguments[1]), chart.svg());
  }

  /// Runs a workload in all ways, in turns, and returns how much faster than the first each is.
  private static List<Double> measure(Workload workload, Program program, Path folder, int rounds)
      throws Exception {
    List<List<Outcome>> outcomes = new ArrayList<>();
    WAYS.forEach(_ -> outcomes.add(new ArrayList<>()));
    for (int round = 0; round < rounds; round++) {
      for (int way = 0; way < WAYS.size(); way++) {
        outcomes.get(way).add(run(workload, program, folder, WAYS.get(way)));
      }
    }
    List<Double> speedups = new ArrayList<>();
    double first = median(outcomes.getFirst());
    for (int way = 0; way < WAYS.size(); way++) {
      double seconds = median(outcomes.get(way));
      Outcome last = outcomes.get(way).getLast();
      EngineStats stats = last.stats();
      speedups.add(first / seconds);
      System.out.printf(
          "| %s | %s | %d | %d | %d | %.1f %% | %.0f %% | %.1f | %.2f | %.2f %% |%n",
          workload.program(),
          WAYS.get(way).name(),
          stats.requests(),
          stats.tokens().prompt(),
          stats.tokens().computedPrompt(),
          100.0 * stats.tokens().computedPrompt() / last.ideal(),
          100 * stats.tokens().hitRate(),
          stats.requests() / seconds,
          first / seconds,
          100
              * outcomes.get(way).stream().mapToDouble(Outcome::between).sum()
              / outcomes.get(way).stream().mapToDouble(Outcome::seconds).sum());
    }
    return speedups;
  }

  private static double median(List<Outcome> outcomes) {
    double[] seconds = outcomes.stream().mapToDouble(Outcome::seconds).sorted().toArray();
    return seconds[seconds.length / 2];
  }

  private static Outcome run(Workload workload, Program program, Path folder, Way way)
      throws Exception {
    LocalOptions options =
        LocalOptions.DEFAULT
            .withContext(OptionalInt.of(4096))
            .withCache(new CacheOptions(16, OptionalInt.of(POOL), way.cached()))
            .withSchedule(
                new ScheduleOptions(
                    256, way.parallel() ? 64 : 1, Order.LONGEST_PREFIX, Duration.ofSeconds(5)));
    try (LocalBackend local = LocalBackend.open(folder, options, Progress.SILENT);
        Checkpoint checkpoint = Checkpoint.open(folder);
        Tokenizer tokenizer = Tokenizer.open(folder, RandomModel.MIDDLE.vocabulary());
        Ideal ideal =
            new Ideal(local, ChatFormat.open(checkpoint, tokenizer, Optional.empty()), tokenizer);
        ExecutorService runs =
            way.parallel()
                ? Executors.newVirtualThreadPerTaskExecutor()
                : Executors.newSingleThreadExecutor()) {
      Between between = new Between();
      local.listen(between);
      long start = System.nanoTime();
      List<Future<Object>> results = new ArrayList<>();
      for (Map<String, Object> arguments : workload.runs()) {
        RunOptions seeded = RunOptions.DEFAULT.withSeed(OptionalLong.of(results.size()));
        results.add(runs.submit(() -> Interpreter.run(program, arguments, ideal, seeded)));
      }
      for (Future<Object> result : results) {
        await(result);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      while (local.stats().sequences().running() > 0) {
        Thread.onSpinWait(); // until the last answer is counted
      }
      return new Outcome(seconds, between.nanos / 1e9, local.stats(), ideal.computed());
    }
  }

  private static void await(Future<Object> result) throws Exception {
    try {
      result.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  // --- what the programs are given

  private static List<Workload> workloads() {
    Texts texts = new Texts();
    List<String> shots = texts.several(8, 36);
    List<String> episodes = texts.several(4, 90);
    List<String> documents = texts.several(6, 90);
    String instructions = texts.of(120);
    return List.of(
        workload("few_shot", 40, _ -> Map.of("examples", shots, "text", texts.of(20))),
        workload(
            "react",
            10,
            _ ->
                Map.of(
                    "examples", episodes,
                    "question", texts.of(15),
                    "observations", texts.several(4, 25))),
        workload("tree_of_thought", 3, _ -> Map.of("task", texts.of(120))),
        workload("skeleton_of_thought", 6, _ -> Map.of("question", texts.of(60))),
        workload("judge", 6, _ -> Map.of("essay", texts.of(300))),
        workload(
            "json_extraction", 12, _ -> Map.of("instructions", instructions, "text", texts.of(80))),
        workload(
            "chat",
            8,
            _ -> Map.of("instructions", instructions, "questions", texts.several(6, 25))),
        workload(
            "documents", 2, _ -> Map.of("texts", documents, "questions", texts.several(8, 12))),
        workload("nothing_shared", 24, _ -> Map.of("text", texts.of(150))));
  }

  private static Workload workload(
      String program, int runs, java.util.function.IntFunction<Map<String, Object>> arguments) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      all.add(new LinkedHashMap<>(arguments.apply(i)));
    }
    return new Workload(program, all);
  }
}
