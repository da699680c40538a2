package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import java.util.List;

/// Is called with the pieces of an answer while it is generated, on the thread that generates
/// it.
public interface Heard {
  /// Ignores all pieces.
  Heard NOTHING = new Heard() {};

  /// A piece of the thought.
  default void thought(String text) {}

  /// A piece of the text.
  ///
  /// @param logprobs of its tokens, if they were requested
  default void said(String text, List<Reply.Logprob> logprobs) {}

  /// Tokens of the answer so far; told before each piece of text.
  default void counted(int tokens) {}

  /// The model calls a tool; its arguments follow.
  default void called(int index, String id, String name) {}

  /// A piece of the arguments of a call, as JSON.
  default void argued(int index, String json) {}

  /// The answer is whole.
  default void ended(Answer answer) {}
}
