package dev.sgl.local.sample;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// Chooses the next token of one sequence. It draws at most one random number a token, so that a
/// seeded sequence is the same alone and in any batch.
///
/// The order is that of `transformers`: penalties and bias, mask, temperature, top-k, top-p, min-p.
public final class Sampler {
  /// Weights are put into this many classes for each power of two, to find the largest ones.
  private static final int CLASSES = 8;

  private final Settings settings;
  private final SplittableRandom random;
  private final Map<Integer, Integer> generated = new HashMap<>();
  private final Map<Integer, Boolean> seen = new HashMap<>();

  /// @param prompt tokens that count for the repetition penalty
  public Sampler(Settings settings, int[] prompt) {
    this.settings = settings;
    this.random =
        settings.seed().isPresent()
            ? new SplittableRandom(settings.seed().getAsLong())
            : new SplittableRandom();
    if (settings.repetitionPenalty() != 1) {
      Arrays.stream(prompt).forEach(token -> seen.put(token, true));
    }
  }

  /// Picks a token; `logits` is changed. It counts once [#took] is told of it.
  ///
  /// @param allowed the tokens that may be picked as a bit set; empty is all
  /// @return the token, or -1 if none is allowed
  public int pick(float[] logits, long[] allowed) {
    penalize(logits);
    if (allowed.length > 0) {
      for (int i = 0; i < logits.length; i++) {
        if ((allowed[i >>> 6] >>> i & 1) == 0) {
          logits[i] = Float.NEGATIVE_INFINITY;
        }
      }
    }
    int best = likeliest(logits);
    if (logits[best] == Float.NEGATIVE_INFINITY) {
      return -1;
    }
    requireNumber(logits[best]);
    return settings.temperature() == 0 ? best : draw(logits, best);
  }

  private static void requireNumber(double value) {
    if (Double.isNaN(value)) {
      throw new ArithmeticException("the model computed no numbers (NaN)");
    }
  }

  /// Counts a token that was taken, because it was picked or because it had to come.
  public void took(int token) {
    generated.merge(token, 1, Integer::sum);
    if (settings.repetitionPenalty() != 1) {
      seen.put(token, true);
    }
  }

  private void penalize(float[] logits) {
    float repetition = (float) settings.repetitionPenalty();
    for (int token : seen.keySet()) {
      logits[token] = logits[token] > 0 ? logits[token] / repetition : logits[token] * repetition;
    }
    generated.forEach(
        (token, count) ->
            logits[token] -=
                (float) (count * settings.frequencyPenalty() + settings.presencePenalty()));
    settings
        .bias()
        .forEach(
            (token, bias) -> {
              if (token < logits.length) {
                logits[token] += (float) (double) bias;
              }
            });
  }

  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  /// Draws a token; `logits` become weights, the likeliest one's is 1.
  private int draw(float[] logits, int best) {
    float largest = logits[best];
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.exp((logits[i] - largest) / settings.temperature());
      total += logits[i];
    }
    requireNumber(total);
    if (settings.topK() > 0 || settings.topP() < 1 || settings.minP() > 0) {
      total = cut(logits, total);
    }
    double at = random.nextDouble() * total;
    int last = best;
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] > 0) {
        last = i;
        at -= logits[i];
        if (at < 0) {
          break;
        }
      }
    }
    return last;
  }

  /// Sets the weights of tokens that are cut off to 0 and returns the sum of the others. The
  /// likeliest always stays; of equal weights the smaller ids do.
  private double cut(float[] weights, double total) {
    int[] ranked = ranked(weights, least(weights, total));
    int kept = settings.topK() > 0 ? Math.min(settings.topK(), ranked.length) : ranked.length;
    if (settings.topP() < 1) {
      double all = settings.topK() > 0 ? sum(weights, ranked, kept) : total;
      double sum = 0;
      for (int i = 0; i < kept; i++) {
        sum += weights[ranked[i]];
        if (sum >= settings.topP() * all) {
          kept = i + 1;
        }
      }
    }
    while (kept > 1 && weights[ranked[kept - 1]] < settings.minP()) {
      kept--;
    }
    float[] left = new float[kept];
    for (int i = 0; i < kept; i++) {
      left[i] = weights[ranked[i]];
    }
    Arrays.fill(weights, 0);
    double sum = 0;
    for (int i = 0; i < kept; i++) {
      weights[ranked[i]] = left[i];
      sum += left[i];
    }
    return sum;
  }

  private static double sum(float[] weights, int[] ids, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += weights[ids[i]];
    }
    return sum;
  }

  /// A weight that no token which is kept is below, so that only few need to be sorted.
  private float least(float[] weights, double total) {
    if (settings.topK() > 0) {
      return least(weights);
    }
    if (settings.topP() < 1) {
      // all tokens below this weight together have less than 1 - top-p
      return (float) ((1 - settings.topP()) * total / weights.length * 0.99);
    }
    return (float) Math.min(1, settings.minP());
  }

  /// The lower end of the class of weights that the last of the top-k is in.
  private float least(float[] weights) {
    int shift = 23 - Integer.numberOfTrailingZeros(CLASSES);
    int[] counts = new int[(Float.floatToIntBits(1) >>> shift) + 1];
    for (float weight : weights) {
      counts[Float.floatToIntBits(weight) >>> shift]++;
    }
    int last = counts.length - 1;
    for (int sum = counts[last]; sum < settings.topK() && last > 0; sum += counts[last]) {
      last--;
    }
    return Float.intBitsToFloat(last << shift);
  }

  /// The ids of the weights from `least` on, the largest first. A weight is at most 1, so its bits
  /// order like the number.
  private static int[] ranked(float[] weights, float least) {
    long[] keys = new long[64];
    int count = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] >= least) {
        if (count == keys.length) {
          keys = Arrays.copyOf(keys, count * 2);
        }
        long falling = ~Float.floatToIntBits(weights[i]) & 0xffffffffL;
        keys[count++] = falling << 32 | i;
      }
    }
    Arrays.sort(keys, 0, count);
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = (int) keys[i];
    }
    return ids;
  }

  /// The `count` likeliest tokens, the likeliest first; of equal ones the smaller ids.
  public static int[] top(float[] logits, int count) {
    int[] top = new int[Math.min(count, logits.length)];
    int known = 0;
    for (int i = 0; i < logits.length && top.length > 0; i++) {
      if (known == top.length && !(logits[i] > logits[top[known - 1]])) {
        continue;
      }
      int at = known < top.length ? known++ : known - 1;
      while (at > 0 && logits[i] > logits[top[at - 1]]) {
        top[at] = top[at - 1];
        at--;
      }
      top[at] = i;
    }
    return top;
  }

  /// The logarithm of the sum of the exponentials: what turns logits into log-probabilities.
  public static double logSum(float[] logits) {
    float max = logits[likeliest(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }
}
