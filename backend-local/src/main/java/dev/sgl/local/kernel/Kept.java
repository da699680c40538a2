package dev.sgl.local.kernel;

import java.util.List;
import java.util.stream.Stream;

/// The numbers that layers keep of sequences between batches: keys and values of each token, in
/// pages, and states of each sequence, in slots.
///
/// @param cells of the layers that keep keys and values
/// @param states of the layers that keep a state
public record Kept(List<Cell> cells, List<State> states) {
  /// Nothing.
  public static final Kept NOTHING = new Kept(List.of(), List.of());

  public Kept {
    cells = List.copyOf(cells);
    states = List.copyOf(states);
  }

  /// Keys and values of each token.
  public static Kept of(Cell cell) {
    return new Kept(List.of(cell), List.of());
  }

  /// A state of each sequence.
  public static Kept of(State state) {
    return new Kept(List.of(), List.of(state));
  }

  /// The cells and states of both; those of `other` have the next numbers.
  public Kept plus(Kept other) {
    return new Kept(
        Stream.concat(cells.stream(), other.cells.stream()).toList(),
        Stream.concat(states.stream(), other.states.stream()).toList());
  }

  /// Numbers of the keys and values of a token.
  public long numbersPerToken() {
    return cells.stream().mapToLong(cell -> 2L * cell.width()).sum();
  }

  /// Bytes of the states of a sequence.
  public long bytesPerSequence() {
    return states.stream().mapToLong(state -> (long) state.length() * Float.BYTES).sum();
  }
}
