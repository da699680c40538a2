package dev.sgl.local.writing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoopTest {

  private static int period(IntStream tokens) {
    int[] all = tokens.toArray();
    return Loop.period(all, 0, all.length);
  }

  @Test
  void whatRepeatsItselfForLongIsALoop() {
    assertEquals(1, period(IntStream.range(0, 65).map(_ -> 7)));
    assertEquals(5, period(IntStream.range(0, 90).map(i -> i < 20 ? i : 100 + i % 5)));
    assertEquals(40, period(IntStream.range(0, 160).map(i -> i % 40)));
  }

  @Test
  void otherTextsAreNone() {
    assertEquals(0, period(IntStream.range(0, 64).map(_ -> 7)), "64 zeros may be meant");
    assertEquals(0, period(IntStream.range(0, 159).map(i -> i % 40)));
    assertEquals(0, period(IntStream.range(0, 500).map(i -> i % 5 + (i % 30 == 0 ? i : 0))));
    assertEquals(0, period(IntStream.empty()));
  }

  @Test
  void thePromptDoesNotCount() {
    int[] zeros = new int[100];
    assertEquals(0, Loop.period(zeros, 50, 100));
    assertEquals(1, Loop.period(zeros, 30, 100));
  }
}
