package dev.sgl.local.engine;

import dev.sgl.local.sample.Sampler;
import dev.sgl.local.schedule.Sequence;
import java.util.concurrent.CompletableFuture;

/// A sequence that is only read: the log-probabilities of its tokens from `from` on, and those of
/// some tokens that may follow its last.
final class ScoredSequence extends Sequence {
  /// @param sum of the log-probabilities of the tokens from `from` on
  /// @param next log-probability of each token that may follow
  record Scores(double sum, double[] next) {}

  private final int[] next;
  private int wanted; // the first position whose logits are missing
  private double sum;
  private final double[] nextLogprobs;
  private final CompletableFuture<Scores> scores = new CompletableFuture<>();

  /// @param from at least 1, at most the number of tokens
  /// @param next tokens that may follow
  ScoredSequence(int[] tokens, int from, int[] next, Terms terms) {
    super(tokens, terms);
    this.next = next;
    this.wanted = from - 1;
    this.nextLogprobs = new double[next.length];
  }

  CompletableFuture<Scores> scores() {
    return scores;
  }

  @Override
  public int firstWanted() {
    return wanted;
  }

  @Override
  public boolean accept(int position, float[] logits) {
    double all = Sampler.logSum(logits);
    wanted = position + 1;
    if (wanted < length()) {
      sum += logits[tokens()[wanted]] - all;
      return false;
    }
    for (int i = 0; i < next.length; i++) {
      nextLogprobs[i] = logits[next[i]] - all;
    }
    return true;
  }

  @Override
  public void fail(RuntimeException error) {
    scores.completeExceptionally(error);
  }

  @Override
  public void finish() {
    scores.complete(new Scores(sum, nextLogprobs));
  }
}
