package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import java.util.List;

/// Hears an answer while it comes, piece by piece.
public interface Heard {
  /// Hears nothing.
  Heard NOTHING = new Heard() {};

  /// The model thinks `text`.
  default void thought(String text) {}

  /// The model says `text`.
  ///
  /// @param logprobs of tokens that it is, if they were asked for
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
