package dev.sgl.local.sample;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// Chooses the next token of one sequence. It draws one random number a token, so that a seeded
/// sequence is the same alone and in any batch.
///
/// The order is that of `transformers`: penalties and bias, mask, temperature, top-k, top-p, min-p.
public final class Sampler {
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

  /// Picks a token; `logits` is changed.
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
    if (Float.isNaN(logits[best])) {
      throw new ArithmeticException("the model computed no numbers (NaN)");
    }
    int token = settings.temperature() == 0 ? best : draw(logits, best);
    took(token);
    return token;
  }

  /// Counts a token that was taken, by this sampler or because it had to come.
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

  private int draw(float[] logits, int best) {
    double[] weights = new double[logits.length];
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp((logits[i] - logits[best]) / settings.temperature());
      total += weights[i];
    }
    if (settings.topK() > 0 || settings.topP() < 1 || settings.minP() > 0) {
      total = cut(weights);
    }
    double at = random.nextDouble() * total;
    int last = best;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0) {
        last = i;
        at -= weights[i];
        if (at < 0) {
          break;
        }
      }
    }
    return last;
  }

  /// Sets the weights of tokens that are cut off to 0 and returns the sum of the others. The
  /// likeliest always stays; of equal weights the smaller ids do.
  private double cut(double[] weights) {
    int[] ranked = ranked(weights);
    int kept = settings.topK() > 0 ? Math.min(settings.topK(), ranked.length) : ranked.length;
    if (settings.topP() < 1) {
      double total = 0;
      for (int i = 0; i < kept; i++) {
        total += weights[ranked[i]];
      }
      double sum = 0;
      for (int i = 0; i < kept; i++) {
        sum += weights[ranked[i]];
        if (sum >= settings.topP() * total) {
          kept = i + 1;
        }
      }
    }
    double least = settings.minP() * weights[ranked[0]];
    double left = 0;
    for (int i = 0; i < ranked.length; i++) {
      double weight = weights[ranked[i]];
      if (i >= kept || weight < least) {
        weights[ranked[i]] = 0;
      } else {
        left += weight;
      }
    }
    return left;
  }

  /// Token ids by falling weight. A weight is at most 1, so its bits order like the number.
  private static int[] ranked(double[] weights) {
    long[] keys = new long[weights.length];
    for (int i = 0; i < keys.length; i++) {
      long falling = ~Float.floatToIntBits((float) weights[i]) & 0xffffffffL;
      keys[i] = falling << 32 | i;
    }
    Arrays.sort(keys);
    int[] ids = new int[keys.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) keys[i];
    }
    return ids;
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
