package dev.sgl.local.engine;

import dev.sgl.local.sample.Sampler;
import java.util.concurrent.CompletableFuture;

/// A sequence that is only read: the log-probabilities of its tokens from `from` on, and the
/// logits after its last.
final class ScoredSequence extends Sequence {
  /// @param logprobs of the tokens from `from` to the end
  /// @param last log-probabilities of every token after the end
  record Scores(double[] logprobs, float[] last) {}

  private final int from;
  private final double[] logprobs;
  private float[] last = {};
  private final CompletableFuture<Scores> scores = new CompletableFuture<>();

  ScoredSequence(int[] tokens, int from) {
    super(tokens);
    this.from = from;
    this.logprobs = new double[tokens.length - from];
  }

  CompletableFuture<Scores> scores() {
    return scores;
  }

  @Override
  int firstSampled() {
    return from - 1;
  }

  @Override
  boolean accept(int position, float[] logits) {
    double sum = Sampler.logSum(logits);
    if (position + 1 < length) {
      logprobs[position + 1 - from] = logits[tokens[position + 1]] - sum;
      return false;
    }
    for (int i = 0; i < logits.length; i++) {
      logits[i] -= (float) sum;
    }
    last = logits;
    return true;
  }

  @Override
  void fail(RuntimeException error) {
    scores.completeExceptionally(error);
  }

  @Override
  void finish() {
    scores.complete(new Scores(logprobs, last));
  }
}
