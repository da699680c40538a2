package dev.sgl.local.kernel.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.Choice;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.kernel.cuda.CudaDriver;
import dev.sgl.local.kernel.cuda.Gpus;
import dev.sgl.local.kernel.gpu.port.Format;
import dev.sgl.local.kernel.gpu.port.Gpu;
import dev.sgl.local.kernel.host.PlainPicker;
import dev.sgl.local.weights.DType;
import dev.sgl.testing.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Draws on the GPU against their plain twin, on random logits with many ties and all settings.
class PickerDuelTest {

  @BeforeAll
  static void requireGpu() {
    Gpus.assume();
  }

  @Test
  void answersAreThoseOfThePlainPicker() {
    try (Gpu gpu = CudaDriver.open(0)) {
      Picker picker = new Picker(gpu, new Clock(gpu));
      picker.use(new Pick(gpu, new Format(DType.BF16)));
      int[] other = {0};
      int[] all = {0};
      Property.forAll(
          150,
          (random, size) -> {
            int vocabulary = 1 + random.nextInt(size < 100 ? 200 : 40_000);
            int rows = 1 + random.nextInt(5);
            List<float[]> logits = new ArrayList<>();
            List<Draw> draws = new ArrayList<>();
            for (int r = 0; r < rows; r++) {
              logits.add(logits(random, vocabulary));
              draws.add(draw(random, vocabulary));
            }
            List<Picked> found =
                picker
                    .pick(
                        draws,
                        vocabulary,
                        Optional.empty(),
                        (first, count, to) -> write(gpu, logits, first, count, to))
                    .await();
            for (int r = 0; r < rows; r++) {
              Picked wanted = PlainPicker.pick(logits.get(r).clone(), draws.get(r));
              String what = draws.get(r) + " of " + vocabulary;
              assertArrayEquals(wanted.candidates(), found.get(r).candidates(), what);
              assertArrayEquals(wanted.scores(), found.get(r).scores(), 1e-3, what);
              assertArrayEquals(
                  wanted.candidateLogprobs(), found.get(r).candidateLogprobs(), 1e-3, what);
              all[0]++;
              if (wanted.token() != found.get(r).token()) {
                // the draw fell where the rounding of the weights decides
                assertTrue(
                    draws.get(r) instanceof Draw.Token t && t.choice().temperature() > 0, what);
                assertEquals(wanted.token() < 0, found.get(r).token() < 0, what);
                other[0]++;
              } else if (wanted.token() >= 0) {
                assertEquals(wanted.logprob(), found.get(r).logprob(), 1e-3, what);
              }
            }
          });
      System.out.println(other[0] + " of " + all[0] + " draws fell elsewhere");
      assertTrue(other[0] * 100 <= all[0], other[0] + " of " + all[0]);
    }
  }

  private static void write(Gpu gpu, List<float[]> logits, int first, int count, Gpu.Memory to) {
    for (int r = 0; r < count; r++) {
      float[] row = logits.get(first + r);
      Gpu.Pinned host = gpu.pin(4L * row.length);
      host.buffer().asFloatBuffer().put(0, row);
      gpu.upload(host, to, 4L * r * row.length, 4L * row.length);
    }
    gpu.await();
  }

  private static float[] logits(SplittableRandom random, int count) {
    float[] logits = new float[count];
    for (int i = 0; i < count; i++) {
      logits[i] = random.nextInt(4) == 0 ? 1 : (float) random.nextDouble(-8, 8);
    }
    return logits;
  }

  private static Draw draw(SplittableRandom random, int vocabulary) {
    int[] some = random.ints(random.nextInt(4), 0, vocabulary).distinct().toArray();
    int[] more = random.ints(random.nextInt(4), 0, vocabulary).distinct().toArray();
    float[] shifts = new float[more.length];
    for (int i = 0; i < shifts.length; i++) {
      shifts[i] = (float) random.nextDouble(-3, 3);
    }
    long[] allowed =
        random.nextBoolean() ? new long[0] : random.longs((vocabulary + 63) / 64).toArray();
    OptionalInt candidates =
        random.nextInt(3) == 0
            ? OptionalInt.of(random.nextInt(Math.min(6, vocabulary + 1)))
            : OptionalInt.empty();
    Draw.Logprobs logprobs =
        new Draw.Logprobs(candidates, random.ints(random.nextInt(3), 0, vocabulary).toArray());
    if (random.nextInt(6) == 0) {
      return new Draw.Scores(logprobs);
    }
    Choice choice =
        new Choice(
            random.nextInt(3) == 0 ? 0 : random.nextDouble(0.2, 2),
            random.nextBoolean() ? 0 : 1 + random.nextInt(50),
            random.nextBoolean() ? 1 : random.nextDouble(0.05, 1),
            random.nextBoolean() ? 0 : random.nextDouble(0, 0.5));
    double repetition = random.nextBoolean() ? 1 : random.nextDouble(0.5, 2);
    return new Draw.Token(
        new Draw.Shifts(repetition, some, more, shifts),
        allowed,
        choice,
        random.nextDouble(),
        logprobs);
  }
}
