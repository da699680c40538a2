package dev.sgl.local.engine;

/// Computes batches, and decides when the picked tokens of a batch are read.
interface Step {

  void run(PlannedBatch batch);

  /// Reads the picked tokens of a batch in flight, if there is one.
  void takeAnswers();
}
