package dev.sgl.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Room for large bodies.
class BodiesTest {
  private static final int MEBIBYTE = 1 << 20;

  @Test
  @Timeout(30)
  void whoFindsNoRoomWaits() throws Exception {
    Bodies bodies = new Bodies(4L * 64 * MEBIBYTE);
    int first = bodies.take(3 * MEBIBYTE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Integer> second = threads.submit(() -> bodies.take(2 * MEBIBYTE));
      Future<Integer> small = threads.submit(() -> bodies.take(1000));
      assertEquals(0, small.get(10, TimeUnit.SECONDS));
      assertFalse(second.isDone());
      bodies.give(first);
      assertTrue(second.get(10, TimeUnit.SECONDS) > 0);
    }
  }

  @Test
  void whatIsLargerThanAllRoomIsReadAlone() {
    Bodies bodies = new Bodies(64L * MEBIBYTE);
    bodies.give(bodies.take(100 * MEBIBYTE));
    bodies.give(bodies.take(100 * MEBIBYTE));
  }

  @Test
  void moreThanThereIsRoomForIsRefusedWhileItComes() {
    Bodies bodies = new Bodies(64L * MEBIBYTE);
    bodies.come(7 * MEBIBYTE);
    assertThrows(ApiException.class, () -> bodies.come(2 * MEBIBYTE));
    bodies.gone(7 * MEBIBYTE);
    bodies.come(2 * MEBIBYTE);
  }
}
