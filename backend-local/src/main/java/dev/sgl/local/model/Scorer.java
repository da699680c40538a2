package dev.sgl.local.model;

import java.util.List;
import java.util.OptionalInt;

/// From the states of a text to scores of labels, as data.
///
/// @param state that is read
/// @param padding a token that is no part of a text where it ends it
/// @param layers one after the other; the last has an output for each label
public record Scorer(State state, OptionalInt padding, List<Dense> layers, List<String> labels) {
  public Scorer {
    layers = List.copyOf(layers);
    labels = List.copyOf(labels);
  }

  /// The number of tokens up to the last that is no padding, or of all if there is no other.
  public int length(int[] tokens) {
    int end = tokens.length;
    while (end > 0 && padding.isPresent() && tokens[end - 1] == padding.getAsInt()) {
      end--;
    }
    return end == 0 ? tokens.length : end;
  }

  /// A token of the text.
  public enum State {
    FIRST,
    LAST
  }
}
