package dev.sgl.chat;

import dev.sgl.backend.BackendException;
import dev.sgl.conversation.Conversation;
import dev.sgl.conversation.Fork;
import dev.sgl.conversation.GenOption;
import dev.sgl.conversation.Speech;
import dev.sgl.program.Role;
import dev.sgl.program.TypeException;
import dev.sgl.run.RunException;
import dev.sgl.run.RunListener;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/// A conversation with a model. Each method adds to the conversation, or lets the model add to it,
/// and returns when that is done; branches of a fork continue at the same time.
///
/// A conversation belongs to the thread that it was given to.
public final class Chat {
  private final Speech speech;
  private final RunListener listener;
  private final Thread owner = Thread.currentThread();

  Chat(Speech speech, RunListener listener) {
    this.speech = speech;
    this.listener = listener;
  }

  private Chat in(Speech other) {
    return new Chat(other, listener);
  }

  Conversation conversation() {
    return speech.conversation();
  }

  String branch() {
    return speech.branch();
  }

  /// @throws IllegalStateException if another thread owns the conversation, or it has ended
  private void requireOpen() {
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "a conversation belongs to the thread that it was given to; a fork gives a branch to each of several");
    }
    if (speech.tasks().isClosed()) {
      throw new IllegalStateException("the conversation has ended");
    }
  }

  // --- messages

  /// A message of the system.
  public Chat system(String text) {
    return message(Role.SYSTEM, text);
  }

  /// A message of the user.
  public Chat user(String text) {
    return message(Role.USER, text);
  }

  /// A message of the user, such as one with a picture.
  ///
  /// @return what `message` returns
  public <T> T user(Function<Turn, T> message) {
    return message(Role.USER, message);
  }

  /// A message that the assistant is taken to have written.
  public Chat assistant(String text) {
    return message(Role.ASSISTANT, text);
  }

  /// A message of the assistant: its written beginning, and the text that the model adds.
  ///
  /// @return what `message` returns
  public <T> T assistant(Function<Turn, T> message) {
    return message(Role.ASSISTANT, message);
  }

  /// Text in no message, and what the model says to it: for models that complete.
  ///
  /// @return what `text` returns
  public <T> T raw(Function<Turn, T> text) {
    requireOpen();
    return text.apply(new Turn(this, speech));
  }

  private Chat message(Role role, String text) {
    requireOpen();
    speech.begin(role);
    speech.say(text);
    speech.end();
    return this;
  }

  private <T> T message(Role role, Function<Turn, T> message) {
    requireOpen();
    speech.begin(role);
    try {
      return message.apply(new Turn(this, speech));
    } finally {
      speech.end();
    }
  }

  // --- copies of the conversation

  /// Starts `count` branches from everything said so far; the first one's number is 0.
  public <T> Forked<T> fork(int count, Function<Chat, T> branch) {
    if (count < 0) {
      throw new IllegalArgumentException("there cannot be " + count + " branches");
    }
    return fork(IntStream.range(0, count).boxed().toList(), (chat, _) -> branch.apply(chat));
  }

  /// Starts a branch for each element from everything said so far.
  public <E, T> Forked<T> fork(List<E> elements, BiFunction<Chat, E, T> branch) {
    requireOpen();
    Fork fork = speech.fork(false);
    String name = conversation().child("fork");
    return new Forked<>(
        fork,
        conversation(),
        IntStream.range(0, elements.size())
            .mapToObj(
                i ->
                    fork.branch(
                        name + "[" + i + "]",
                        copy -> new Forked.Outcome(branch.apply(in(copy), elements.get(i)))))
            .toList());
  }

  /// Runs `block` in a copy of the conversation, which is dropped at the end.
  public <T> T scratch(Function<Chat, T> block) {
    requireOpen();
    return speech.scratch(copy -> block.apply(in(copy)));
  }

  /// Does `block`; if a value cannot be had or a [#check] fails, the conversation returns to
  /// where it was, and `block` is done again, up to `times` times in all.
  ///
  /// @throws RunException if it never goes well
  public <T> T retry(int times, Function<Chat, T> block) {
    requireOpen();
    if (times < 1) {
      throw new IllegalArgumentException("at least one attempt is needed, not " + times);
    }
    for (int attempt = 1; ; attempt++) {
      try {
        return speech.attempt("retry", copy -> block.apply(in(copy)));
      } catch (RunException | TypeException | BackendException e) {
        listener.retried(branch(), attempt, String.valueOf(e.getMessage()));
        if (attempt == times) {
          throw e;
        }
      }
    }
  }

  /// Fails the [#retry] around it, or the whole, unless `condition` holds.
  ///
  /// @throws RunException if not
  public Chat check(boolean condition, String message) {
    if (!condition) {
      throw Caller.located(new TypeException(message), branch());
    }
    return this;
  }

  /// Default options for all that is generated in `block`.
  public <T> T with(List<GenOption> more, Function<Chat, T> block) {
    Map<String, Object> given = new LinkedHashMap<>();
    more.forEach(option -> given.put(option.name(), option.value()));
    return block.apply(in(speech.with(given)));
  }
}
