package dev.sgl.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Work that is given up when its time is over.
class DeadlineTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void whatIsDoneInTimeIsGivenBack() {
    assertEquals(Optional.of(1), Deadline.within(LONG, () -> 1));
    assertThrows(
        IllegalStateException.class,
        () ->
            Deadline.within(
                LONG,
                () -> {
                  throw new IllegalStateException("its own error");
                }));
  }

  @Test
  void aParserThatWasGivenUpEnds() throws InterruptedException {
    String source = "program p() {" + " log 1".repeat(300_000) + " }";
    CountDownLatch ended = new CountDownLatch(1);
    Optional<Compiler.Result> result =
        Deadline.within(
            Duration.ofMillis(50),
            () -> {
              try {
                return Compiler.compile("p.sgl", source);
              } finally {
                ended.countDown();
              }
            });
    assertEquals(Optional.empty(), result);
    assertTrue(ended.await(30, TimeUnit.SECONDS), "the thread is free again");
  }
}
