package dev.sgl.local.schedule;

import dev.sgl.local.cache.Lease;
import dev.sgl.local.cache.Prefix;
import java.util.Arrays;
import java.util.Optional;

/// Tokens on their way through the model. Owned by the engine once submitted: by its thread, and by
/// the planner's while a batch is computed; only [#cancel] may come from elsewhere.
public abstract class Sequence {
  private final Terms terms;
  private final int promptLength;
  private int[] tokens;
  private int length;
  private volatile boolean cancelled;

  // the scheduler's
  private int computed; // tokens whose keys and values are in the pages
  private int reached; // the most that was ever computed
  private int granted; // rows of the next batch
  private int prefilled; // tokens that it had when it was admitted last
  private Optional<Lease> lease = Optional.empty();
  private Optional<Prefix> prefix = Optional.empty(); // as found last while it waits
  private final Timeline times = new Timeline();

  /// What a sequence may ask of the scheduler.
  ///
  /// @param most tokens that it can grow to
  /// @param priority higher comes first
  /// @param namespace of the cache: it shares nothing with sequences of another one
  public record Terms(int most, int priority, String namespace) {}

  protected Sequence(int[] prompt, Terms terms) {
    this.terms = terms;
    this.tokens = prompt;
    this.length = prompt.length;
    this.promptLength = prompt.length;
  }

  /// Whether it is done without the model: it needs no pages and no batch.
  public boolean isComplete() {
    return false;
  }

  /// The first position whose logits are wanted; all from there on are.
  public abstract int firstWanted();

  /// Gets ready for the logits that are being computed at this moment, on another thread than the
  /// engine's.
  public void prepare() {}

  /// Takes the logits at `position`, which predict the token after it; they may be changed.
  ///
  /// @return whether the sequence is done
  public abstract boolean accept(int position, float[] logits);

  /// Answers the caller; called once [#accept] has returned true.
  public abstract void finish();

  /// Answers the caller with an error.
  public abstract void fail(RuntimeException error);

  protected final void append(int token) {
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(16, length * 2));
    }
    tokens[length++] = token;
  }

  /// Ends the sequence as soon as possible, without an answer. From any thread.
  public final void cancel() {
    cancelled = true;
  }

  public final boolean isCancelled() {
    return cancelled;
  }

  /// Its tokens; the first [#length] are in use.
  public final int[] tokens() {
    return tokens;
  }

  public final int length() {
    return length;
  }

  public final int promptLength() {
    return promptLength;
  }

  /// Tokens that were added to the prompt for the caller.
  public int generated() {
    return length - promptLength;
  }

  public final Timeline times() {
    return times;
  }

  public final Terms terms() {
    return terms;
  }

  // --- the scheduler's

  final int computed() {
    return computed;
  }

  final void computedUpTo(int end) {
    computed = end;
    reached = Math.max(reached, end);
  }

  /// Tokens that are not computed yet.
  final int due() {
    return length - computed;
  }

  /// Rows that it gets in the next batch.
  final int granted() {
    return granted;
  }

  final void grant(int rows) {
    granted = rows;
  }

  /// The most that was ever computed of it.
  final int reached() {
    return reached;
  }

  /// Whether it still computes tokens that it had when it was admitted.
  final boolean isPrefilling() {
    return computed < prefilled;
  }

  final boolean isRunning() {
    return lease.isPresent();
  }

  final Lease lease() {
    return lease.orElseThrow();
  }

  final void admit(Lease to) {
    lease = Optional.of(to);
    prefix = Optional.empty();
    computed = to.published();
    prefilled = length;
  }

  final void release() {
    lease = Optional.empty();
    computed = 0;
  }

  final Optional<Prefix> prefix() {
    return prefix;
  }

  final void found(Prefix longest) {
    prefix = Optional.of(longest);
  }
}
