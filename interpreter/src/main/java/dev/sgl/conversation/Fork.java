package dev.sgl.conversation;

import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Pin;
import dev.sgl.program.TypeException;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/// Branches that continue one conversation, each in a copy. While the branches run, the
/// backend keeps their common prefix. Used by the thread that forks.
public final class Fork {
  private final Speech from;
  private final RunListener listener;
  private final TaskGroup group;
  private final boolean mayFail;
  private final Pending start; // the conversation from which the branches go on
  private final Map<Pending, Pending> said = new LinkedHashMap<>(); // by the branches' values

  Fork(Speech from, Backend backend, RunOptions options, boolean mayFail) {
    this.from = from;
    this.mayFail = mayFail;
    this.listener = options.listener();
    this.group = from.tasks().inner();
    Conversation conversation = from.conversation();
    conversation.thenBriefly(transcript -> group.keep(pin(transcript, backend, options)));
    this.start = conversation.snapshot();
  }

  /// A backend that refuses the prompt refuses it again when a branch speaks, which then fails.
  private static Pin pin(Transcript transcript, Backend backend, RunOptions options) {
    try {
      return transcript
          .said()
          .map(prompt -> backend.pin(prompt, options.scheduling()))
          .orElse(Pin.NONE);
    } catch (BackendException e) {
      return Pin.NONE;
    }
  }

  /// Starts a branch.
  ///
  /// @param name of its conversation, such as `tips/drafts[1]`
  /// @param body runs on a thread of its own
  /// @return the pending result of `body`
  public Pending branch(String name, Function<Speech, Object> body) {
    Pending all = new Pending();
    Supplier<Object> speaking =
        () -> {
          listener.began(name);
          try (TaskGroup own = group.separate()) {
            Conversation copy = Conversation.from(start, name, own);
            return own.during(
                () -> {
                  Object value = body.apply(from.in(copy, own));
                  all.complete(copy.transcript());
                  own.join();
                  return Pending.deep(value);
                });
          } finally {
            listener.ended(name);
          }
        };
    Pending value = group.start(mayFail, name, speaking).value();
    said.put(value, all);
    return value;
  }

  /// Waits for all branches, and raises the first error.
  public void join() {
    try (group) {
      group.join();
    }
  }

  /// Waits until `count` of `branches` are done, and cancels the others.
  ///
  /// @return the values of those that are done, in the order of the branches
  public List<Pending> first(List<Pending> branches, long count) {
    if (count < 1 || count > branches.size()) {
      throw new TypeException(
          "`join … first " + count + "` of a fork that has " + branches.size() + " branches");
    }
    List<Pending> first = new ArrayList<>();
    try (group) {
      group.during(() -> first.addAll(Pending.awaitFirst(branches, (int) count)));
      group.end(
          new TypeException("the branch was cancelled: `join … first " + count + "` had enough"));
    }
    return branches.stream().filter(first::contains).toList();
  }

  /// Adds the messages of the branches whose values are in `kept` to a conversation, in the
  /// order of the branches.
  ///
  /// @param to the conversation that forked, or one that continues it
  public void append(Collection<?> kept, Conversation to) {
    Transcript beginning = (Transcript) start.await();
    said.forEach(
        (value, whole) -> {
          if (kept.contains(value)) {
            Transcript all = (Transcript) whole.await();
            to.thenBriefly(transcript -> transcript.append(all, beginning));
          }
        });
  }

  /// The group of the branches: who forks joins or closes it before going on.
  public TaskGroup group() {
    return group;
  }
}
