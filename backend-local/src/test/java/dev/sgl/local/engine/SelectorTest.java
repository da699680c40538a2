package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sgl.backend.Scheduling;
import dev.sgl.backend.Selection;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.host.HostKvPool;
import dev.sgl.local.kernel.host.HostLogits;
import dev.sgl.local.schedule.Order;
import dev.sgl.local.schedule.ScheduleOptions;
import dev.sgl.local.tokens.Healing;
import dev.sgl.program.Step;
import dev.sgl.testing.Property;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Choices scored through the tree, in batches, against their definition: one token after the
/// other, each with the model alone.
class SelectorTest {
  private static final int START = 7;
  private static final int[] ENDS = {48, 49};

  /// The shadow model with logits that are no further apart than a real model's.
  private static final class Model extends ForwardingModel {
    Model() {
      super(new ShadowModel());
    }

    @Override
    public HostLogits forward(Batch batch, KvPool pool) {
      HostLogits logits = (HostLogits) super.forward(batch, pool);
      for (int i = 0; i < logits.values().values().length; i++) {
        logits.values().values()[i] /= 5000;
      }
      return logits;
    }
  }

  @Test
  void scoresAreThoseOfTheDefinition() {
    ScheduleOptions schedule =
        new ScheduleOptions(16, 8, Order.LONGEST_PREFIX, Duration.ofMillis(5));
    try (Engine engine =
        new Engine(new Model(), LocalOptions.DEFAULT.withSchedule(schedule), 600)) {
      Property.forAll(
          150,
          (random, _) -> {
            int[] prompt = random.ints(1 + random.nextInt(20), 0, 48).toArray();
            List<int[]> choices = choices(random);
            for (Step.Method method : Step.Method.values()) {
              Selection found =
                  new Selector(engine, Healing.none(prompt), choices, Scheduling.DEFAULT, ENDS)
                      .select(method, START);
              switch (method) {
                case LIKELIHOOD -> same(found, choices, c -> mean(prompt, c));
                case UNCONDITIONAL ->
                    same(found, choices, c -> mean(prompt, c) - mean(new int[] {START}, c));
                case GREEDY -> assertEquals(greedy(prompt, choices), found.index());
              }
            }
          });
    }
  }

  /// Choices that often begin alike, or are each other's beginning.
  private static List<int[]> choices(SplittableRandom random) {
    List<int[]> choices = new ArrayList<>();
    for (int count = 1 + random.nextInt(6); count > 0; count--) {
      int[] like =
          choices.isEmpty() || random.nextInt(3) == 0
              ? new int[0]
              : choices.get(random.nextInt(choices.size()));
      int kept = random.nextInt(like.length + 1);
      int[] choice = Arrays.copyOf(like, kept + Math.max(kept == 0 ? 1 : 0, random.nextInt(4)));
      for (int i = kept; i < choice.length; i++) {
        choice[i] = random.nextInt(48);
      }
      choices.add(choice);
    }
    return choices;
  }

  private interface Score {
    double of(int[] choice);
  }

  private static void same(Selection found, List<int[]> choices, Score score) {
    for (int i = 0; i < choices.size(); i++) {
      assertEquals(score.of(choices.get(i)), found.scores().get(i), 1e-3);
    }
  }

  private static double mean(int[] before, int[] choice) {
    int[] way = before;
    double sum = 0;
    for (int token : choice) {
      sum += logprobs(way)[token];
      way = with(way, token);
    }
    return sum / choice.length;
  }

  /// Follows the likeliest token that some choice goes on with, or ends where the model would.
  private static int greedy(int[] prompt, List<int[]> choices) {
    List<Integer> alive = new ArrayList<>(IntStream.range(0, choices.size()).boxed().toList());
    int[] way = prompt;
    for (int depth = 0; ; depth++) {
      int at = depth;
      List<Integer> ended = alive.stream().filter(c -> choices.get(c).length == at).toList();
      alive.removeAll(ended);
      Set<Integer> next = new TreeSet<>();
      alive.forEach(c -> next.add(choices.get(c)[at]));
      if (next.isEmpty()) {
        return ended.getFirst();
      }
      double[] logprobs = logprobs(way);
      int best = next.stream().max((a, b) -> Double.compare(logprobs[a], logprobs[b])).get();
      if (!ended.isEmpty() && Arrays.stream(ENDS).anyMatch(e -> logprobs[e] > logprobs[best])) {
        return ended.getFirst();
      }
      alive.removeIf(c -> choices.get(c)[at] != best);
      way = with(way, best);
    }
  }

  private static int[] with(int[] tokens, int token) {
    int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
    longer[tokens.length] = token;
    return longer;
  }

  private static double[] logprobs(int[] tokens) {
    int rows = tokens.length;
    KvPool pool = new HostKvPool(Kept.of(new Cell(1, 1)), 1, rows, 0);
    pool.prepare(0);
    int[] positions = IntStream.range(0, rows).toArray();
    Batch batch = new Batch(tokens, positions, new int[rows][1], new int[] {rows - 1});
    int[] all = IntStream.range(0, ShadowModel.VOCABULARY).toArray();
    return new Model()
        .forward(batch, pool)
        .pick(List.of(Draw.score(all)))
        .await()
        .getFirst()
        .scores();
  }
}
