package dev.sgl.local.kernel.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class HostLogitsTest {
  private static final int ROWS = 200;

  private static Draw scored(int token) {
    return new Draw.Scores(new Draw.Logprobs(OptionalInt.of(1), new int[] {token}));
  }

  /// The head here gives a row the logits `state` and `−state`.
  @Test
  void aPromptThatIsScoredHasTheLogitsOfFewRowsInMemory() {
    Tensor states = Tensor.of(ROWS, 1);
    List<Draw> draws = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      states.values()[row] = row;
      draws.add(row % 3 == 0 ? Draw.NOTHING : scored(1));
    }
    List<Integer> asked = new ArrayList<>();
    HostLogits logits =
        new HostLogits(
            states,
            some -> {
              asked.add(some.rows());
              Tensor out = Tensor.of(some.rows(), 2);
              for (int row = 0; row < some.rows(); row++) {
                out.values()[2 * row] = some.values()[row];
                out.values()[2 * row + 1] = -some.values()[row];
              }
              return out;
            });
    List<Picked> picked = logits.pick(draws).await();
    assertEquals(ROWS, picked.size());
    for (int row = 0; row < ROWS; row++) {
      if (row % 3 == 0) {
        assertEquals(Picked.NOTHING, picked.get(row));
      } else {
        assertEquals(
            -2.0 * row - Math.log1p(Math.exp(-2.0 * row)), picked.get(row).scores()[0], 1e-3);
      }
    }
    assertEquals(133, asked.stream().mapToInt(Integer::intValue).sum());
    assertTrue(asked.stream().allMatch(rows -> rows <= 64), asked.toString());
  }
}
