package dev.sgl.local.engine;

import dev.sgl.local.kernel.KvPool;
import dev.sgl.local.kernel.Logits;
import dev.sgl.local.model.Model;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// The step of a synchronous model. While it computes, another thread prepares the next batch.
final class WaitingStep implements Step {
  private final Model model;
  private final KvPool pool;
  private final Answers answers;
  private final Consumer<PlannedBatch> prepare;
  private final Executor planner;

  /// @param prepare the part of a step that needs no logits
  /// @param planner the thread that runs `prepare`
  WaitingStep(
      Model model, KvPool pool, Answers answers, Consumer<PlannedBatch> prepare, Executor planner) {
    this.model = model;
    this.pool = pool;
    this.answers = answers;
    this.prepare = prepare;
    this.planner = planner;
  }

  @Override
  public void run(PlannedBatch batch) {
    long start = System.nanoTime();
    answers.take(answers.pick(batch, compute(batch), start));
  }

  private Logits compute(PlannedBatch batch) {
    CompletableFuture<Void> ready =
        CompletableFuture.runAsync(() -> prepare.accept(batch), planner);
    try {
      return model.forward(batch.batch(), pool);
    } finally {
      ready.join(); // nothing is touched while the other thread has it
    }
  }

  @Override
  public void takeAnswers() {
    // those of a batch are taken with it
  }
}
