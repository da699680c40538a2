package dev.sgl.local.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sgl.local.kernel.Cell;
import dev.sgl.local.kernel.Kept;
import dev.sgl.local.kernel.State;
import dev.sgl.local.kernel.host.HostKvPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The cache against a plain list of everything that was ever published, and against what the pages
/// hold: each slot is written with a number that stands for all tokens up to it.
class KvCacheTest {
  private static final Kept KEPT = Kept.of(new Cell(1, 1));

  private static final int OPERATIONS = 100_000;
  private static final int NAMESPACES = 3;

  /// A sequence that runs, and how far it is.
  private static final class Running {
    private final String namespace;
    private final int[] tokens;
    private final Lease lease;
    private int computed;

    Running(String namespace, int[] tokens, Lease lease) {
      this.namespace = namespace;
      this.tokens = tokens;
      this.lease = lease;
      this.computed = lease.published();
    }
  }

  private record Published(String namespace, int[] tokens) {}

  /// One random life of a cache, compared after every step.
  private static final class Duel {
    private final SplittableRandom random;
    private final HostKvPool pool;
    private final KvCache cache;
    private final boolean evicts;
    private final List<Published> list = new ArrayList<>();
    private final List<Running> running = new ArrayList<>();
    private final List<Hold> holds = new ArrayList<>();

    Duel(long seed, int pages, int pageSize, boolean evicts) {
      this.random = new SplittableRandom(seed);
      this.pool = new HostKvPool(KEPT, pages, pageSize, 0);
      this.cache = new KvCache(pool, true);
      this.evicts = evicts;
    }

    void step() {
      switch (random.nextInt(10)) {
        case 0, 1 -> open();
        case 2, 3, 4, 5 -> compute();
        case 6 -> publish();
        case 7 -> close();
        case 8 -> hold();
        default -> release();
      }
      cache.checkInvariants(running.stream().map(r -> r.lease).toList());
    }

    /// Tokens of a small alphabet, often a beginning of what is known and something new.
    private int[] tokens() {
      int[] start = {};
      if (!list.isEmpty() && random.nextInt(4) > 0) {
        int[] known = list.get(random.nextInt(list.size())).tokens();
        start = Arrays.copyOf(known, random.nextInt(known.length + 1));
      }
      int[] tokens = Arrays.copyOf(start, start.length + 1 + random.nextInt(12));
      for (int i = start.length; i < tokens.length; i++) {
        tokens[i] = random.nextInt(3);
      }
      return Arrays.copyOf(tokens, Math.min(tokens.length, 60));
    }

    private void open() {
      String namespace = "n" + random.nextInt(NAMESPACES);
      int[] tokens = tokens();
      int limit = random.nextInt(tokens.length + 1);
      Prefix prefix = cache.find(namespace, tokens, limit);
      int longest = longest(namespace, tokens, limit);
      assertTrue(evicts ? prefix.length() <= longest : prefix.length() == longest);
      int price = cache.price(prefix, tokens.length);
      if (price > cache.availablePages()) {
        return;
      }
      int before = cache.availablePages();
      Lease lease = cache.open(prefix);
      assertTrue(cache.grow(lease, tokens.length));
      assertEquals(price, before - cache.availablePages());
      Running sequence = new Running(namespace, tokens, lease);
      assertEquals(prefix.length(), sequence.computed);
      check(sequence);
      running.add(sequence);
    }

    /// The plain way: the longest common beginning with anything in the list.
    private int longest(String namespace, int[] tokens, int limit) {
      int longest = 0;
      for (Published published : list) {
        if (published.namespace().equals(namespace)) {
          int at = Arrays.mismatch(tokens, published.tokens());
          int common = at < 0 ? tokens.length : at;
          longest = Math.max(longest, Math.min(limit, common));
        }
      }
      return longest;
    }

    private void compute() {
      if (running.isEmpty()) {
        return;
      }
      Running sequence = running.get(random.nextInt(running.size()));
      int end = Math.min(sequence.tokens.length, sequence.computed + 1 + random.nextInt(20));
      for (int p = sequence.computed; p < end; p++) {
        slots(sequence, p)[p % pool.pageSize()] = number(sequence, p);
      }
      sequence.computed = end;
      check(sequence);
    }

    private void publish() {
      if (running.isEmpty()) {
        return;
      }
      Running sequence = running.get(random.nextInt(running.size()));
      cache.publish(sequence.lease, sequence.tokens, sequence.computed);
      list.add(
          new Published(sequence.namespace, Arrays.copyOf(sequence.tokens, sequence.computed)));
      cache.moveHolds();
      running.forEach(this::check);
    }

    private void close() {
      if (running.size() > 6) {
        cache.close(running.remove(random.nextInt(running.size())).lease);
      }
    }

    private void hold() {
      if (holds.size() < 4) {
        holds.add(cache.hold("n" + random.nextInt(NAMESPACES), tokens()));
      }
    }

    private void release() {
      if (!holds.isEmpty()) {
        cache.release(holds.remove(random.nextInt(holds.size())));
      }
    }

    /// What the sequence sees through its page table is what it computed.
    private void check(Running sequence) {
      for (int p = 0; p < sequence.computed; p++) {
        assertEquals(number(sequence, p), slots(sequence, p)[p % pool.pageSize()]);
      }
    }

    private float[] slots(Running sequence, int position) {
      return pool.keys(0, sequence.lease.pages()[position / pool.pageSize()]);
    }

    /// A number for the tokens up to `position` that a float holds exactly.
    private static float number(Running sequence, int position) {
      int hash = sequence.namespace.hashCode();
      for (int i = 0; i <= position; i++) {
        hash = hash * 31 + sequence.tokens[i] + 1;
      }
      return hash & 0xffffff;
    }

    void end() {
      running.forEach(sequence -> cache.close(sequence.lease));
      running.clear();
      holds.forEach(cache::release);
      cache.flush();
      cache.checkInvariants(List.of());
      assertEquals(pool.pages(), cache.freePages());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16})
  void findsWhatAPlainListFinds(int pageSize) {
    int steps = OPERATIONS / 100;
    for (int round = 0; round < 100; round++) { // the list grows, and with it the time of a step
      Duel duel = new Duel(round, 16_000 / pageSize, pageSize, false);
      for (int i = 0; i < steps; i++) {
        duel.step();
      }
      duel.end();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16})
  void keepsEveryPageRightWhereThereAreTooFew(int pageSize) {
    for (int round = 0; round < 20; round++) {
      Duel duel = new Duel(round, 40 + 400 / pageSize, pageSize, true);
      for (int i = 0; i < OPERATIONS / 20; i++) {
        duel.step();
      }
      assertTrue(duel.cache.evictions() > 0);
      duel.end();
    }
  }

  @Test
  void givesUpTheEndOfWhatWasUsedLongestAgo() {
    HostKvPool pool = new HostKvPool(KEPT, 8, 4, 0);
    KvCache cache = new KvCache(pool, true);
    int[] old = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; // 3 pages
    int[] recent = {2, 2, 3, 4, 5, 6, 7, 8}; // 2 pages
    fill(cache, old);
    fill(cache, recent);
    Lease lease = cache.open(cache.find("", new int[] {3}, 0));
    assertTrue(cache.grow(lease, 16)); // 4 pages of the 3 that are free
    assertEquals(8, cache.find("", old, 12).length());
    assertEquals(8, cache.find("", recent, 8).length());
    assertTrue(cache.grow(lease, 24));
    assertEquals(0, cache.find("", old, 12).length());
    assertEquals(8, cache.find("", recent, 8).length());
    assertFalse(cache.grow(lease, 40));
    assertEquals(3, cache.evictions());
  }

  @Test
  void whatIsHeldIsNotEvicted() {
    HostKvPool pool = new HostKvPool(KEPT, 4, 4, 0);
    KvCache cache = new KvCache(pool, true);
    int[] kept = {1, 2, 3, 4, 5, 6};
    Hold hold = cache.hold("", kept); // before anybody has computed it
    fill(cache, kept);
    cache.moveHolds();
    assertEquals(2, cache.availablePages());
    assertFalse(cache.grow(cache.open(cache.find("", new int[] {9}, 0)), 12));
    cache.release(hold);
    assertEquals(4, cache.availablePages());
  }

  @Test
  void namespacesShareNothing() {
    KvCache cache = new KvCache(new HostKvPool(KEPT, 8, 4, 0), true);
    int[] tokens = {1, 2, 3, 4, 5};
    fill(cache, tokens);
    assertEquals(5, cache.find("", tokens, 5).length());
    assertEquals(0, cache.find("other", tokens, 5).length());
  }

  /// A device that is lost copies nothing more.
  @Test
  void aCopyThatFailsKeepsNoPage() {
    KvCache cache =
        new KvCache(
            new FailingPool(new HostKvPool(KEPT, 8, 4, 0), () -> {}, KvCacheTest::lost), true);
    fill(cache, new int[] {1, 2, 3, 4, 5});
    int before = cache.availablePages();
    Prefix prefix = cache.find("", new int[] {1, 2, 3, 9}, 3); // ends inside a page
    assertThrows(IllegalStateException.class, () -> cache.open(prefix));
    assertEquals(before, cache.availablePages());
    cache.checkInvariants(List.of());
  }

  /// A state belongs to one place of one text, so nothing of another sequence can be used.
  @Test
  void sequencesWithStatesShareNothing() {
    Kept kept = KEPT.plus(Kept.of(new State(3)));
    KvCache cache = new KvCache(new HostKvPool(kept, 8, 4, 2), true);
    int[] tokens = {1, 2, 3, 4, 5};
    fill(cache, tokens);
    Prefix prefix = cache.find("", tokens, tokens.length);
    assertEquals(0, prefix.length());
    Lease first = cache.open(prefix);
    Lease second = cache.open(prefix);
    assertNotEquals(first.slot(), second.slot());
    cache.checkInvariants(List.of(first, second));
    cache.close(first);
    assertEquals(first.slot(), cache.open(prefix).slot());
  }

  private static void lost() {
    throw new IllegalStateException("the device is lost");
  }

  private static void fill(KvCache cache, int[] tokens) {
    Lease lease = cache.open(cache.find("", tokens, tokens.length));
    assertTrue(cache.grow(lease, tokens.length));
    cache.publish(lease, tokens, tokens.length);
    cache.close(lease);
  }
}
