package dev.sgl.local.reading;

import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;

/// A sequence that is only read: the log-probabilities of its tokens from `from` on, and those of
/// some tokens that may follow its last.
public final class ScoredSequence extends ReadSequence<ScoredSequence.Scores> {
  /// @param sum of the log-probabilities of the tokens from `from` on
  /// @param next log-probability of each token that may follow
  public record Scores(double sum, double[] next) {}

  private final int[] next;
  private int wanted; // the first position whose logits are missing
  private double sum;
  private final double[] nextLogprobs;

  /// @param from at least 1, at most the number of tokens
  /// @param next tokens that may follow
  public ScoredSequence(int[] tokens, int from, int[] next, Terms terms) {
    super(tokens, terms);
    this.next = next;
    this.wanted = from - 1;
    this.nextLogprobs = new double[next.length];
  }

  @Override
  public int firstWanted() {
    return wanted;
  }

  @Override
  public Draw draw(int position) {
    return Draw.score(position + 1 < length() ? new int[] {tokens()[position + 1]} : next);
  }

  @Override
  public boolean accept(int position, Picked picked) {
    if (position < wanted) { // computed again after the sequence had to wait
      return false;
    }
    wanted = position + 1;
    if (wanted < length()) {
      sum += picked.scores()[0];
      return false;
    }
    System.arraycopy(picked.scores(), 0, nextLogprobs, 0, next.length);
    return true;
  }

  @Override
  protected Scores outcome() {
    return new Scores(sum, nextLogprobs);
  }
}
