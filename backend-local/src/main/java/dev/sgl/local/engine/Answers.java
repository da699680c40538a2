package dev.sgl.local.engine;

import static dev.sgl.local.engine.EngineListener.Outcome.ANSWERED;
import static dev.sgl.local.engine.EngineListener.Outcome.FAILED;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.FaultException;
import dev.sgl.backend.UnavailableException;
import dev.sgl.local.cache.KvCache;
import dev.sgl.local.engine.EngineListener.Outcome;
import dev.sgl.local.engine.PlannedBatch.SampledRow;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.kernel.Logits.Picks;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.schedule.Piece;
import dev.sgl.local.schedule.Scheduler;
import dev.sgl.local.schedule.Sequence;
import java.util.List;
import java.util.stream.IntStream;

/// The draws of the running sequences from the logits of a batch, and the picked tokens on their
/// way back. An error of a sequence fails that sequence alone.
final class Answers {
  private final Scheduler scheduler;
  private final KvCache cache;
  private final EngineRecord record;

  Answers(Scheduler scheduler, KvCache cache, EngineRecord record) {
    this.scheduler = scheduler;
    this.cache = cache;
    this.record = record;
  }

  /// A batch with draws whose results are not read yet.
  ///
  /// @param draws one for each sampled row
  record InFlight(PlannedBatch batch, List<Draw> draws, Picks picks) {}

  /// Starts to pick tokens from the logits of the sampled rows, after the results of the previous
  /// batch were taken.
  ///
  /// @param start when the batch began, by [System#nanoTime]
  InFlight pick(PlannedBatch batch, Logits logits, long start) {
    List<Draw> draws = batch.sampled().stream().map(this::draw).toList();
    giveStates(batch.sampled(), draws, logits);
    InFlight inFlight = new InFlight(batch, draws, logits.pick(draws));
    record.batch(batch.pieces(), start, scheduler, cache);
    batch.pieces().stream().filter(p -> p.sequence().isRunning()).forEach(scheduler::settle);
    return inFlight;
  }

  private Draw draw(SampledRow row) {
    Draw[] draw = {Draw.NOTHING};
    if (row.sequence().isRunning() && row.position() >= row.sequence().firstWanted()) {
      guarded(row.sequence(), () -> draw[0] = row.sequence().draw(row.position()));
    }
    return draw[0];
  }

  private static void giveStates(List<SampledRow> rows, List<Draw> draws, Logits logits) {
    int[] wanted =
        IntStream.range(0, rows.size())
            .filter(i -> draws.get(i) instanceof Draw.HiddenState)
            .toArray();
    List<float[]> states = logits.states(wanted);
    for (int i = 0; i < wanted.length; i++) {
      SampledRow row = rows.get(wanted[i]);
      row.sequence().state(row.position(), states.get(i));
    }
  }

  /// Marks the sequences that continue after the token in flight, so that the next batch has a row
  /// for that token.
  void expect(InFlight inFlight) {
    int row = 0;
    for (Piece piece : inFlight.batch().pieces()) {
      row += piece.end() - piece.wanted();
      boolean drawn = piece.wanted() < piece.end() && inFlight.draws().get(row - 1).picks();
      if (drawn && piece.sequence().continues()) {
        piece.sequence().expect(row - 1);
      }
    }
  }

  /// Waits for the picked tokens and gives them to the sequences.
  void take(InFlight inFlight) {
    List<Picked> picked = inFlight.picks().await();
    record.busy(inFlight.picks().busy());
    inFlight.batch().pieces().forEach(piece -> piece.sequence().expectNothing());
    List<SampledRow> rows = inFlight.batch().sampled();
    for (int i = 0; i < rows.size(); i++) {
      SampledRow row = rows.get(i);
      if (!(inFlight.draws().get(i) instanceof Draw.Nothing) && !row.sequence().isEnded()) {
        accept(row, picked.get(i));
      }
    }
  }

  private void accept(SampledRow row, Picked picked) {
    Sequence sequence = row.sequence();
    guarded(
        sequence,
        () -> {
          if (sequence.accept(row.position(), picked)) {
            scheduler.finish(sequence);
            ended(sequence, ANSWERED);
            sequence.finish();
          } else if (sequence.isRewound()) {
            scheduler.requeue(sequence);
          }
        });
  }

  /// Runs work for a sequence. An error fails this sequence alone.
  private void guarded(Sequence sequence, Runnable work) {
    try {
      work.run();
    } catch (BackendException e) {
      fail(sequence, e);
    } catch (OutOfMemoryError e) {
      fail(sequence, noMemory(e));
      scheduler.checkInvariants(); // the error may have interrupted the release of pages
    } catch (RuntimeException | StackOverflowError e) {
      fail(sequence, new FaultException("the generation failed: " + e.getMessage(), e));
    }
  }

  static UnavailableException noMemory(OutOfMemoryError error) {
    return UnavailableException.passing("there is no memory for the request", error);
  }

  private void fail(Sequence sequence, BackendException error) {
    scheduler.drop(sequence);
    ended(sequence, FAILED);
    sequence.fail(error);
  }

  void ended(Sequence sequence, Outcome outcome) {
    record.ended(sequence, outcome);
    record.count(scheduler, cache);
  }
}
