package dev.sgl.local.engine;

import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.schedule.Sequence;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/// A sequence that takes the likeliest token, and those that must follow it, until it has as many
/// as it wants.
public class GreedySequence extends Sequence {
  private final int count;
  private final CompletableFuture<int[]> answer = new CompletableFuture<>();

  public GreedySequence(int[] prompt, int count, int priority, String namespace) {
    super(prompt, new Terms(prompt.length + count, priority, namespace));
    this.count = count;
  }

  /// The tokens that must follow `token`, as if a constraint forced them: mostly none.
  static int[] forced(int token) {
    int count = token % 7 == 0 ? token * 3 % 100 : 0;
    return IntStream.range(0, count).map(i -> (token + i) % 50).toArray();
  }

  /// The tokens that were generated.
  CompletableFuture<int[]> answer() {
    return answer;
  }

  @Override
  public int firstWanted() {
    return length() - 1;
  }

  @Override
  public boolean continues() {
    return generated() + 1 < count;
  }

  @Override
  public Draw draw(int position) {
    return Draw.greedy(new long[0], Draw.Logprobs.NONE);
  }

  @Override
  public boolean accept(int position, Picked picked) {
    append(picked.token());
    for (int token : forced(picked.token())) {
      if (generated() < count) {
        append(token);
      }
    }
    return generated() == count;
  }

  @Override
  public void finish() {
    answer.complete(Arrays.copyOfRange(tokens(), promptLength(), length()));
  }

  @Override
  public void fail(RuntimeException error) {
    answer.completeExceptionally(error);
  }
}
