package dev.sgl.local.engine;

import dev.sgl.local.cache.KvCache;
import dev.sgl.local.engine.EngineListener.BatchReport;
import dev.sgl.local.engine.EngineListener.Outcome;
import dev.sgl.local.engine.EngineListener.RequestReport;
import dev.sgl.local.kernel.Busy;
import dev.sgl.local.reading.ReadSequence;
import dev.sgl.local.schedule.Counters;
import dev.sgl.local.schedule.Piece;
import dev.sgl.local.schedule.Scheduler;
import dev.sgl.local.schedule.Sequence;
import dev.sgl.local.schedule.Timeline;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// The counters of the engine. Written by the thread that owns the scheduler, read by any thread.
final class EngineRecord {
  private final List<EngineListener> listeners = new CopyOnWriteArrayList<>();
  private long requests;
  private long generatedTokens;
  private long forcedTokens;
  private volatile EngineStats stats = EngineStats.NONE;

  void listen(EngineListener listener) {
    listeners.add(listener);
  }

  EngineStats stats() {
    return stats;
  }

  /// Records the current counters of the scheduler and the cache, and the tokens that its sequences
  /// have got since the last time.
  void count(Scheduler scheduler, KvCache cache) {
    scheduler.all().forEach(this::addNew);
    Counters counters = scheduler.counters();
    stats =
        new EngineStats(
            requests,
            new EngineStats.Sequences(
                scheduler.running(), scheduler.waiting(), counters.retractions()),
            new EngineStats.Tokens(
                counters.promptTokens(),
                counters.cachedTokens(),
                counters.computedPromptTokens(),
                counters.recomputedTokens(),
                generatedTokens,
                forcedTokens),
            counters.batches(),
            counters.rows(),
            new EngineStats.Pages(
                cache.pages(), cache.freePages(), cache.evictablePages(), cache.evictions()));
  }

  private void addNew(Sequence sequence) {
    Timeline times = sequence.times();
    int forced = times.forcedTokens() - times.countedForced();
    int all = sequence.generated() - times.counted();
    forcedTokens += forced;
    generatedTokens += all - forced;
    times.count(sequence.generated());
  }

  /// A batch was computed; its sequences do not have their tokens yet.
  void batch(List<Piece> pieces, long start, Scheduler scheduler, KvCache cache) {
    count(scheduler, cache);
    if (listeners.isEmpty()) {
      return;
    }
    int prompt = pieces.stream().filter(Piece::isPrefill).mapToInt(Piece::rows).sum();
    int all = pieces.stream().mapToInt(Piece::rows).sum();
    BatchReport report =
        new BatchReport(start, System.nanoTime(), pieces.size(), prompt, all - prompt, stats);
    tell(listener -> listener.batch(report));
  }

  /// The device has computed a batch.
  void busy(List<Busy> times) {
    times.forEach(t -> tell(listener -> listener.busy(t.what(), t.start(), t.end())));
  }

  /// A request has ended.
  void ended(Sequence sequence, Outcome outcome) {
    Timeline times = sequence.times();
    times.finished(System.nanoTime());
    int generated = sequence.generated();
    requests++;
    addNew(sequence);
    RequestReport report =
        new RequestReport(
            outcome,
            sequence instanceof ReadSequence<?>,
            sequence.isCutOff(),
            new RequestReport.Times(
                times.submitted(), times.admitted(), times.firstToken(), times.finished()),
            new RequestReport.Tokens(
                sequence.promptLength(), times.cachedTokens(), generated, times.forcedTokens()),
            times.cuts(),
            times.retractions());
    tell(listener -> listener.request(report));
  }

  /// A listener that fails is removed; the engine continues.
  private void tell(Consumer<EngineListener> what) {
    for (EngineListener listener : listeners) {
      try {
        what.accept(listener);
      } catch (RuntimeException | Error e) {
        listeners.remove(listener);
        System.getLogger(EngineRecord.class.getName())
            .log(System.Logger.Level.WARNING, "an engine's listener failed and is left out", e);
      }
    }
  }
}
