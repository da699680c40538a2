package dev.sgl.bench;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Request;
import dev.sgl.bench.EngineWatch.Steady;
import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.LocalOptions.CacheOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.program.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/// The whole engine on a GPU in steady state, on the shape of Llama-3.1-8B with a vocabulary of
/// 128,256 tokens: 64 sequences behind 1,024 tokens that write anything, 64 that write JSON of a
/// schema, and 256 behind 128 tokens. How long a batch takes, how busy the GPU is, and how long it
/// waits for the host between two batches and within one.
///
/// usage: GpuSteady [TIMELINE.svg]     a picture of a few batches of the first
public final class GpuSteady {
  private static final int SHOWN = 3; // batches in the picture

  private GpuSteady() {}

  /// Records of all sorts, more than a request needs.
  private static final Type TIPS =
      new Type.Array(
          new Type.Rec(
              List.of(
                  field("title", new Type.Str(1, 60)),
                  field("why", new Type.Str(0, 200)),
                  field("minutes", new Type.Int(1, 240)),
                  field("hard", Type.BOOL),
                  field("effort", effort()))),
          20,
          40);

  private static Type.Field field(String name, Type type) {
    return new Type.Field(name, type, false);
  }

  private static Type effort() {
    return new Type.OneOf(Stream.of("low", "medium", "high").<Type>map(Type.Literal::new).toList());
  }

  private record Load(String name, int sequences, int prompt, int tokens, Type type) {}

  public static void main(String[] arguments) throws Exception {
    Path folder = RandomModel.llama8b().withLargeVocabulary();
    List<Load> loads =
        List.of(
            new Load("64 behind 1,024, any text", 64, 1024, 192, Type.TEXT),
            new Load("64 behind 1,024, JSON", 64, 1024, 192, TIPS),
            new Load("256 behind 128, any text", 256, 128, 128, Type.TEXT));
    LocalOptions options =
        LocalOptions.DEFAULT
            .withDevice(DeviceOption.cuda(0))
            .withCache(new CacheOptions(16, OptionalInt.empty(), false));
    try (LocalBackend backend = LocalBackend.open(folder, options, Progress.SILENT)) {
      EngineWatch watch = new EngineWatch();
      backend.listen(watch);
      System.out.println(
          "| load | batches | a batch | GPU busy | between batches p50 / p99 | within p50 / p99 |\n"
              + "|---|---|---|---|---|---|");
      for (int round = -1; round < 2; round++) { // the first is not counted
        for (Load load : loads) {
          watch.clear();
          run(backend, load, round);
          Steady steady = watch.steady(load.sequences());
          if (round >= 0) {
            show(load, steady);
          }
          if (round == 0 && load == loads.getFirst() && arguments.length > 0) {
            Files.writeString(
                Path.of(arguments[0]), new TimelinePicture(steady, SHOWN).svg(load.name()));
          }
        }
      }
    }
  }

  private static void show(Load load, Steady steady) {
    System.out.printf(
        "| %s | %d | %.2f ms | %.1f %% | %.0f / %.0f µs | %.0f / %.0f µs |%n",
        load.name(),
        steady.steps(),
        steady.stepMillis(),
        steady.busy() * 100,
        EngineWatch.quantile(steady.between(), 0.5),
        EngineWatch.quantile(steady.between(), 0.99),
        EngineWatch.quantile(steady.within(), 0.5),
        EngineWatch.quantile(steady.within(), 0.99));
  }

  private static void run(LocalBackend backend, Load load, int round) throws Exception {
    SplittableRandom random = new SplittableRandom(round);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < load.sequences(); i++) {
        List<Integer> prompt = random.ints(load.prompt(), 0, 10_000).boxed().toList();
        Request request = TokenRequests.of(prompt, load.type(), load.tokens());
        answers.add(threads.submit(() -> tokens(backend, request)));
      }
      for (Future<Integer> answer : answers) {
        answer.get();
      }
    }
  }

  private static int tokens(LocalBackend backend, Request request) {
    try (Generation generation = backend.generate(request)) {
      return generation.reply().usage().generatedTokens();
    }
  }
}
