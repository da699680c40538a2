package dev.sgl.backend;

import java.util.List;

/// The outcome of a `select`.
///
/// @param index position of the best choice
/// @param scores a score for each choice, higher is better; empty where the backend has none
/// @param tokens token ids of the best choice, where the backend knows them
/// @param healed characters at the prompt's end that the first of these tokens spell, too
/// @param method how the choice was made
public record Selection(
    int index,
    List<Double> scores,
    List<Integer> tokens,
    int healed,
    String method,
    Reply.Usage usage,
    Reply.Timing timing) {
  public Selection {
    scores = List.copyOf(scores);
    tokens = List.copyOf(tokens);
  }
}
