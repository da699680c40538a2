package dev.sgl.interpreter;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A conversation: acts of speech in the order in which they were reached, each after the one
/// before it. The routine that reached an act does not wait for it.
final class Conversation {
  private final String branch;
  private final TaskGroup tasks;
  private final Transcript transcript;
  private final AtomicInteger generations = new AtomicInteger();
  private Optional<Pending> last;

  /// @param tasks the group that the acts belong to; it ends with the conversation
  Conversation(String branch, TaskGroup tasks) {
    this(branch, tasks, new Transcript());
  }

  private Conversation(String branch, TaskGroup tasks, Transcript transcript) {
    this.branch = branch;
    this.tasks = tasks;
    this.transcript = transcript;
    this.last = Optional.empty();
  }

  String branch() {
    return branch;
  }

  /// Counts the generations, so that each has a seed of its own.
  int nextGeneration() {
    return generations.getAndIncrement();
  }

  /// Does `act` once all acts before it are done; at once where nothing is waited for and it is
  /// `brief`.
  void then(boolean brief, Consumer<Transcript> act) {
    if (last.isPresent() && last.get().isKnown()) {
      last = Optional.empty();
    }
    if (brief && last.isEmpty()) {
      act.accept(transcript);
      return;
    }
    Optional<Pending> before = last;
    last =
        Optional.of(
            tasks
                .start(
                    branch,
                    () -> {
                      before.ifPresent(Pending::await);
                      act.accept(transcript);
                      return "";
                    })
                .value());
  }

  /// Waits until all that was reached has been said.
  void await() {
    last.ifPresent(Pending::await);
    last = Optional.empty();
  }

  /// A copy for a branch, as of all that was reached so far.
  Pending snapshot() {
    Pending copy = new Pending();
    then(true, t -> copy.complete(t.copy()));
    return copy;
  }

  /// A conversation that goes on from a snapshot.
  static Conversation from(Pending snapshot, String branch, TaskGroup tasks) {
    return new Conversation(branch, tasks, (Transcript) snapshot.await());
  }
}
