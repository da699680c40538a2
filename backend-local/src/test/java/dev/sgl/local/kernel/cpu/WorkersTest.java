package dev.sgl.local.kernel.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkersTest {
  @Test
  void everyPieceIsDoneOnce() {
    try (Workers workers = new Workers(3)) {
      for (int round = 0; round < 2000; round++) {
        AtomicIntegerArray done = new AtomicIntegerArray(round % 17);
        workers.run(done.length(), (index, _) -> done.incrementAndGet(index));
        for (int i = 0; i < done.length(); i++) {
          assertEquals(1, done.get(i));
        }
      }
    }
  }

  @Test
  void anErrorOfAnyPieceReachesTheCallerAndTheWorkersGoOn() {
    try (Workers workers = new Workers(3)) {
      for (int round = 0; round < 50; round++) {
        int failing = round % 8;
        assertThrows(
            OutOfMemoryError.class,
            () ->
                workers.run(
                    8,
                    (index, _) -> {
                      if (index == failing) {
                        throw new OutOfMemoryError("as told");
                      }
                    }));
      }
      everyPieceIsDoneOnce();
    }
  }
}
