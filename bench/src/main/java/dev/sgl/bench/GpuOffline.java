package dev.sgl.bench;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Request;
import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.EngineStats;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/// The offline benchmark of nano-vllm and mini-sglang on the whole engine: 256 requests at once,
/// of 100 to 1,024 random tokens, each answered with 100 to 1,024 tokens, on the shape of
/// Qwen3-0.6B with random weights. The lengths are those of the original, drawn there with seed
/// 0.
///
/// With a shape, it is one of 256 requests of 1,000 tokens, each answered with 1,000.
///
/// usage: GpuOffline HOME [ROUNDS [8B [FORMAT]]]
///
/// HOME is the folder of the project, for the tokenizer. A format is bf16, q8_0, q4_0, int4 or fp8;
/// with `+kv` behind it, keys and values are in e4m3.
public final class GpuOffline {
  private GpuOffline() {}

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    boolean isLarge = arguments.length > 2;
    RandomModel shape = isLarge ? RandomModel.llama8b() : RandomModel.qwen600m();
    Path folder = shape.withTokenizer(Path.of(arguments[0]));
    GpuFormat format =
        Stream.of(arguments).skip(3).map(GpuFormat::of).findFirst().orElse(GpuFormat.BF16);
    LocalOptions options =
        LocalOptions.DEFAULT
            .withDevice(DeviceOption.cuda(0))
            .withRounding(format.rounding())
            .withCache(LocalOptions.DEFAULT.cache().withType(format.kept()));
    int[][] lengths = isLarge ? equalLengths() : lengths();
    try (LocalBackend backend = LocalBackend.open(folder, options, Progress.SILENT)) {
      for (int round = -1; round < rounds; round++) { // the first is not counted
        EngineStats before = backend.stats();
        long start = System.nanoTime();
        int tokens = run(backend, lengths, round);
        double seconds = (System.nanoTime() - start) / 1e9;
        EngineStats after = backend.stats();
        System.out.printf(
            "%s%d tokens in %.2f s: %.0f tokens a second, %d batches, %d retractions%n",
            round < 0 ? "(warm-up) " : "",
            tokens,
            seconds,
            tokens / seconds,
            after.batches() - before.batches(),
            after.sequences().retractions() - before.sequences().retractions());
      }
    }
  }

  private static int run(LocalBackend backend, int[][] lengths, int round) throws Exception {
    SplittableRandom random = new SplittableRandom(round);
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < lengths[0].length; i++) {
      List<Integer> prompt = random.ints(lengths[0][i], 0, 10_000).boxed().toList();
      requests.add(TokenRequests.of(prompt, lengths[1][i]));
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (Request request : requests) {
        answers.add(
            threads.submit(
                () -> {
                  try (Generation generation = backend.generate(request)) {
                    return generation.reply().usage().generatedTokens();
                  }
                }));
      }
      int tokens = 0;
      for (Future<Integer> answer : answers) {
        tokens += answer.get();
      }
      return tokens;
    }
  }

  private static int[][] equalLengths() {
    int[] lengths = new int[256];
    Arrays.fill(lengths, 1000);
    return new int[][] {lengths, lengths};
  }

  private static int[][] lengths() throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(GpuOffline.class.getResourceAsStream("offline.txt")),
                StandardCharsets.UTF_8))) {
      return new int[][] {numbers(in.readLine()), numbers(in.readLine())};
    }
  }

  private static int[] numbers(String line) {
    return Stream.of(line.split(" ")).mapToInt(Integer::parseInt).toArray();
  }
}
