package dev.sgl.local.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
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
      counts[new Sampler(seeded, new int[] {3}).pick(LOGITS.clone(), new long[0])]++;
    }
    return counts;
  }

  private static Settings with(UnaryOperator<double[]> change, Map<Integer, Double> bias) {
    double[] v = change.apply(new double[] {1, 0, 1, 0, 1});
    return new Settings(v[0], (int) v[1], v[2], v[3], v[4], 0, 0, bias, OptionalLong.of(1));
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
      assertTrue(sampler.pick(new float[10], new long[0]) < 5);
    }
  }

  @Test
  void penaltiesAndBiasMoveTheLogits() {
    assertEquals(100, counts(with(v -> new double[] {0, 0, 1, 0, 2}, Map.of()), 100)[2]);
    assertEquals(100, counts(with(v -> new double[] {0, 0, 1, 0, 1}, Map.of(0, 9.0)), 100)[0]);
    Sampler frequent =
        new Sampler(
            new Settings(0, 0, 1, 0, 1, 1.5, 0, Map.of(), OptionalLong.empty()), new int[0]);
    assertEquals(3, frequent.pick(LOGITS.clone(), new long[0]));
    assertEquals(2, frequent.pick(LOGITS.clone(), new long[0]));
    Sampler present =
        new Sampler(
            new Settings(0, 0, 1, 0, 1, 0, 1.5, Map.of(), OptionalLong.empty()), new int[0]);
    assertEquals(3, present.pick(LOGITS.clone(), new long[0]));
    assertEquals(2, present.pick(LOGITS.clone(), new long[0]));
    assertEquals(3, present.pick(LOGITS.clone(), new long[0]));
  }

  @Test
  void aMaskIsNeverBroken() {
    Sampler sampler = new Sampler(PLAIN, new int[0]);
    for (int i = 0; i < 200; i++) {
      assertTrue(sampler.pick(LOGITS.clone(), new long[] {0b0011}) < 2);
    }
    assertEquals(-1, sampler.pick(LOGITS.clone(), new long[] {0}));
  }
}
