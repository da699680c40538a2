package dev.sgl.local.reading;

import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;

/// A prompt that is read for its hidden states, pooled to one vector.
public final class EmbeddedPrompt extends ReadSequence<float[]> {
  private final Pooling pooling;
  private final int[] segments;
  private float[] pooled = {};
  private int known; // the first position whose state is missing

  /// A sequence that reads `tokens` and generates none.
  ///
  /// @param segments of each token
  public EmbeddedPrompt(int[] tokens, int[] segments, Pooling pooling, Terms terms) {
    super(tokens, terms);
    this.segments = segments;
    this.pooling = pooling;
  }

  @Override
  public int segment(int position) {
    return segments[position];
  }

  @Override
  public int firstWanted() {
    return pooling == Pooling.LAST ? last() : known;
  }

  /// The position whose state is the last one that is needed.
  private int last() {
    return pooling == Pooling.FIRST ? 0 : length() - 1;
  }

  @Override
  public Draw draw(int position) {
    return position <= last() ? Draw.STATE : Draw.NOTHING;
  }

  @Override
  public void state(int position, float[] state) {
    if (position < known) { // computed again after the sequence had to wait
      return;
    }
    known = position + 1;
    if (pooled.length == 0) {
      pooled = state; // of one position, or the first, whose weight is 1
      return;
    }
    for (int i = 0; i < pooled.length; i++) {
      pooled[i] =
          switch (pooling) {
            case MAX -> Math.max(pooled[i], state[i]);
            case WEIGHTED_MEAN -> pooled[i] + state[i] * (position + 1);
            case MEAN, MEAN_SQRT_LENGTH, FIRST, LAST -> pooled[i] + state[i];
          };
    }
  }

  @Override
  public boolean accept(int position, Picked picked) {
    return position == last();
  }

  @Override
  protected float[] outcome() {
    double count = length();
    double divisor =
        switch (pooling) {
          case MEAN -> count;
          case MEAN_SQRT_LENGTH -> Math.sqrt(count);
          case WEIGHTED_MEAN -> count * (count + 1) / 2;
          case FIRST, LAST, MAX -> 1;
        };
    float[] vector = new float[pooled.length];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (pooled[i] / divisor);
    }
    return vector;
  }
}
