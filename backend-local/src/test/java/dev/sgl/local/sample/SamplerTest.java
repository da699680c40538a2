package dev.sgl.local.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.Choice;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.host.PlainPicker;
import dev.sgl.local.sample.Settings.Penalties;
import dev.sgl.testing.Property;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Each option of sampling, by what it lets through.
class SamplerTest {
  private static final float[] LOGITS = {0f, 1f, 2f, 3f};
  private static final Settings PLAIN =
      new Settings(new Choice(1, 0, 1, 0), Penalties.NONE, OptionalLong.of(1));

  private static int[] counts(Settings settings, int draws) {
    int[] counts = new int[LOGITS.length];
    for (int i = 0; i < draws; i++) {
      Settings seeded = new Settings(settings.choice(), settings.penalties(), OptionalLong.of(i));
      counts[pick(new Sampler(seeded, new int[] {3}), LOGITS.clone(), new long[0])]++;
    }
    return counts;
  }

  private static Settings greedy(Penalties penalties) {
    return new Settings(Choice.GREEDY, penalties, OptionalLong.empty());
  }

  private static int pick(Sampler sampler, float[] logits, long[] allowed) {
    return PlainPicker.pick(logits, sampler.draw(allowed, new int[0], Draw.Logprobs.NONE)).token();
  }

  private static Settings with(UnaryOperator<double[]> change, Map<Integer, Double> bias) {
    double[] v = change.apply(new double[] {1, 0, 1, 0, 1});
    return new Settings(
        new Choice(v[0], (int) v[1], v[2], v[3]),
        new Penalties(v[4], 0, 0, bias),
        OptionalLong.of(1));
  }

  @Test
  void whatWasTakenBackIsNotPenalized() {
    Settings settings = greedy(new Penalties(1.5, 0, 0, Map.of()));
    Sampler sampler = new Sampler(settings, new int[] {7});
    sampler.took(3);
    sampler.took(4);
    sampler.gaveBack(4);
    sampler.gaveBack(3);
    sampler.took(7);
    sampler.gaveBack(7);
    int[] none = {};
    assertArrayEquals(
        new int[] {7}, sampler.draw(new long[0], none, Draw.Logprobs.NONE).shifts().repeated());
  }

  @Test
  void drawsWithTheProbabilitiesOfTheSoftmax() {
    int[] counts = counts(PLAIN, 20_000);
    double sum = 1 + Math.exp(1) + Math.exp(2) + Math.exp(3);
    for (int i = 0; i < 4; i++) {
      assertEquals(Math.exp(i) / sum, counts[i] / 20_000.0, 0.015);
    }
  }

  @Test
  void temperatureZeroTakesTheLikeliest() {
    assertEquals(200, counts(with(v -> new double[] {0, 0, 1, 0, 1}, Map.of()), 200)[3]);
  }

  @Test
  void topKTopPAndMinPKeepOnlyTheLikeliest() {
    int[] topK = counts(with(v -> new double[] {1, 2, 1, 0, 1}, Map.of()), 500);
    assertTrue(topK[0] == 0 && topK[1] == 0 && topK[2] > 0 && topK[3] > 0);
    int[] topP = counts(with(v -> new double[] {1, 0, 0.6, 0, 1}, Map.of()), 500);
    assertEquals(500, topP[3]);
    int[] minP = counts(with(v -> new double[] {1, 0, 1, 0.3, 1}, Map.of()), 500);
    assertTrue(minP[0] == 0 && minP[1] == 0 && minP[2] > 0);
  }

  @Test
  void ofEqualTokensTopPKeepsNoMoreThanItNeeds() {
    Settings half = new Settings(new Choice(1, 0, 0.5, 0), Penalties.NONE, OptionalLong.of(3));
    Sampler sampler = new Sampler(half, new int[0]);
    for (int i = 0; i < 200; i++) {
      assertTrue(pick(sampler, new float[10], new long[0]) < 5);
    }
  }

  @Test
  void penaltiesAndBiasMoveTheLogits() {
    assertEquals(100, counts(with(v -> new double[] {0, 0, 1, 0, 2}, Map.of()), 100)[2]);
    assertEquals(100, counts(with(v -> new double[] {0, 0, 1, 0, 1}, Map.of(0, 9.0)), 100)[0]);
    Sampler frequent = new Sampler(greedy(new Penalties(1, 1.5, 0, Map.of())), new int[0]);
    assertEquals(3, pick(frequent, LOGITS.clone(), new long[0]));
    frequent.took(3);
    assertEquals(2, pick(frequent, LOGITS.clone(), new long[0]));
    Sampler present = new Sampler(greedy(new Penalties(1, 0, 1.5, Map.of())), new int[0]);
    assertEquals(3, pick(present, LOGITS.clone(), new long[0]));
    present.took(3);
    assertEquals(2, pick(present, LOGITS.clone(), new long[0]));
    present.took(2);
    assertEquals(3, pick(present, LOGITS.clone(), new long[0]));
  }

  /// The plain twin: all weights are sorted, and what is cut off is looked at one by one.
  private static List<Integer> kept(float[] logits, Choice choice) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    float[] weights = new float[logits.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) Math.exp((logits[i] - largest) / choice.temperature());
    }
    List<Integer> ranked = new ArrayList<>(IntStream.range(0, weights.length).boxed().toList());
    ranked.sort(Comparator.comparingDouble(i -> -weights[i]));
    if (choice.topK() > 0) {
      ranked = ranked.subList(0, Math.min(choice.topK(), ranked.size()));
    }
    double total = ranked.stream().mapToDouble(i -> weights[i]).sum();
    List<Integer> kept = new ArrayList<>();
    double sum = 0;
    for (int token : ranked) {
      if (kept.isEmpty() || sum < choice.topP() * total && weights[token] >= choice.minP()) {
        kept.add(token);
        sum += weights[token];
      }
    }
    return kept;
  }

  @Test
  void whatIsCutOffIsWhatThePlainDefinitionCutsOff() {
    Property.forAll(
        300,
        (random, size) -> {
          float[] logits = new float[1 + random.nextInt(3 * size)];
          for (int i = 0; i < logits.length; i++) {
            logits[i] = random.nextInt(4) == 0 ? 1 : (float) random.nextDouble(-8, 8);
          }
          Choice choice =
              new Choice(
                  random.nextDouble(0.2, 2),
                  random.nextBoolean() ? 0 : 1 + random.nextInt(20),
                  random.nextBoolean() ? 1 : random.nextDouble(0.05, 1),
                  random.nextBoolean() ? 0 : random.nextDouble(0, 0.5));
          Settings settings =
              new Settings(choice, Penalties.NONE, OptionalLong.of(random.nextLong()));
          Set<Integer> drawn = new TreeSet<>();
          Sampler sampler = new Sampler(settings, new int[0]);
          for (int i = 0; i < 400; i++) {
            drawn.add(pick(sampler, logits.clone(), new long[0]));
          }
          List<Integer> kept = kept(logits, choice);
          assertTrue(kept.containsAll(drawn), choice + ": " + drawn + " of " + kept);
          if (choice.minP() > 0.2 && kept.size() <= 5) { // none of them is unlikely
            assertEquals(Set.copyOf(kept), drawn);
          }
        });
  }

  private static int[] top(float[] logits, int count) {
    return PlainPicker.pick(logits, Draw.greedy(new long[0], Draw.Logprobs.likeliest(count)))
        .candidates();
  }

  @Test
  void theLikeliestComeInOrder() {
    assertArrayEquals(new int[] {3, 2, 1}, top(LOGITS.clone(), 3));
    assertArrayEquals(new int[] {1, 3, 0, 2}, top(new float[] {1, 2, 1, 2}, 9));
    assertArrayEquals(new int[0], top(LOGITS.clone(), 0));
  }

  @Test
  void aMaskIsNeverBroken() {
    Sampler sampler = new Sampler(PLAIN, new int[0]);
    for (int i = 0; i < 200; i++) {
      assertTrue(pick(sampler, LOGITS.clone(), new long[] {0b0011}) < 2);
    }
    assertEquals(-1, pick(sampler, LOGITS.clone(), new long[] {0}));
  }
}
