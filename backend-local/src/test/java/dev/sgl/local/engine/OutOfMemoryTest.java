package dev.sgl.local.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.backend.UnavailableException;
import dev.sgl.local.kernel.Batch;
import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.model.Model;
import java.lang.Thread.UncaughtExceptionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// An engine whose memory is short: every request is answered, and the next ones run; or the engine
/// ends, and its thread says so.
@Timeout(60)
class OutOfMemoryTest {
  private static final int COUNT = 20;

  private static OutOfMemoryError error() {
    return new OutOfMemoryError("Java heap space");
  }

  private static GreedySequence asked(int number) {
    return new GreedySequence(new int[] {number, 1, 2}, COUNT, 0, "");
  }

  private static void assertAnswered(int number, GreedySequence sequence) {
    assertArrayEquals(
        ShadowModel.continuation(new int[] {number, 1, 2}, COUNT), sequence.answer().join());
  }

  /// `lacking` is refused, and the next one answered.
  private static void assertSurvives(Engine engine, GreedySequence lacking) {
    engine.submit(lacking);
    assertRefused(lacking);
    GreedySequence second = asked(2);
    engine.submit(second);
    assertAnswered(2, second);
  }

  private static void assertRefused(GreedySequence sequence) {
    Throwable error =
        assertThrows(CompletionException.class, () -> sequence.answer().join()).getCause();
    UnavailableException refused = assertInstanceOf(UnavailableException.class, error);
    assertTrue(refused.isPassing(), refused.getMessage());
  }

  @Test
  void whatOneRequestLacksIsItsOwn() {
    try (Engine engine = new Engine(new ShadowModel(), LocalOptions.DEFAULT, 400)) {
      List<GreedySequence> sequences = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int kind = i % 3;
        sequences.add(
            new GreedySequence(new int[] {i, 1, 2}, COUNT, 0, "") {
              @Override
              public void prepare() {
                if (kind == 1) {
                  throw error();
                }
              }

              @Override
              public boolean accept(int position, Picked picked) {
                if (kind == 2) {
                  throw error();
                }
                return super.accept(position, picked);
              }
            });
        engine.submit(sequences.getLast());
      }
      for (int i = 0; i < sequences.size(); i++) {
        if (i % 3 == 0) {
          assertAnswered(i, sequences.get(i));
        } else {
          assertRefused(sequences.get(i));
        }
      }
    }
  }

  @Test
  void aBatchThatLacksMemoryIsAnsweredAndTheNextOneRuns() {
    AtomicBoolean lacks = new AtomicBoolean(true);
    Model model =
        new ForwardingModel(new ShadowModel()) {
          @Override
          public Logits forward(Batch batch, KvPool pool) {
            if (batch.rows() == 3 && lacks.get()) { // and not while it warms up
              throw error();
            }
            return super.forward(batch, pool);
          }
        };
    try (Engine engine = new Engine(model, LocalOptions.DEFAULT, 160)) {
      GreedySequence first = asked(1);
      engine.submit(first);
      assertRefused(first);
      lacks.set(false);
      GreedySequence second = asked(2);
      engine.submit(second);
      assertAnswered(2, second);
    }
  }

  @Test
  void aPlanThatLacksMemoryIsAnsweredAndTheNextOneRuns() {
    try (Engine engine = new Engine(new ShadowModel(), LocalOptions.DEFAULT, 160)) {
      GreedySequence first =
          new GreedySequence(new int[] {1, 1, 2}, COUNT, 0, "") {
            @Override
            public int firstWanted() {
              throw error();
            }
          };
      assertSurvives(engine, first);
    }
  }

  /// An engine that waits for requests is no different from one that is busy.
  @Test
  void aRequestThatAnIdleEngineCannotTakeIsAnsweredAndTheNextOneRuns() {
    try (Engine engine = new Engine(new ShadowModel(), LocalOptions.DEFAULT, 160)) {
      GreedySequence first =
          new GreedySequence(new int[] {1, 1, 2}, COUNT, 0, "") {
            @Override
            public boolean isComplete() {
              throw error();
            }
          };
      assertSurvives(engine, first);
    }
  }

  @Test
  void anEngineThatCannotGoOnEndsLoudly() throws Exception {
    CompletableFuture<String> died = new CompletableFuture<>();
    UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, _) -> died.complete(thread.getName()));
    try (Engine engine = new Engine(new ShadowModel(), LocalOptions.DEFAULT, 160)) {
      engine.submit(
          new GreedySequence(new int[] {1, 1, 2}, COUNT, 0, "") {
            @Override
            public int firstWanted() {
              throw error();
            }

            @Override
            public void fail(RuntimeException error) {
              throw error();
            }
          });
      assertEquals("sgl-engine", died.get(30, TimeUnit.SECONDS));
      assertThrows(UnavailableException.class, () -> engine.submit(asked(2)));
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }
}
