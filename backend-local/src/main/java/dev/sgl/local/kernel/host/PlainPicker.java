package dev.sgl.local.kernel.host;

import dev.sgl.local.kernel.Choice;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import java.util.Arrays;

/// Picks tokens by plain loops; the pickers of devices are tested against it.
public final class PlainPicker {
  /// Weights are put into this many classes for each power of two, to find the largest ones.
  private static final int CLASSES = 8;

  private static final double[] NO_NUMBERS = {};

  private PlainPicker() {}

  /// Answers one draw; `logits` is changed.
  public static Picked pick(float[] logits, Draw draw) {
    Draw.Logprobs wanted = draw.logprobs();
    double sum = wanted.areWanted() ? logSum(logits) : 0;
    int[] candidates = top(logits, wanted.count());
    double[] candidateLogprobs = logprobs(logits, candidates, sum);
    double[] scores = logprobs(logits, wanted.scored(), sum);
    return switch (draw) {
      case Draw.Nothing(), Draw.HiddenState(), Draw.Scores _ ->
          new Picked(Picked.NONE, 0, candidates, candidateLogprobs, scores);
      case Draw.Token token -> {
        float[] own = wanted.ofPicked() ? logits.clone() : logits;
        int picked = token(logits, token);
        double logprob = picked >= 0 && wanted.ofPicked() ? own[picked] - sum : 0;
        yield new Picked(picked, logprob, candidates, candidateLogprobs, scores);
      }
    };
  }

  private static double[] logprobs(float[] logits, int[] tokens, double sum) {
    return tokens.length == 0
        ? NO_NUMBERS
        : Arrays.stream(tokens).mapToDouble(token -> logits[token] - sum).toArray();
  }

  private static int token(float[] logits, Draw.Token draw) {
    shift(logits, draw.shifts());
    if (draw.allowed().length > 0) {
      for (int i = 0; i < logits.length; i++) {
        if ((draw.allowed()[i >>> 6] >>> i & 1) == 0) {
          logits[i] = Float.NEGATIVE_INFINITY;
        }
      }
    }
    int best = likeliest(logits);
    if (logits[best] == Float.NEGATIVE_INFINITY) {
      return Picked.NONE;
    }
    if (Float.isNaN(logits[best])) {
      return Picked.NO_NUMBER;
    }
    return draw.choice().temperature() == 0
        ? best
        : draw(logits, best, draw.choice(), draw.uniform());
  }

  private static void shift(float[] logits, Draw.Shifts shifts) {
    float repetition = (float) shifts.repetition();
    for (int token : shifts.repeated()) {
      logits[token] = logits[token] > 0 ? logits[token] / repetition : logits[token] * repetition;
    }
    int[] shifted = shifts.shifted();
    for (int i = 0; i < shifted.length; i++) {
      if (shifted[i] < logits.length) {
        logits[shifted[i]] += shifts.by()[i];
      }
    }
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
  private static int draw(float[] logits, int best, Choice choice, double uniform) {
    float largest = logits[best];
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.exp((logits[i] - largest) / choice.temperature());
      total += logits[i];
    }
    if (Double.isNaN(total)) {
      return Picked.NO_NUMBER;
    }
    if (choice.cuts()) {
      total = cut(logits, total, choice);
    }
    double at = uniform * total;
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
  private static double cut(float[] weights, double total, Choice choice) {
    int[] ranked = ranked(weights, least(weights, total, choice));
    int kept = choice.topK() > 0 ? Math.min(choice.topK(), ranked.length) : ranked.length;
    if (choice.topP() < 1) {
      double all = choice.topK() > 0 ? sum(weights, ranked, kept) : total;
      double sum = 0;
      for (int i = 0; i < kept; i++) {
        sum += weights[ranked[i]];
        if (sum >= choice.topP() * all) {
          kept = i + 1;
        }
      }
    }
    while (kept > 1 && weights[ranked[kept - 1]] < choice.minP()) {
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
  private static float least(float[] weights, double total, Choice choice) {
    if (choice.topK() > 0) {
      return least(weights, choice.topK());
    }
    if (choice.topP() < 1) {
      // all tokens below this weight together have less than 1 - top-p
      return (float) ((1 - choice.topP()) * total / weights.length * 0.99);
    }
    return (float) Math.min(1, choice.minP());
  }

  /// The lower end of the class of weights that the last of the top-k is in.
  private static float least(float[] weights, int topK) {
    int shift = 23 - Integer.numberOfTrailingZeros(CLASSES);
    int[] counts = new int[(Float.floatToIntBits(1) >>> shift) + 1];
    for (float weight : weights) {
      counts[Float.floatToIntBits(weight) >>> shift]++;
    }
    int last = counts.length - 1;
    for (int sum = counts[last]; sum < topK && last > 0; sum += counts[last]) {
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
  static int[] top(float[] logits, int count) {
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

  /// The logarithm of the sum of the exponentials. A logit minus it is a log-probability.
  static double logSum(float[] logits) {
    float max = logits[likeliest(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    return max + Math.log(sum);
  }
}
