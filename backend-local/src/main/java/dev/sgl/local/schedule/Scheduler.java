package dev.sgl.local.schedule;

import dev.sgl.local.cache.Hold;
import dev.sgl.local.cache.KvCache;
import dev.sgl.local.cache.Lease;
import dev.sgl.local.cache.Prefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;

/// Decides which sequences run, and which of their tokens go into the next batch.
///
/// Every batch has tokens of every running sequence: one token of a sequence that generates, and
/// the next chunk of a prompt in prefill. Waiting sequences are admitted while there are pages,
/// those with the longest cached prefix first. A sequence waits while another one computes its next
/// tokens, so that the branches of a fork compute their common prefix once. When pages run out, the
/// sequence of the lowest level with the fewest tokens to compute again is retracted: its keys and
/// values stay in the cache until they are evicted, and the sequence waits again.
///
/// Owned by the engine's thread, and by the planner's while a batch is computed.
public final class Scheduler {
  /// The most new tokens with which a sequence comes before chunks of prompts.
  private static final int SHORT = 32;

  private final KvCache cache;
  private final ScheduleOptions options;
  private final LongSupplier clock;
  private final Reservation reservation = new Reservation();
  private final List<Sequence> waiting = new ArrayList<>();
  private final List<Sequence> running = new ArrayList<>();
  private final Counters counters = new Counters();
  private boolean arranged = true; // whether the waiting sequences are sorted

  /// @param clock nanoseconds
  public Scheduler(KvCache cache, ScheduleOptions options, LongSupplier clock) {
    this.cache = cache;
    this.options = options;
    this.clock = clock;
  }

  /// The number of sequences that have pages and take part in batches.
  public int running() {
    return running.size();
  }

  /// The number of sequences that wait to be admitted.
  public int waiting() {
    return waiting.size();
  }

  /// Whether there are no sequences.
  public boolean isIdle() {
    return running.isEmpty() && waiting.isEmpty();
  }

  /// The counters since the start, which change with the next batch.
  public Counters counters() {
    return counters;
  }

  /// Adds a sequence to those that wait.
  public void submit(Sequence sequence) {
    sequence.times().submitted(clock.getAsLong());
    waiting.add(sequence);
    arranged = false;
  }

  /// Removes the cancelled sequences, frees their pages, and returns them.
  public List<Sequence> dropCancelled() {
    List<Sequence> cancelled = all().stream().filter(Sequence::isCancelled).toList();
    cancelled.forEach(this::drop);
    return cancelled;
  }

  // --- the order of waiting sequences

  /// Looks up the cached prefixes of the waiting sequences and sorts the sequences for [#plan]. It
  /// may be called while a batch is computed.
  public void arrange() {
    long now = clock.getAsLong();
    for (Sequence sequence : waiting) {
      lookUp(sequence);
    }
    waiting.sort(order(now));
    arranged = true;
  }

  /// Finds the cached prefix of a waiting sequence.
  private void lookUp(Sequence sequence) {
    int[] tokens = sequence.tokens();
    int limit = sequence.firstWanted();
    sequence.found(
        sequence.prefix().isPresent()
            ? cache.find(sequence.prefix().get(), tokens, limit)
            : cache.find(sequence.terms().namespace(), tokens, limit));
  }

  private Comparator<Sequence> order(long now) {
    Comparator<Sequence> order = Comparator.comparingLong(s -> -level(s, now));
    order = order.thenComparing(s -> !isImpatient(s, now));
    if (options.order() == Order.LONGEST_PREFIX) {
      order =
          order
              .thenComparingInt(s -> isImpatient(s, now) ? 0 : -length(s))
              .thenComparingInt(s -> isImpatient(s, now) ? 0 : run(s));
    }
    return order.thenComparingLong(s -> s.times().submitted());
  }

  /// Its priority, one more for each time that it waited as long as the patience.
  private long level(Sequence sequence, long now) {
    return sequence.terms().priority() + waited(sequence, now) / options.patience().toNanos();
  }

  private boolean isImpatient(Sequence sequence, long now) {
    return waited(sequence, now) >= options.patience().toNanos();
  }

  private static long waited(Sequence sequence, long now) {
    return now - sequence.times().submitted();
  }

  private static int length(Sequence sequence) {
    return sequence.prefix().map(Prefix::length).orElse(0);
  }

  private static int run(Sequence sequence) {
    return sequence.prefix().map(Prefix::run).orElse(0);
  }

  // --- the next batch

  /// The next batch. It is empty if there are no sequences, or if the last running sequence was
  /// retracted; in the second case the next call returns a batch.
  ///
  /// Every running sequence gets a row. The other rows go first to sequences with few new tokens,
  /// then to waiting sequences, then to long prompts; if there are long prompts, waiting sequences
  /// get half of these rows at most.
  public List<Piece> plan() {
    if (!arranged) {
      arrange();
    }
    long retractions = counters.retractions();
    List<Sequence> going = List.copyOf(running);
    going.forEach(sequence -> sequence.grant(1));
    for (Sequence sequence : going) {
      if (!isLong(sequence)) {
        sequence.grant(Math.min(sequence.due(), 1 + budget()));
      }
    }
    for (Sequence sequence : going) {
      if (sequence.isRunning()) { // and not retracted for another
        makeRoom(sequence);
      }
    }
    List<Sequence> prompts = new ArrayList<>(going);
    prompts.removeIf(sequence -> !sequence.isRunning() || !isLong(sequence));
    if (counters.retractions() == retractions) {
      admit(prompts.isEmpty() ? budget() : (budget() + 1) / 2);
    }
    long now = clock.getAsLong();
    prompts.sort(Comparator.comparingLong(sequence -> -level(sequence, now)));
    for (Sequence sequence : prompts) {
      if (sequence.isRunning()) {
        sequence.grant(Math.min(sequence.due(), 1 + budget()));
        makeRoom(sequence);
      }
    }
    return pieces(retractions);
  }

  private List<Piece> pieces(long retractions) {
    if (running.isEmpty()) {
      return List.of();
    }
    counters.batch();
    if (counters.retractions() == retractions) {
      reservation.shrink();
    }
    return running.stream().map(Piece::of).toList();
  }

  private static boolean isLong(Sequence sequence) {
    return sequence.due() > SHORT;
  }

  /// How many more rows the batch may have.
  private int budget() {
    return options.batchTokens() - running.stream().mapToInt(Sequence::granted).sum();
  }

  /// Gets the sequence pages for the rows that it was granted; others, or itself, are retracted if
  /// need be.
  private void makeRoom(Sequence sequence) {
    while (sequence.isRunning()
        && !cache.grow(sequence.lease(), sequence.computed() + sequence.granted())) {
      if (running.size() > 1 || !cache.releaseOne(this::isWanted)) {
        retract(cheapest());
      }
    }
  }

  /// Whether a waiting sequence begins with the held prefix.
  private boolean isWanted(Hold hold) {
    return waiting.stream()
        .anyMatch(s -> hold.begins(s.terms().namespace(), s.tokens(), s.length()));
  }

  /// The running sequence of the lowest level that would have least to compute again.
  private Sequence cheapest() {
    long now = clock.getAsLong();
    return running.stream()
        .min(
            Comparator.comparingLong((Sequence s) -> level(s, now))
                .thenComparingInt(s -> s.computed() - cache.keptByOthers(s.lease()))
                .thenComparingLong(s -> -s.times().submitted()))
        .orElseThrow();
  }

  private void retract(Sequence sequence) {
    reservation.grow(running);
    counters.retracted();
    sequence.times().retracted();
    stop(sequence);
    waiting.add(sequence);
    arranged = false;
  }

  /// Admits waiting sequences, with `most` rows, while there are pages. If sequences have to be
  /// computed whole, one that no longer fits waits for the next batch.
  private void admit(int most) {
    int budget = most;
    for (Sequence sequence : List.copyOf(waiting)) {
      int least = options.whole() ? sequence.length() : 1;
      if (budget < least || running.size() == options.maxRunning()) {
        break;
      }
      lookUp(sequence);
      if (sequence.isExpecting() || isBeingComputed(sequence)) {
        continue;
      }
      Prefix prefix = sequence.prefix().orElseThrow();
      if (!fits(sequence, prefix)) {
        if (!running.isEmpty()) {
          break;
        }
        prefix = alone(sequence, prefix);
      }
      start(sequence, prefix);
      sequence.grant(Math.min(sequence.due(), budget));
      budget -= sequence.granted();
    }
  }

  /// Whether another sequence is computing the next tokens of this one.
  private boolean isBeingComputed(Sequence sequence) {
    Prefix prefix = sequence.prefix().orElseThrow();
    int limit = sequence.firstWanted();
    return cache.shares()
        && running.stream()
            .anyMatch(
                other ->
                    other.isPrefilling()
                        && prefix.endsWith(other.lease())
                        && common(sequence, other, prefix.length(), limit) > 0);
  }

  private static int common(Sequence a, Sequence b, int from, int limit) {
    int end = Math.max(from, Math.min(limit, b.length()));
    int at = Arrays.mismatch(a.tokens(), from, end, b.tokens(), from, end);
    return at < 0 ? end - from : at;
  }

  private boolean fits(Sequence sequence, Prefix prefix) {
    int pages = cache.price(prefix, sequence.length() + reservation.tokens(sequence));
    for (Sequence other : running) {
      int more = other.length() + reservation.tokens(other);
      pages += cache.pagesFor(more) - other.lease().pages().length;
    }
    return pages <= cache.availablePages();
  }

  /// The prefix with which a sequence can come to its end if no other runs.
  private Prefix alone(Sequence sequence, Prefix prefix) {
    int most = sequence.terms().most();
    while (cache.price(prefix, most) > cache.availablePages() && cache.releaseOne(this::isWanted)) {
      continue; // there are more pages now
    }
    return cache.price(prefix, most) <= cache.availablePages()
        ? prefix
        : cache.find(sequence.terms().namespace(), sequence.tokens(), 0);
  }

  private void start(Sequence sequence, Prefix prefix) {
    Lease lease = cache.open(prefix);
    try {
      cache.grow(lease, sequence.length());
    } catch (RuntimeException | Error e) { // there may be no memory for a page
      cache.close(lease);
      throw e;
    }
    if (sequence.times().admitted() == 0) {
      int cached = Math.min(lease.published(), sequence.promptLength());
      sequence.times().admitted(clock.getAsLong(), cached);
      counters.admitted(sequence.promptLength(), cached);
    }
    sequence.admit(lease);
    waiting.remove(sequence);
    running.add(sequence);
  }

  // --- after a batch

  /// The piece has been computed.
  public void settle(Piece piece) {
    Sequence sequence = piece.sequence();
    boolean prefill = sequence.isPrefilling();
    int again = Math.clamp(sequence.reached() - piece.first(), 0, piece.rows());
    int fresh = Math.max(piece.first(), sequence.reached());
    int ofPrompt = Math.max(0, Math.min(piece.end(), sequence.promptLength()) - fresh);
    counters.computed(piece.rows(), again, ofPrompt);
    sequence.computedUpTo(piece.end());
    if (prefill) {
      cache.publish(sequence.lease(), sequence.tokens(), piece.end());
    }
  }

  /// Puts a sequence that has taken tokens back into the queue, where it waits to be admitted
  /// again.
  public void requeue(Sequence sequence) {
    if (sequence.isRunning()) {
      stop(sequence);
      waiting.add(sequence);
      arranged = false;
    }
  }

  /// Ends a sequence that is complete; its keys and values stay in the cache until they are
  /// evicted.
  public void finish(Sequence sequence) {
    if (sequence.isRunning()) {
      stop(sequence);
    }
    drop(sequence);
  }

  /// Takes the pages from a sequence; its keys and values stay in the cache until they are evicted.
  private void stop(Sequence sequence) {
    int known = Math.min(sequence.computed(), sequence.length());
    cache.publish(sequence.lease(), sequence.tokens(), known);
    release(sequence);
  }

  private void release(Sequence sequence) {
    if (running.remove(sequence)) {
      cache.close(sequence.lease());
      sequence.release();
    }
  }

  /// Ends a sequence and frees the pages that it has not published.
  public void drop(Sequence sequence) {
    sequence.end();
    waiting.remove(sequence);
    release(sequence);
  }

  /// All sequences, running and waiting.
  public List<Sequence> all() {
    List<Sequence> all = new ArrayList<>(waiting);
    all.addAll(running);
    return all;
  }

  /// Drops all sequences.
  public void dropAll() {
    all().forEach(this::drop);
  }

  /// Every page has exactly one owner; true, or an error with the numbers.
  public boolean checkInvariants() {
    cache.checkInvariants(running.stream().map(Sequence::lease).toList());
    return true;
  }
}
