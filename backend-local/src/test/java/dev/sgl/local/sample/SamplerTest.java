package dev.sgl.local.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.host.PlainPicker;
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
      new Settings(1, 0, 1, 0, 1, 0, 0, Map.of(), OptionalLong.of(1));

  private static int[] counts(Settings settings, int draws) {
    int[] counts = new int[LOGITS.length];
    for (int i = 0; i < draws; i++) {
      Settings seeded =
          new Settings(
              settings.temperature(),
              settings.topK(),
              settings.topP(),
              settings.minP(),
              settings.repetitionPenalty(),
              settings.frequencyPenalty(),
              settings.presencePenalty(),
              settings.bias(),
              OptionalLong.of(i));
      counts[pick(new Sampler(seeded, new int[] {3}), LOGITS.clone(), new long[0])]++;
    }
    return counts;
  }

  private static int pick(Sampler sampler, float[] logits, long[] allowed) {
    return PlainPicker.pick(logits, sampler.draw(allowed, new int[0], Draw.NO_LOGPROBS, new int[0]))
        .token();
  }

  private static Settings with(UnaryOperator<double[]> change, Map<Integer, Double> bias) {
    double[] v = change.apply(new double[] {1, 0, 1, 0, 1});
    return new Settings(v[0], (int) v[1], v[2], v[3], v[4], 0, 0, bias, OptionalLong.of(1));
  }

  @Test
  void whatWasTakenBackIsNotPenalized() {
    Settings settings = new Settings(0, 0, 1, 0, 1.5, 0, 0, Map.of(), OptionalLong.empty());
    Sampler sampler = new Sampler(settings, new int[] {7});
    sampler.took(3);
    sampler.took(4);
    sampler.gaveBack(4);
    sampler.gaveBack(3);
    sampler.took(7);
    sampler.gaveBack(7);
    int[] none = {};
    assertArrayEquals(
        new int[] {7}, sampler.draw(new long[0], none, Draw.NO_LOGPROBS, none).repeated());
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
    Settings half = new Settings(1, 0, 0.5, 0, 1, 0, 0, Map.of(), OptionalLong.of(3));
    Sampler sampler = new Sampler(half, new int[0]);
    for (int i = 0; i < 200; i++) {
      assertTrue(pick(sampler, new float[10], new long[0]) < 5);
    }
  }

  @Test
  void penaltiesAndBiasMoveTheLogits() {
    assertEquals(100, counts(with(v -> new double[] {0, 0, 1, 0, 2}, Map.of()), 100)[2]);
    assertEquals(100, counts(with(v -> new double[] {0, 0, 1, 0, 1}, Map.of(0, 9.0)), 100)[0]);
    Sampler frequent =
        new Sampler(
            new Settings(0, 0, 1, 0, 1, 1.5, 0, Map.of(), OptionalLong.empty()), new int[0]);
    assertEquals(3, pick(frequent, LOGITS.clone(), new long[0]));
    frequent.took(3);
    assertEquals(2, pick(frequent, LOGITS.clone(), new long[0]));
    Sampler present =
        new Sampler(
            new Settings(0, 0, 1, 0, 1, 0, 1.5, Map.of(), OptionalLong.empty()), new int[0]);
    assertEquals(3, pick(present, LOGITS.clone(), new long[0]));
    present.took(3);
    assertEquals(2, pick(present, LOGITS.clone(), new long[0]));
    present.took(2);
    assertEquals(3, pick(present, LOGITS.clone(), new long[0]));
  }

  /// The plain twin: all weights are sorted, and what is cut off is looked at one by one.
  private static List<Integer> kept(float[] logits, Settings settings) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    float[] weights = new float[logits.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) Math.exp((logits[i] - largest) / settings.temperature());
    }
    List<Integer> ranked = new ArrayList<>(IntStream.range(0, weights.length).boxed().toList());
    ranked.sort(Comparator.comparingDouble(i -> -weights[i]));
    if (settings.topK() > 0) {
      ranked = ranked.subList(0, Math.min(settings.topK(), ranked.size()));
    }
    double total = ranked.stream().mapToDouble(i -> weights[i]).sum();
    List<Integer> kept = new ArrayList<>();
    double sum = 0;
    for (int token : ranked) {
      if (kept.isEmpty() || sum < settings.topP() * total && weights[token] >= settings.minP()) {
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
          Settings settings =
              new Settings(
                  random.nextDouble(0.2, 2),
                  random.nextBoolean() ? 0 : 1 + random.nextInt(20),
                  random.nextBoolean() ? 1 : random.nextDouble(0.05, 1),
                  random.nextBoolean() ? 0 : random.nextDouble(0, 0.5),
                  1,
                  0,
                  0,
                  Map.of(),
                  OptionalLong.of(random.nextLong()));
          Set<Integer> drawn = new TreeSet<>();
          Sampler sampler = new Sampler(settings, new int[0]);
          for (int i = 0; i < 400; i++) {
            drawn.add(pick(sampler, logits.clone(), new long[0]));
          }
          List<Integer> kept = kept(logits, settings);
          assertTrue(kept.containsAll(drawn), settings + ": " + drawn + " of " + kept);
          if (settings.minP() > 0.2 && kept.size() <= 5) { // none of them is unlikely
            assertEquals(Set.copyOf(kept), drawn);
          }
        });
  }

  private static int[] top(float[] logits, int count) {
    return PlainPicker.pick(logits, Draw.greedy(new long[0], count)).candidates();
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
