package dev.sgl.chat;

import dev.sgl.backend.Backend;
import dev.sgl.conversation.Speech;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import dev.sgl.task.TaskLimit;
import java.util.OptionalLong;
import java.util.function.Function;

/// A model, and how one talks to it. Any number of conversations may run at once.
public record Session(Backend backend, RunOptions options) {

  /// The same with a listener.
  public Session listening(RunListener listener) {
    return new Session(backend, options.withListener(listener));
  }

  /// The same, repeatable.
  public Session seeded(long seed) {
    return new Session(backend, options.withSeed(OptionalLong.of(seed)));
  }

  /// The same with other options.
  public Session with(RunOptions other) {
    return new Session(backend, other);
  }

  /// Holds a conversation and returns the result of `talk`.
  ///
  /// @throws dev.sgl.run.RunException if a value cannot be had
  public <T> T run(Function<Chat, T> talk) {
    return Speech.hold(
        "chat",
        backend,
        options,
        new TaskLimit(Integer.MAX_VALUE),
        speech -> talk.apply(new Chat(speech, options.listener())));
  }

  /// Starts a conversation on a thread of its own; closing the returned run cancels it.
  public <T> Running<T> start(Function<Chat, T> talk) {
    return Running.start("chat", () -> run(talk));
  }
}
