package dev.sgl.local.engine;

import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.model.Model;
import java.util.Optional;
import java.util.function.Consumer;

/// The step of a model that computes by itself. It is always given the next batch before the
/// answers of this one are taken, so that it never waits: sequences go on with tokens that only the
/// device knows yet, and what it computed in vain, because one of them was the last, is forgotten.
final class AsynchronousStep implements Step {
  private final Model model;
  private final KvPool pool;
  private final Answers answers;
  private final Consumer<PlannedBatch> prepare;
  private Optional<Answers.Asked> pending = Optional.empty();

  /// @param prepare what needs no logits
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
    Answers.Asked asked = answers.ask(batch, logits, start);
    answers.expect(asked);
    pending = Optional.of(asked);
  }

  @Override
  public void takeAnswers() {
    Optional<Answers.Asked> before = pending;
    pending = Optional.empty();
    before.ifPresent(answers::take);
  }
}
