package dev.sgl.local.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.cache.FailingPool;
import dev.sgl.local.cache.KvCache;
import dev.sgl.local.engine.GreedySequence;
import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.kernel.State;
import dev.sgl.local.kernel.host.HostKvPool;
import dev.sgl.testing.Property;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Who runs when, by a clock that moves 10 ms with every batch. No model computes anything.
class SchedulerTest {
  private static final long STEP = Duration.ofMillis(10).toNanos();
  private static final Duration PATIENCE = Duration.ofMillis(200);

  private final List<Sequence> finished = new ArrayList<>();
  private long now = STEP;

  private Scheduler scheduler(int pages, int batchTokens, int maxRunning, Order order) {
    KvCache cache = new KvCache(new HostKvPool(Kept.of(new Cell(1, 1)), pages, 16, 0), true);
    return new Scheduler(
        cache, new ScheduleOptions(batchTokens, maxRunning, order, PATIENCE), () -> now);
  }

  /// A page for which there is no memory is nobody's afterwards, and so is the slot of the state.
  @Test
  void anAdmissionThatFailsKeepsNothing() {
    Kept kept = Kept.of(new Cell(1, 1)).plus(Kept.of(new State(4)));
    AtomicBoolean isFull = new AtomicBoolean(true);
    Runnable full =
        () -> {
          if (isFull.get()) {
            throw new OutOfMemoryError("no memory for a page");
          }
        };
    FailingPool pool = new FailingPool(new HostKvPool(kept, 8, 16, 2), full, () -> {});
    Scheduler scheduler =
        new Scheduler(
            new KvCache(pool, true),
            new ScheduleOptions(64, 2, Order.FIRST_COME, PATIENCE),
            () -> now);
    submit(scheduler, sequence(1, 40, 2));
    assertThrows(OutOfMemoryError.class, scheduler::plan);
    scheduler.checkInvariants();
    isFull.set(false);
    assertEquals(1, runAll(scheduler).size());
  }

  /// One batch: its pieces are computed and every token is a 0.
  private List<Piece> step(Scheduler scheduler) {
    List<Piece> pieces = scheduler.plan();
    now += STEP;
    for (Piece piece : pieces) {
      Sequence sequence = piece.sequence();
      scheduler.settle(piece);
      if (piece.end() > sequence.firstWanted()
          && sequence.accept(
              sequence.firstWanted(), new Picked(0, 0, new int[0], new double[0], new double[0]))) {
        scheduler.finish(sequence);
        finished.add(sequence);
      }
    }
    scheduler.checkInvariants();
    return pieces;
  }

  private List<Sequence> runAll(Scheduler scheduler) {
    while (!scheduler.isIdle()) {
      step(scheduler);
    }
    return finished;
  }

  /// A prompt of `length` tokens that begins with `head` and shares nothing else.
  private static Sequence sequence(int[] head, int own, int length, int count, int priority) {
    int[] prompt = IntStream.range(0, length).map(i -> own * 1000 + i).toArray();
    System.arraycopy(head, 0, prompt, 0, Math.min(head.length, length));
    return new GreedySequence(prompt, count, priority, "");
  }

  private static Sequence sequence(int own, int length, int count) {
    return sequence(new int[0], own, length, count, 0);
  }

  private static int[] head() {
    return IntStream.range(0, 64).toArray();
  }

  private Sequence submit(Scheduler scheduler, Sequence sequence) {
    scheduler.submit(sequence);
    return sequence;
  }

  private static int rowsOf(List<Piece> pieces, Sequence sequence) {
    return pieces.stream().filter(p -> p.sequence() == sequence).mapToInt(Piece::rows).sum();
  }

  @Test
  void firstComeIsTheOrderOfArrival() {
    Scheduler scheduler = scheduler(100, 32, 1, Order.FIRST_COME);
    List<Sequence> submitted = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int[] head = i == 3 ? head() : new int[0];
      submitted.add(submit(scheduler, sequence(head, i, 70, 2, 0)));
      now++;
    }
    assertEquals(submitted, runAll(scheduler));
  }

  @Test
  void theLongestCachedBeginningComesFirst() {
    Scheduler scheduler = scheduler(100, 32, 1, Order.LONGEST_PREFIX);
    submit(scheduler, sequence(head(), 1, 70, 2, 0));
    runAll(scheduler);
    finished.clear();
    Sequence other = submit(scheduler, sequence(2, 70, 2));
    now++;
    Sequence cached = submit(scheduler, sequence(head(), 3, 70, 2, 0));
    assertEquals(List.of(cached, other), runAll(scheduler));
    assertEquals(64, cached.times().cachedTokens());
  }

  @Test
  void ahigherPriorityComesFirst() {
    Scheduler scheduler = scheduler(100, 32, 1, Order.LONGEST_PREFIX);
    Sequence low = submit(scheduler, sequence(head(), 1, 20, 2, 0));
    Sequence high = submit(scheduler, sequence(head(), 2, 20, 2, 1));
    assertEquals(List.of(high, low), runAll(scheduler));
  }

  @Test
  void aStreamOfCachedRequestsDelaysOthersNoLongerThanThePatience() {
    Scheduler scheduler = scheduler(100, 32, 2, Order.LONGEST_PREFIX);
    submit(scheduler, sequence(head(), 1, 65, 2, 0));
    runAll(scheduler);
    Sequence other = sequence(2, 40, 2);
    for (int i = 0; i < 200; i++) {
      submit(scheduler, sequence(head(), 3 + 2 * i, 65, 2, 0));
      submit(scheduler, sequence(head(), 4 + 2 * i, 65, 2, 0)); // as many as can run, and more
      if (i == 20) {
        submit(scheduler, other);
      }
      step(scheduler);
    }
    double bound = PATIENCE.toNanos() / 1e6 + 3 * STEP / 1e6;
    assertTrue(other.times().admitted() > 0);
    assertTrue(other.times().queuedMillis() <= bound, other.times().queuedMillis() + " ms");
    assertTrue(other.times().queuedMillis() >= 100, "the cached ones go first as long as they may");
  }

  /// The bound on waiting: nobody is overtaken by one that comes later than its patience, once more
  /// for each priority between them.
  @Test
  void nobodyIsOvertakenForever() {
    Property.forAll(
        30,
        (random, size) -> {
          finished.clear();
          Scheduler scheduler = scheduler(60, 64, 1 + random.nextInt(3), Order.LONGEST_PREFIX);
          List<Sequence> all = new ArrayList<>();
          for (int i = 0; i < 150; i++) {
            all.add(submit(scheduler, random(random, i)));
            for (int steps = random.nextInt(4); steps > 0; steps--) {
              step(scheduler);
            }
          }
          runAll(scheduler);
          assertEquals(all.size(), finished.size());
          all.sort(Comparator.comparingLong(s -> s.times().submitted()));
          for (Sequence early : all) {
            for (Sequence late : all) {
              assertTrue(mayStandSo(early, late), () -> show(early) + " and " + show(late));
            }
          }
        });
  }

  private static Sequence random(SplittableRandom random, int own) {
    int[] head = random.nextBoolean() ? head() : new int[0];
    int priority = random.nextInt(3);
    return sequence(head, own + 1, 20 + random.nextInt(80), 1 + random.nextInt(6), priority);
  }

  private static boolean mayStandSo(Sequence early, Sequence late) {
    int levels = Math.max(0, late.terms().priority() - early.terms().priority()) + 1;
    boolean later =
        late.times().submitted() - early.times().submitted() > levels * PATIENCE.toNanos();
    // one that waits for a sibling's tokens may be a few batches behind
    return !later || early.times().admitted() <= late.times().admitted() + 3 * STEP;
  }

  private static String show(Sequence sequence) {
    return "priority %d from %d ms, admitted at %d ms"
        .formatted(
            sequence.terms().priority(),
            sequence.times().submitted() / 1_000_000,
            sequence.times().admitted() / 1_000_000);
  }

  @Test
  void aLongPromptLeavesRoomForThoseThatCome() {
    Scheduler scheduler = scheduler(1000, 64, 8, Order.LONGEST_PREFIX);
    Sequence prompt = submit(scheduler, sequence(1, 10_000, 2));
    step(scheduler);
    assertEquals(64, rowsOf(step(scheduler), prompt));
    Sequence brief = submit(scheduler, sequence(2, 8, 4));
    assertEquals(8, rowsOf(step(scheduler), brief));
    List<Piece> pieces = step(scheduler);
    assertEquals(1, rowsOf(pieces, brief));
    assertEquals(63, rowsOf(pieces, prompt));
  }

  @Test
  void allThatGenerateAreInEveryBatchAndNoMoreThanMayRun() {
    Scheduler scheduler = scheduler(1000, 40, 5, Order.LONGEST_PREFIX);
    for (int i = 0; i < 12; i++) {
      submit(scheduler, sequence(i, 8, 20));
    }
    for (int i = 0; i < 15; i++) {
      List<Piece> pieces = step(scheduler);
      assertEquals(5, scheduler.running());
      assertEquals(5, pieces.size());
    }
  }

  @Test
  void thePagesOfTheLowestPriorityAreTakenFirst() {
    Scheduler scheduler = scheduler(15, 64, 8, Order.LONGEST_PREFIX); // each comes to need 9
    Sequence low = submit(scheduler, sequence(new int[0], 1, 16, 120, 0));
    step(scheduler);
    Sequence high = submit(scheduler, sequence(new int[0], 2, 16, 120, 100));
    step(scheduler);
    assertEquals(2, scheduler.running());
    assertEquals(List.of(high, low), runAll(scheduler));
    assertEquals(0, high.times().retractions());
    assertEquals(1, low.times().retractions());
  }

  @Test
  void aReservationShrinksWhileAllGoesWellAndGrowsWhenPagesRunOut() {
    Reservation reservation = new Reservation();
    Sequence fresh = sequence(1, 10, 1000);
    assertEquals(700, reservation.tokens(fresh));
    IntStream.range(0, 10_000).forEach(_ -> reservation.shrink());
    assertEquals(100, reservation.tokens(fresh));
    Sequence hungry = sequence(2, 10, 100);
    IntStream.range(0, 70)
        .forEach(_ -> hungry.accept(0, new Picked(0, 0, new int[0], new double[0], new double[0])));
    reservation.grow(List.of(hungry));
    assertTrue(reservation.tokens(fresh) > 800, "it used nearly all it asked for");
  }
}
