package dev.sgl.local.model;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// From the states of a text to scores of labels, as data.
///
/// @param state that is read
/// @param padding a token that is no part of a text where it ends it
/// @param end a token that ends each text
/// @param layers one after the other; the last has an output for each label
public record Scorer(
    State state, OptionalInt padding, OptionalInt end, List<Dense> layers, List<String> labels) {
  public Scorer {
    layers = List.copyOf(layers);
    labels = List.copyOf(labels);
  }

  /// Texts that end as they are.
  public Scorer(State state, OptionalInt padding, List<Dense> layers, List<String> labels) {
    this(state, padding, OptionalInt.empty(), layers, labels);
  }

  /// The tokens of a text that are read: up to the last that is no padding, and the end.
  public int[] read(int[] tokens) {
    int length = length(tokens);
    int[] read = Arrays.copyOf(tokens, length);
    if (end.isEmpty() || length > 0 && read[length - 1] == end.getAsInt()) {
      return read;
    }
    int[] ended = Arrays.copyOf(read, length + 1);
    ended[length] = end.getAsInt();
    return ended;
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
