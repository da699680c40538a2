package dev.sgl.bench;

import dev.sgl.backend.Generation;
import dev.sgl.backend.Request;
import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.LocalOptions.CacheOptions;
import dev.sgl.local.engine.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// A fork of 32 behind 4,096 tokens, 128 tokens each, on the shape of Llama-3.1-8B: with the tree
/// of prefixes and attention that reads a shared prefix once, and with neither.
///
/// usage: GpuFork HOME [ROUNDS]     HOME is the folder of the project, for the tokenizer
public final class GpuFork {
  private static final int BRANCHES = 32;
  private static final int PREFIX = 4096;
  private static final int TOKENS = 128;

  private GpuFork() {}

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    Path folder = RandomModel.llama8b().withTokenizer(Path.of(arguments[0]));
    for (boolean shares : new boolean[] {true, false}) {
      LocalOptions options =
          LocalOptions.DEFAULT
              .withDevice(DeviceOption.cuda(0))
              .withCache(new CacheOptions(16, OptionalInt.empty(), shares));
      try (LocalBackend backend = LocalBackend.open(folder, options, Progress.SILENT)) {
        for (int round = -1; round < rounds; round++) { // the first is not counted
          System.out.printf(
              "%s, %s: %.3f s%n",
              shares ? "shared" : "nothing shared",
              round < 0 ? "warm-up" : "round " + round,
              fork(backend, round));
        }
      }
    }
  }

  /// Seconds from the fork to the last token of all branches, the prompt included.
  private static double fork(LocalBackend backend, int round) throws Exception {
    SplittableRandom random = new SplittableRandom(round);
    List<Integer> prefix = random.ints(PREFIX, 0, 10_000).boxed().toList();
    long start = System.nanoTime();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> branches = new ArrayList<>();
      for (int i = 0; i < BRANCHES; i++) {
        List<Integer> prompt = new ArrayList<>(prefix);
        prompt.add(i); // each goes on in its own way
        branches.add(threads.submit(() -> branch(backend, prompt)));
      }
      for (Future<Integer> branch : branches) {
        if (branch.get() != TOKENS) {
          throw new IllegalStateException("a branch has " + branch.get() + " tokens");
        }
      }
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static int branch(LocalBackend backend, List<Integer> prompt) {
    Request request = TokenRequests.of(prompt, TOKENS);
    try (Generation generation = backend.generate(request)) {
      return generation.reply().usage().generatedTokens();
    }
  }
}
