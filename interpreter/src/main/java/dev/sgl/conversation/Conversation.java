package dev.sgl.conversation;

import dev.sgl.task.Pending;
import dev.sgl.task.TaskGroup;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// A conversation: acts of speech in the order in which they were reached, each after the one
/// before it. The routine that reached an act does not wait for it.
public final class Conversation {
  private final String branch;
  private final TaskGroup tasks;
  private final Transcript transcript;
  private final AtomicInteger generations = new AtomicInteger();
  private final Map<String, Integer> children = new HashMap<>(); // the routine's thread only
  private Optional<Pending> last;

  /// @param tasks the group that the acts belong to; it ends with the conversation
  public Conversation(String branch, TaskGroup tasks) {
    this(branch, tasks, new Transcript());
  }

  private Conversation(String branch, TaskGroup tasks, Transcript transcript) {
    this.branch = branch;
    this.tasks = tasks;
    this.transcript = transcript;
    this.last = Optional.empty();
  }

  /// The name of the branch, such as `tips/drafts[1]`.
  public String branch() {
    return branch;
  }

  /// Counts the generations, so that each has a seed of its own.
  int nextGeneration() {
    return generations.getAndIncrement();
  }

  /// The name of a conversation that begins here: `branch/name`, numbered from the second on.
  public String child(String name) {
    int count = children.merge(name, 1, Integer::sum);
    return branch + "/" + name + (count == 1 ? "" : "#" + count);
  }

  /// An act of speech, which runs once all acts before it have ended.
  ///
  /// @param failed called with the error if this act, or one before it, fails
  record Act(Consumer<Transcript> speak, Consumer<Throwable> failed) {}

  /// Does `act` after all acts before it, on a thread of its own.
  void then(Act act) {
    Optional<Pending> before = last;
    Supplier<Object> speaking =
        () -> {
          try {
            before.ifPresent(Pending::await);
            act.speak().accept(transcript);
            return transcript;
          } catch (RuntimeException | Error e) {
            act.failed().accept(e);
            throw e;
          }
        };
    last = Optional.of(tasks.start(branch, speaking).value());
  }

  /// Does `act`, which waits for nothing: at once, if nothing before it is still being said.
  void thenBriefly(Act act) {
    if (last.isPresent() && last.get().isKnown()) {
      last = Optional.empty();
    }
    if (last.isEmpty()) {
      act.speak().accept(transcript);
    } else {
      then(act);
    }
  }

  /// Does `speak`, whose failure nobody else waits for.
  public void thenBriefly(Consumer<Transcript> speak) {
    thenBriefly(new Act(speak, _ -> {}));
  }

  /// Runs `work` once all that was reached has been said, or cannot be said any more.
  public void whenSaid(Runnable work) {
    thenBriefly(new Act(_ -> work.run(), _ -> work.run()));
  }

  /// Waits until all that was reached has been said.
  public void await() {
    last.ifPresent(Pending::await);
    last = Optional.empty();
  }

  /// A copy for a branch, as of all that was reached so far.
  public Pending snapshot() {
    Pending copy = new Pending();
    thenBriefly(new Act(t -> copy.complete(t.copy()), copy::fail));
    return copy;
  }

  /// The transcript once all acts that were reached have ended.
  public Transcript transcript() {
    await();
    return transcript.copy();
  }

  /// A conversation that continues from a snapshot.
  public static Conversation from(Pending snapshot, String branch, TaskGroup tasks) {
    return new Conversation(branch, tasks, ((Transcript) snapshot.await()).copy());
  }
}
