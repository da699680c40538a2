package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import java.util.List;
import java.util.Optional;

/// What a model has answered.
///
/// @param thought what it thought, if it did
/// @param text what it said
/// @param tokens of the text, where they are all of it
/// @param stop the stop text that came, or the name of the stop token
/// @param thoughtTokens of the generated ones
/// @param logprobs of the text's tokens, if they were asked for
public record Answer(
    Optional<String> thought,
    String text,
    List<Integer> tokens,
    List<ToolCall> calls,
    Finish finish,
    Optional<String> stop,
    Reply.Usage usage,
    int thoughtTokens,
    List<Reply.Logprob> logprobs) {
  public Answer {
    tokens = List.copyOf(tokens);
    calls = List.copyOf(calls);
    logprobs = List.copyOf(logprobs);
  }

  /// A call of a tool.
  ///
  /// @param arguments JSON
  public record ToolCall(String id, String name, String arguments) {}

  /// Why an answer ended.
  public enum Finish {
    /// The model ended it, its type allowed no more, or a stop text came.
    STOP,
    /// There was no room for more.
    LENGTH,
    /// Tools were called.
    CALLS
  }
}
