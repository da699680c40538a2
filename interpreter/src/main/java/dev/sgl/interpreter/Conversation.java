package dev.sgl.interpreter;

import java.util.HashMap;
import java.util.Map;
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
  private final Map<String, Integer> children = new HashMap<>(); // the routine's thread only
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

  /// The name of a conversation that begins here: `branch/name`, numbered from the second on.
  String child(String name) {
    int count = children.merge(name, 1, Integer::sum);
    return branch + "/" + name + (count == 1 ? "" : "#" + count);
  }

  /// Something to say, once all before it is said.
  interface Act {
    void speak(Transcript transcript);

    /// Hears that this act, or one before it, failed.
    void failed(Throwable error);
  }

  /// Does `act` after all acts before it, on a thread of its own.
  void then(Act act) {
    Optional<Pending> before = last;
    last =
        Optional.of(
            tasks
                .start(
                    branch,
                    () -> {
                      try {
                        before.ifPresent(Pending::await);
                        act.speak(transcript);
                        return transcript;
                      } catch (RuntimeException | Error e) {
                        act.failed(e);
                        throw e;
                      }
                    })
                .value());
  }

  /// Does `act`, which waits for nothing: at once, if nothing before it is still being said.
  void thenBriefly(Consumer<Transcript> act) {
    if (last.isPresent() && last.get().isKnown()) {
      last = Optional.empty();
    }
    if (last.isEmpty()) {
      act.accept(transcript);
      return;
    }
    then(
        new Act() {
          @Override
          public void speak(Transcript transcript) {
            act.accept(transcript);
          }

          @Override
          public void failed(Throwable error) {}
        });
  }

  /// Waits until all that was reached has been said.
  void await() {
    last.ifPresent(Pending::await);
    last = Optional.empty();
  }

  /// A copy for a branch, as of all that was reached so far.
  Pending snapshot() {
    Pending copy = new Pending();
    if (last.isEmpty()) {
      copy.complete(transcript.copy());
      return copy;
    }
    then(
        new Act() {
          @Override
          public void speak(Transcript transcript) {
            copy.complete(transcript.copy());
          }

          @Override
          public void failed(Throwable error) {
            copy.fail(error);
          }
        });
    return copy;
  }

  /// A conversation that goes on from a snapshot.
  static Conversation from(Pending snapshot, String branch, TaskGroup tasks) {
    return new Conversation(branch, tasks, (Transcript) snapshot.await());
  }
}
