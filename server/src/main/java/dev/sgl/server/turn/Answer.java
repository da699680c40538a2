package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import java.util.List;
import java.util.Optional;

/// The answer of a model.
///
/// @param thought the text of the model's thought, if it thought
/// @param thoughtTokens of the generated ones
/// @param tokens all that were generated: of thoughts, calls and the end, too
public record Answer(
    Optional<String> thought,
    Spoken spoken,
    List<ToolCall> calls,
    End end,
    Reply.Usage usage,
    int thoughtTokens,
    List<Integer> tokens) {
  public Answer {
    tokens = List.copyOf(tokens);
    calls = List.copyOf(calls);
  }

  /// The text of the answer, without thoughts and calls.
  public String text() {
    return spoken.text();
  }

  /// Why the answer ended.
  public Finish finish() {
    return end.finish();
  }

  /// The text of an answer and its tokens.
  ///
  /// @param tokens of the text, where they are all of it; else none
  /// @param logprobs of the text's tokens, if they were requested
  public record Spoken(String text, List<Integer> tokens, List<Reply.Logprob> logprobs) {
    /// No text.
    public static final Spoken NOTHING = new Spoken("", List.of(), List.of());

    public Spoken {
      tokens = List.copyOf(tokens);
      logprobs = List.copyOf(logprobs);
    }
  }

  /// The end of an answer.
  ///
  /// @param stop the stop text that came, or the name of the stop token
  public record End(Finish finish, Optional<String> stop) {}

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
