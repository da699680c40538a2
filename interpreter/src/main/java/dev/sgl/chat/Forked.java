package dev.sgl.chat;

import dev.sgl.conversation.Conversation;
import dev.sgl.conversation.Fork;
import dev.sgl.run.RunException;
import dev.sgl.task.Pending;
import java.util.List;

/// Branches that are running.
///
/// @param <T> the result of each branch
public final class Forked<T> {
  private final Fork fork;
  private final Conversation conversation;
  private final List<Pending> branches;

  Forked(Fork fork, Conversation conversation, List<Pending> branches) {
    this.fork = fork;
    this.conversation = conversation;
    this.branches = branches;
  }

  /// The result of a branch. It is no value of programs, so its parts are not waited for.
  record Outcome(Object value) {}

  /// Waits for all branches.
  ///
  /// @return the results, in the order of the branches
  /// @throws RunException the first error, which has cancelled the others
  public List<T> join() {
    fork.join();
    return values(branches);
  }

  /// Waits for all branches, and adds the messages of each to the conversation that forked,
  /// in order.
  public List<T> joinAppend() {
    return appended(join(), branches, conversation);
  }

  /// The same in a conversation that continues the one that forked, such as the one of a
  /// `retry`.
  public List<T> joinAppend(Chat to) {
    return appended(join(), branches, to.conversation());
  }

  private List<T> appended(List<T> values, List<Pending> kept, Conversation to) {
    fork.append(kept, to);
    return values;
  }

  /// Waits for the first `count` branches that are done, and cancels the others.
  ///
  /// @return the results of these branches, in the order of the branches
  public List<T> first(int count) {
    return values(fork.first(branches, count));
  }

  /// The same, and adds the messages of these branches to the conversation that forked.
  public List<T> firstAppend(int count) {
    List<Pending> first = fork.first(branches, count);
    return appended(values(first), first, conversation);
  }

  @SuppressWarnings("unchecked") // what the branch returned
  private List<T> values(List<Pending> done) {
    return done.stream().map(branch -> (T) ((Outcome) branch.await()).value()).toList();
  }
}
