package dev.sgl.local.schedule;

import dev.sgl.local.cache.Lease;
import dev.sgl.local.cache.Prefix;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import java.util.Arrays;
import java.util.Optional;

/// Tokens on their way through the model. Owned by the engine once submitted: by its thread, and by
/// the planner's while a batch is computed; only [#cancel] may come from elsewhere.
public abstract class Sequence {
  private static final int NOTHING = -1;

  private final Terms terms;
  private final int promptLength;
  private int[] tokens;
  private int length;
  private volatile boolean cancelled;

  // the scheduler's
  private int computed; // tokens whose keys and values are in the pages
  private volatile int reached; // the most that was ever computed
  private int granted; // rows of the next batch
  private int prefilled; // tokens that it had when it was admitted last
  private int expected = NOTHING; // which draw of the batch before gives the next token
  private boolean ended;
  private boolean rewound; // since it was admitted
  private Optional<Lease> lease = Optional.empty();
  private Optional<Prefix> prefix = Optional.empty(); // as found last while it waits
  private final Timeline times = new Timeline();

  /// The limits and the rank of a sequence.
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

  /// How the token after `position` is picked from the logits at `position`.
  public abstract Draw draw(int position);

  /// Takes the hidden state at `position`, if the draw requested it; called before [#accept].
  public void state(int position, float[] state) {
    throw new IllegalStateException("a state was not asked for");
  }

  /// Takes the picked token.
  ///
  /// @return whether the sequence is done
  public abstract boolean accept(int position, Picked picked);

  /// Whether the sequence continues after the token that is being drawn, whichever token that is
  /// unless it is an end token. Then a device may compute with the token before the engine has it.
  public boolean continues() {
    return false;
  }

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

  /// Takes the tokens from `end` on back. If they were computed, or are being computed, the
  /// sequence has to be admitted again: see [#isRewound].
  protected final void rewind(int end) {
    length = end;
    computed = Math.min(computed, end);
    rewound = true;
  }

  /// Whether tokens were taken back since it was admitted.
  public final boolean isRewound() {
    return rewound;
  }

  /// The next token is the answer to the draw `index` of the batch that is being computed.
  public final void expect(int index) {
    expected = index;
  }

  /// The expected token is known, or no longer needed.
  public final void expectNothing() {
    expected = NOTHING;
  }

  /// Whether the token after the last one is being drawn.
  public final boolean isExpecting() {
    return expected != NOTHING;
  }

  /// The token at `position`; one that is not known yet as [dev.sgl.local.kernel.Batch] has it.
  public final int token(int position) {
    return position < length ? tokens[position] : ~expected;
  }

  /// Which of its texts the token at `position` belongs to.
  public int segment(int position) {
    return 0;
  }

  /// Whether its caller was answered, or does not wait any more.
  public final boolean isEnded() {
    return ended;
  }

  /// Ends the sequence as soon as possible, without an answer. From any thread.
  public final void cancel() {
    cancelled = true;
  }

  /// Whether [#cancel] was called; from any thread.
  public final boolean isCancelled() {
    return cancelled;
  }

  /// Its tokens; the first [#length] are in use.
  public final int[] tokens() {
    return tokens;
  }

  /// The number of tokens, prompt and generated.
  public final int length() {
    return length;
  }

  /// The number of tokens of the prompt.
  public final int promptLength() {
    return promptLength;
  }

  /// Whether it ended because there was no room for more.
  public boolean isCutOff() {
    return false;
  }

  /// Tokens that were added to the prompt for the caller.
  public int generated() {
    return length - promptLength;
  }

  /// The times and counts of this request, which change until it ends.
  public final Timeline times() {
    return times;
  }

  /// The limits and the rank that the sequence was submitted with.
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
    return length + (isExpecting() ? 1 : 0) - computed;
  }

  final void end() {
    ended = true;
  }

  /// Rows that it gets in the next batch.
  final int granted() {
    return granted;
  }

  final void grant(int rows) {
    granted = rows;
  }

  /// The most tokens that were ever computed of it, cached ones included; from any thread.
  public final int reached() {
    return reached;
  }

  /// Whether it still computes tokens that it had when it was admitted.
  final boolean isPrefilling() {
    return computed < prefilled;
  }

  /// Whether the sequence has pages and takes part in batches.
  public final boolean isRunning() {
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
    rewound = false;
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
