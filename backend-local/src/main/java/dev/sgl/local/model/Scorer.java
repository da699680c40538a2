package dev.sgl.local.model;

import java.util.List;

/// From the states of a text to scores of labels, as data.
///
/// @param state that is read
/// @param layers one after the other; the last has an output for each label
public record Scorer(State state, List<Dense> layers, List<String> labels) {
  public Scorer {
    layers = List.copyOf(layers);
    labels = List.copyOf(labels);
  }

  /// A token of the text.
  public enum State {
    FIRST,
    LAST
  }
}
