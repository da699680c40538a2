package dev.sgl.local.reading;

import dev.sgl.backend.Reply;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// A prompt that is read for the log-probability of each of its tokens, given those before it, and
/// for the likeliest ones in their place.
public final class ScoredPrompt extends ReadSequence<List<Reply.Logprob>> {
  private final int top;
  private final Vocabulary vocabulary;
  private final List<Reply.Logprob> logprobs = new ArrayList<>();

  /// @param tokens at least two
  public ScoredPrompt(int[] tokens, int top, Terms terms, Vocabulary vocabulary) {
    super(tokens, terms);
    this.top = top;
    this.vocabulary = vocabulary;
  }

  @Override
  public int firstWanted() {
    return logprobs.size();
  }

  @Override
  public Draw draw(int position) {
    return position + 1 < length()
        ? new Draw.Scores(
            new Draw.Logprobs(OptionalInt.of(top), new int[] {tokens()[position + 1]}))
        : Draw.NOTHING;
  }

  @Override
  public boolean accept(int position, Picked picked) {
    if (position == logprobs.size()) { // else it is computed again after it had to wait
      int token = tokens()[position + 1];
      logprobs.add(Logprobs.of(token, picked.scores()[0], picked, vocabulary));
    }
    return logprobs.size() == length() - 1;
  }

  @Override
  protected List<Reply.Logprob> outcome() {
    return logprobs;
  }
}
