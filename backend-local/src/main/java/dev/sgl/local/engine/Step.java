package dev.sgl.local.engine;

/// How one batch after the other is computed, and when its answers are taken.
interface Step {

  void run(PlannedBatch batch);

  /// Takes the answers that are still on their way, if there are any.
  void takeAnswers();
}
