package dev.sgl.local.sample;

import dev.sgl.local.kernel.Draw;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// How the next token of one sequence is drawn: what its settings and its tokens so far ask for. It
/// takes at most one random number a token, so that a seeded sequence is the same alone and in any
/// batch.
public final class Sampler {
  private static final int[] NO_TOKENS = {};

  private final Settings settings;
  private final SplittableRandom random;
  private final Map<Integer, Integer> generated = new HashMap<>();
  private final Set<Integer> prompt = new LinkedHashSet<>(); // if it counts

  /// @param prompt tokens that count for the repetition penalty
  public Sampler(Settings settings, int[] prompt) {
    this.settings = settings;
    this.random =
        settings.seed().isPresent()
            ? new SplittableRandom(settings.seed().getAsLong())
            : new SplittableRandom();
    if (settings.repetitionPenalty() != 1) {
      Arrays.stream(prompt).forEach(this.prompt::add);
    }
  }

  /// The next draw. Its token counts once [#took] is told of it.
  ///
  /// @param allowed the tokens that may be picked as a bit set; empty is all
  /// @param banned tokens that may not be picked all the same
  /// @param candidates as of [Draw]
  /// @param scored as of [Draw]
  public Draw draw(long[] allowed, int[] banned, int candidates, int[] scored) {
    Map<Integer, Float> shifts = shifts();
    for (int token : banned) {
      shifts.put(token, Float.NEGATIVE_INFINITY);
    }
    int[] shifted = new int[shifts.size()];
    float[] by = new float[shifts.size()];
    int at = 0;
    for (Map.Entry<Integer, Float> shift : shifts.entrySet()) {
      shifted[at] = shift.getKey();
      by[at++] = shift.getValue();
    }
    return new Draw(
        Draw.Wanted.TOKEN,
        settings.temperature(),
        settings.topK(),
        settings.topP(),
        settings.minP(),
        settings.repetitionPenalty(),
        repeated(),
        shifted,
        by,
        allowed,
        settings.temperature() == 0 ? 0 : random.nextDouble(),
        candidates,
        scored);
  }

  /// The tokens of the prompt and the text, for the repetition penalty.
  private int[] repeated() {
    return settings.repetitionPenalty() == 1
        ? NO_TOKENS
        : IntStream.concat(
                prompt.stream().mapToInt(Integer::intValue),
                generated.keySet().stream().mapToInt(Integer::intValue))
            .distinct()
            .toArray();
  }

  private Map<Integer, Float> shifts() {
    Map<Integer, Float> shifts = new HashMap<>();
    settings.bias().forEach((token, bias) -> shifts.put(token, (float) (double) bias));
    if (settings.frequencyPenalty() != 0 || settings.presencePenalty() != 0) {
      generated.forEach(
          (token, count) ->
              shifts.merge(
                  token,
                  (float) -(count * settings.frequencyPenalty() + settings.presencePenalty()),
                  Float::sum));
    }
    return shifts;
  }

  /// Counts a token no more that was taken back.
  public void gaveBack(int token) {
    generated.computeIfPresent(token, (_, count) -> count == 1 ? null : count - 1);
  }

  /// Counts a token that was taken, because it was picked or because it had to come.
  public void took(int token) {
    generated.merge(token, 1, Integer::sum);
  }
}
