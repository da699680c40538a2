package dev.sgl.local.reading;

import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;

/// A prompt that is read for its hidden states, pooled to one vector.
public final class EmbeddedPrompt extends ReadSequence<float[]> {
  private final Pooling pooling;
  private float[] sum = {};
  private int known; // the first position whose state is missing

  /// A sequence that reads `tokens` and generates none.
  public EmbeddedPrompt(int[] tokens, Pooling pooling, Terms terms) {
    super(tokens, terms);
    this.pooling = pooling;
  }

  @Override
  public int firstWanted() {
    return switch (pooling) {
      case MEAN -> known;
      case LAST -> length() - 1;
    };
  }

  @Override
  public Draw draw(int position) {
    return Draw.STATE;
  }

  @Override
  public void state(int position, float[] state) {
    if (position < known) { // computed again after the sequence had to wait
      return;
    }
    known = position + 1;
    if (sum.length == 0) {
      sum = state;
      return;
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] += state[i];
    }
  }

  @Override
  public boolean accept(int position, Picked picked) {
    return position + 1 == length();
  }

  @Override
  protected float[] outcome() {
    int count = pooling == Pooling.MEAN ? length() : 1;
    float[] vector = new float[sum.length];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = sum[i] / count;
    }
    return vector;
  }
}
