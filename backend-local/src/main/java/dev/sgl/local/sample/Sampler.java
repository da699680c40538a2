package dev.sgl.local.sample;

import com.google.common.primitives.Floats;
import com.google.common.primitives.Ints;
import dev.sgl.local.kernel.Draw;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Makes the draws of one sequence from its settings and its tokens so far. A draw takes at most
/// one random number, so that a seeded sequence is the same alone and in any batch.
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
    if (settings.penalties().repetition() != 1) {
      Arrays.stream(prompt).forEach(this.prompt::add);
    }
  }

  /// The next draw. Its token counts for the penalties after the call of [#took].
  ///
  /// @param allowed the tokens that may be picked as a bit set; empty is all
  /// @param banned tokens that may not be picked all the same
  /// @param logprobs that are reported
  public Draw.Token draw(long[] allowed, int[] banned, Draw.Logprobs logprobs) {
    Map<Integer, Float> shifts = shifts();
    for (int token : banned) {
      shifts.put(token, Float.NEGATIVE_INFINITY);
    }
    Settings.Penalties penalties = settings.penalties();
    return new Draw.Token(
        new Draw.Shifts(
            penalties.repetition(),
            repeated(),
            Ints.toArray(shifts.keySet()),
            Floats.toArray(shifts.values())),
        allowed,
        settings.choice(),
        settings.choice().temperature() == 0 ? 0 : random.nextDouble(),
        logprobs);
  }

  /// The tokens of the prompt and the text, for the repetition penalty.
  private int[] repeated() {
    return settings.penalties().repetition() == 1
        ? NO_TOKENS
        : IntStream.concat(
                prompt.stream().mapToInt(Integer::intValue),
                generated.keySet().stream().mapToInt(Integer::intValue))
            .distinct()
            .toArray();
  }

  private Map<Integer, Float> shifts() {
    Map<Integer, Float> shifts = new HashMap<>();
    Settings.Penalties penalties = settings.penalties();
    penalties.bias().forEach((token, bias) -> shifts.put(token, (float) (double) bias));
    if (penalties.frequency() != 0 || penalties.presence() != 0) {
      generated.forEach(
          (token, count) ->
              shifts.merge(
                  token,
                  (float) -(count * penalties.frequency() + penalties.presence()),
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
