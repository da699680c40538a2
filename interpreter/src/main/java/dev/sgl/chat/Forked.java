package dev.sgl.chat;

import dev.sgl.conversation.Fork;
import dev.sgl.run.RunException;
import dev.sgl.task.Pending;
import java.util.List;

/// Branches that are running.
///
/// @param <T> what comes of each
public final class Forked<T> {
  private final Fork fork;
  private final List<Pending> branches;

  Forked(Fork fork, List<Pending> branches) {
    this.fork = fork;
    this.branches = branches;
  }

  /// What a branch returned: no value of programs, so nobody looks into it.
  record Outcome(Object value) {}

  /// Waits for all branches.
  ///
  /// @return what they returned, in order
  /// @throws RunException the first error, which has cancelled the others
  public List<T> join() {
    fork.join();
    return values(branches);
  }

  /// Waits for all branches, and adds what they said to the conversation, in order.
  public List<T> joinAppend() {
    List<T> values = join();
    fork.append(branches);
    return values;
  }

  /// Waits for the first `count` branches that are done, and cancels the others.
  ///
  /// @return what those returned, in the order of the branches
  public List<T> first(int count) {
    return values(fork.first(branches, count));
  }

  /// The same, and adds what they said to the conversation.
  public List<T> firstAppend(int count) {
    List<Pending> first = fork.first(branches, count);
    fork.append(first);
    return values(first);
  }

  @SuppressWarnings("unchecked") // what the branch returned
  private List<T> values(List<Pending> done) {
    return done.stream().map(branch -> (T) ((Outcome) branch.await()).value()).toList();
  }
}
