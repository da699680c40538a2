package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.BackendException;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.engine.LocalOptions.CacheOptions;
import dev.sgl.local.family.Families;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.kernel.cpu.VectorKernels;
import dev.sgl.local.kernel.host.HostDevice;
import dev.sgl.local.model.Model;
import dev.sgl.local.model.Transformer;
import dev.sgl.local.schedule.Order;
import dev.sgl.local.schedule.ScheduleOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Random schedules of requests that share beginnings, through an engine with too few pages: every
/// request gets exactly the tokens that it gets alone. The engine checks after every batch that
/// every page has one owner.
class EngineTest {
  private static final int REQUESTS = 200;
  private static final Path MODELS = Path.of("src/test/resources/models");

  /// One request of a schedule.
  ///
  /// @param cancelAfter requests that are submitted before it is cancelled; -1 for never
  private record Wanted(int[] prompt, int count, int priority, String namespace, int cancelAfter) {}

  private static List<Wanted> schedule(long seed, int vocabulary, int longest) {
    SplittableRandom random = new SplittableRandom(seed);
    List<int[]> prompts = new ArrayList<>();
    List<Wanted> all = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int[] start = {};
      if (!prompts.isEmpty() && random.nextInt(5) > 0) {
        int[] known = prompts.get(random.nextInt(prompts.size()));
        start = Arrays.copyOf(known, 1 + random.nextInt(known.length));
      }
      int more = 1 + random.nextInt(random.nextInt(4) == 0 ? longest : 12);
      int[] prompt = Arrays.copyOf(start, start.length + more);
      for (int p = start.length; p < prompt.length; p++) {
        prompt[p] = random.nextInt(vocabulary);
      }
      prompt = Arrays.copyOf(prompt, Math.min(prompt.length, longest));
      prompts.add(prompt);
      all.add(
          new Wanted(
              prompt,
              1 + random.nextInt(random.nextInt(4) == 0 ? 120 : 30),
              random.nextInt(3),
              random.nextInt(6) == 0 ? "other" : "",
              random.nextInt(6) == 0 ? random.nextInt(4) : -1));
    }
    return all;
  }

  /// Runs the schedule with at most `together` requests under way, and compares.
  private static EngineStats run(
      Model model, LocalOptions options, int tokens, List<Wanted> schedule, List<int[]> expected) {
    try (Engine engine = new Engine(model, options, tokens)) {
      SplittableRandom random = new SplittableRandom(schedule.size());
      List<GreedySequence> sequences = new ArrayList<>();
      ArrayDeque<Integer> open = new ArrayDeque<>();
      List<LocalPin> pins = new ArrayList<>();
      for (int i = 0; i < schedule.size(); i++) {
        Wanted wanted = schedule.get(i);
        GreedySequence sequence =
            new GreedySequence(
                wanted.prompt().clone(), wanted.count(), wanted.priority(), wanted.namespace());
        sequences.add(sequence);
        if (random.nextInt(10) == 0) {
          pins.add(engine.pin(wanted.namespace(), wanted.prompt()));
        }
        engine.submit(sequence);
        open.add(i);
        for (int j = 0; j <= i; j++) {
          if (schedule.get(j).cancelAfter() == i - j) {
            engine.cancel(sequences.get(j));
          }
        }
        while (open.size() > 1 + random.nextInt(60)) { // wait for some
          check(schedule, sequences, expected, open.remove());
        }
        if (pins.size() > 3) {
          pins.removeFirst().close();
        }
      }
      while (!open.isEmpty()) {
        check(schedule, sequences, expected, open.remove());
      }
      pins.forEach(LocalPin::close);
      return engine.stats();
    }
  }

  private static void check(
      List<Wanted> schedule, List<GreedySequence> sequences, List<int[]> expected, int i) {
    if (schedule.get(i).cancelAfter() < 0) {
      assertArrayEquals(expected.get(i), sequences.get(i).answer().join(), "request " + i);
    }
  }

  private static LocalOptions options(
      int pageSize, boolean shares, int batchTokens, int maxRunning, Order order) {
    return LocalOptions.DEFAULT
        .withCache(new CacheOptions(pageSize, OptionalInt.empty(), shares))
        .withSchedule(new ScheduleOptions(batchTokens, maxRunning, order, Duration.ofMillis(20)));
  }

  static Stream<Arguments> ways() {
    return Stream.of(
        Arguments.of("one by one", options(16, false, 4096, 1, Order.FIRST_COME)),
        Arguments.of("batched, nothing shared", options(16, false, 4096, 64, Order.FIRST_COME)),
        Arguments.of("cached", options(16, true, 4096, 1, Order.FIRST_COME)),
        Arguments.of("batched and cached", options(16, true, 4096, 64, Order.LONGEST_PREFIX)),
        Arguments.of("in chunks", options(16, true, 7, 5, Order.LONGEST_PREFIX)),
        Arguments.of("in pages of 1", options(1, true, 64, 16, Order.LONGEST_PREFIX)),
        Arguments.of("in pages of 5", options(5, true, 64, 16, Order.LONGEST_PREFIX)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void pagesAreNeverMixedUp(String name, LocalOptions options) {
    for (int seed = 0; seed < 5; seed++) {
      List<Wanted> schedule = schedule(seed, ShadowModel.VOCABULARY, 150);
      List<int[]> expected =
          schedule.stream().map(w -> ShadowModel.continuation(w.prompt(), w.count())).toList();
      for (Model model : List.of(new ShadowModel(), new LateModel(new ShadowModel()))) {
        EngineStats stats = run(model, options, 400, schedule, expected);
        assertTrue(options.cache().shares() == stats.tokens().cached() > 0, stats.toString());
      }
    }
  }

  /// Four run together by what is reserved for them, and then there are too few pages for them.
  @Test
  void whatIsRetractedGoesOnAsIfNothingHadHappened() {
    List<Wanted> schedule = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      int own = i;
      int[] prompt = new int[16];
      Arrays.setAll(prompt, at -> (own * 31 + at * at) % ShadowModel.VOCABULARY);
      schedule.add(new Wanted(prompt, 1000, 0, "", -1));
    }
    List<int[]> expected =
        schedule.stream().map(w -> ShadowModel.continuation(w.prompt(), w.count())).toList();
    LocalOptions options = options(16, true, 64, 16, Order.LONGEST_PREFIX);
    for (Model model : List.of(new ShadowModel(), new LateModel(new ShadowModel()))) {
      EngineStats stats = run(model, options, 2900, schedule, expected);
      assertTrue(stats.sequences().retractions() > 0, "pages never ran out");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ways")
  void everyRequestGetsTheTokensThatItGetsAlone(String name, LocalOptions options) {
    for (String folder : List.of("llama", "lfm2")) { // without and with states
      try (Checkpoint checkpoint = Checkpoint.open(MODELS.resolve(folder))) {
        Transformer model = Families.open(checkpoint, new HostDevice(new VectorKernels(2)), 4096);
        List<Wanted> schedule = schedule(7, model.vocabulary(), 120);
        run(model, options, 400, schedule, alone(model, schedule));
      }
    }
  }

  /// Each request in a pool of its own, its prompt computed at once.
  private static List<int[]> alone(Model model, List<Wanted> schedule) {
    List<int[]> all = new ArrayList<>();
    for (Wanted wanted : schedule) {
      int end = wanted.prompt().length + wanted.count();
      KvPool pool = model.pool(1, end, 1);
      pool.prepare(0);
      int[] tokens = Arrays.copyOf(wanted.prompt(), end);
      int computed = 0;
      int length = wanted.prompt().length;
      while (length < end) {
        int rows = length - computed;
        int[][] tables = new int[rows][1];
        int[] positions = new int[rows];
        int first = computed;
        Arrays.setAll(positions, i -> first + i);
        int[] batch = Arrays.copyOfRange(tokens, first, length);
        Draw greedy = Draw.greedy(new long[0], Draw.Logprobs.NONE);
        int best =
            model
                .forward(new Batch(batch, positions, tables, new int[] {rows - 1}), pool)
                .pick(List.of(greedy))
                .await()
                .getFirst()
                .token();
        computed = length;
        tokens[length++] = best;
        for (int forced : GreedySequence.forced(best)) {
          if (length < end) {
            tokens[length++] = forced;
          }
        }
      }
      all.add(Arrays.copyOfRange(tokens, wanted.prompt().length, end));
    }
    return all;
  }

  @Test
  void siblingsComputeWhatTheyShareOnce() {
    int[] prefix = new int[2000];
    Arrays.setAll(prefix, i -> i * 7 % ShadowModel.VOCABULARY);
    try (Engine engine = new Engine(new ShadowModel(), LocalOptions.DEFAULT, 4000)) {
      List<GreedySequence> branches = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int[] prompt = Arrays.copyOf(prefix, prefix.length + 5);
        Arrays.fill(prompt, prefix.length, prompt.length, i);
        GreedySequence branch = new GreedySequence(prompt, 10, 0, "");
        branches.add(branch);
        engine.submit(branch);
      }
      branches.forEach(branch -> branch.answer().join());
      assertEquals(2000 + 8 * 5, engine.stats().tokens().computedPrompt());
      assertEquals(7 * 2000, engine.stats().tokens().cached());
    }
  }

  @Test
  void aRequestThatCanNeverFitIsRefusedWithTheNumbers() {
    try (Engine engine = new Engine(new ShadowModel(), LocalOptions.DEFAULT, 160)) {
      BackendException error =
          assertThrows(
              BackendException.class,
              () -> engine.submit(new GreedySequence(new int[100], 61, 0, "")));
      assertEquals(
          "a sequence of up to 161 tokens can never fit: there is room for 160 in all",
          error.getMessage());
      GreedySequence fits = new GreedySequence(new int[100], 60, 0, "");
      engine.submit(fits);
      assertEquals(60, fits.answer().join().length);
    }
  }

  @Test
  void anErrorInOneSequenceOrListenerHarmsNoOther() {
    try (Engine engine = new Engine(new ShadowModel(), LocalOptions.DEFAULT, 400)) {
      engine.listen(
          new EngineListener() {
            @Override
            public void batch(BatchReport report) {
              throw new IllegalStateException("the listener is broken");
            }

            @Override
            public void request(RequestReport report) {
              throw new IllegalStateException("the listener is broken");
            }
          });
      List<GreedySequence> sequences = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        boolean broken = i % 3 == 0;
        sequences.add(
            new GreedySequence(new int[] {i, 1, 2}, 20, 0, "") {
              @Override
              public void prepare() {
                if (broken) {
                  throw new IllegalStateException("the mask is too complex");
                }
              }

              @Override
              public boolean accept(int position, Picked picked) {
                prepare();
                return super.accept(position, picked);
              }
            });
        engine.submit(sequences.getLast());
      }
      for (int i = 0; i < sequences.size(); i++) {
        GreedySequence sequence = sequences.get(i);
        if (i % 3 == 0) {
          CompletionException error =
              assertThrows(CompletionException.class, () -> sequence.answer().join());
          assertTrue(String.valueOf(error.getMessage()).contains("too complex"));
        } else {
          assertArrayEquals(
              ShadowModel.continuation(new int[] {i, 1, 2}, 20), sequence.answer().join());
        }
      }
    }
  }

  @Test
  void anErrorOfTheDeviceAnswersEveryRequestAndTheNextOnesRun() {
    boolean[] broken = {true};
    Model model =
        new ForwardingModel(new ShadowModel()) {
          @Override
          public Logits forward(Batch batch, KvPool pool) {
            if (broken[0] && batch.rows() > 3) {
              throw new IllegalStateException("the device is gone");
            }
            return super.forward(batch, pool);
          }
        };
    try (Engine engine = new Engine(model, LocalOptions.DEFAULT, 160)) {
      List<GreedySequence> sequences = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        GreedySequence sequence = new GreedySequence(new int[] {i, 1, 2, 3, 4}, 4, 0, "");
        sequences.add(sequence);
        engine.submit(sequence);
      }
      for (GreedySequence sequence : sequences) {
        CompletionException error =
            assertThrows(CompletionException.class, () -> sequence.answer().join());
        assertTrue(String.valueOf(error.getMessage()).contains("the device is gone"));
      }
      broken[0] = false;
      GreedySequence sequence = new GreedySequence(new int[] {1, 1, 2, 3, 4}, 4, 0, "");
      engine.submit(sequence);
      assertArrayEquals(
          ShadowModel.continuation(new int[] {1, 1, 2, 3, 4}, 4), sequence.answer().join());
    }
  }
}
