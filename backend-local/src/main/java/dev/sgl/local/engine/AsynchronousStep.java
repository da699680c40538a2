package dev.sgl.local.engine;

import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.model.Model;
import java.util.Optional;
import java.util.function.Consumer;

/// The step of an asynchronous model. The next batch is in flight before the tokens of this one are
/// read, so that the device never waits: a sequence continues with a token that is only on the
/// device, and rows computed for a sequence that has ended are discarded.
final class AsynchronousStep implements Step {
  private final Model model;
  private final KvPool pool;
  private final Answers answers;
  private final Consumer<PlannedBatch> prepare;
  private Optional<Answers.InFlight> pending = Optional.empty();

  /// @param prepare the part of a step that needs no logits
  AsynchronousStep(Model model, KvPool pool, Answers answers, Consumer<PlannedBatch> prepare) {
    this.model = model;
    this.pool = pool;
    this.answers = answers;
    this.prepare = prepare;
  }

  @Override
  public void run(PlannedBatch batch) {
    long start = System.nanoTime();
    Logits logits = model.forward(batch.batch(), pool);
    takeAnswers();
    prepare.accept(batch);
    Answers.InFlight inFlight = answers.pick(batch, logits, start);
    answers.expect(inFlight);
    pending = Optional.of(inFlight);
  }

  @Override
  public void takeAnswers() {
    Optional<Answers.InFlight> before = pending;
    pending = Optional.empty();
    before.ifPresent(answers::take);
  }
}
