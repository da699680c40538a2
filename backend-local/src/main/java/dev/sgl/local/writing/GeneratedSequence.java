package dev.sgl.local.writing;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.FaultException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Reply;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.sample.Sampler;
import dev.sgl.local.schedule.Sequence;
import dev.sgl.local.schedule.Timeline;
import dev.sgl.local.tokens.Healing;
import dev.sgl.local.tokens.TextStream;
import dev.sgl.local.tokens.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// A sequence that the model continues, and the outbox from which its caller reads.
public final class GeneratedSequence extends TextSequence implements Generation {
  private static final long[] ALL = {};
  private static final int[] NO_TOKENS = {};
  private static final byte[] NO_BYTES = {};

  private final Consumer<Sequence> cancel;
  private final Rules rules;
  private final Sampler sampler;
  private final Tokenizer tokenizer;
  private final Optional<TypedValue> value;
  private final long[] mask;
  private boolean masked; // whether the mask is that of the next token
  private boolean complete; // by forced tokens alone
  private final Outbox outbox = new Outbox(this::cancelled);
  private Reply.Finish finish = Reply.Finish.END;
  private final List<Integer> end = new ArrayList<>(); // tokens behind the text
  private Optional<String> stop = Optional.empty();

  /// @param cancel called when the caller no longer waits for the sequence
  public GeneratedSequence(
      Consumer<Sequence> cancel,
      Healing prompt,
      Terms terms,
      Rules rules,
      Sampler sampler,
      TextStream text,
      Tokenizer tokenizer) {
    super(prompt, terms, rules, sampler, text, tokenizer);
    this.cancel = cancel;
    this.rules = rules;
    this.sampler = sampler;
    this.tokenizer = tokenizer;
    value = rules.form().map(form -> new TypedValue(this, rules, form));
    mask = new long[tokenizer.vocabulary().words()];
  }

  /// Appends the forced tokens at the beginning; called once, before the sequence is submitted.
  public void begin() {
    value.ifPresent(TypedValue::begin);
    complete = jumpForward() || isSpent() && closeEarly(NO_BYTES);
  }

  @Override
  public boolean isComplete() {
    return complete;
  }

  @Override
  public int firstWanted() {
    return length() - 1;
  }

  // --- the next token

  @Override
  public void prepare() {
    if (masked) {
      return;
    }
    if (isHealing()) {
      Arrays.fill(mask, 0);
      heal();
    } else if (value.isPresent()) {
      value.get().fill(mask);
    } else {
      rules.words().ifPresent(words -> words.fill(mask, lastBytes(words.bytesBefore())));
    }
    masked = true;
  }

  /// Allows the tail itself and the tokens that begin with it.
  private void heal() {
    Vocabulary vocabulary = tokenizer.vocabulary();
    int node = vocabulary.find(tail());
    if (value.isPresent()) {
      value.get().fillHealing(mask);
    } else {
      for (int below = node + 1; below < vocabulary.end(node); below++) {
        vocabulary.mark(below, mask);
      }
    }
    vocabulary.mark(node, mask);
  }

  @Override
  public boolean continues() {
    return generated() + 1 < Math.min(rules.limits().most(), rules.limits().budget());
  }

  @Override
  public Draw draw(int position) {
    int[] scored = isHealing() ? NO_TOKENS : value.map(TypedValue::scored).orElse(NO_TOKENS);
    return sampler.draw(allowed(), banned(), new Draw.Logprobs(rules.logprobs(), scored));
  }

  /// The tokens that may come next, or an empty set for all.
  private long[] allowed() {
    if (!isHealing() && value.isEmpty() && rules.words().isEmpty()) {
      return ALL;
    }
    prepare();
    return mask;
  }

  /// The ends of a text that may not end yet.
  private int[] banned() {
    return isHealing() || generated() >= rules.limits().least()
        ? NO_TOKENS
        : IntStream.concat(Arrays.stream(rules.ends().own()), Arrays.stream(rules.ends().stops()))
            .toArray();
  }

  @Override
  public boolean accept(int position, Picked picked) {
    int token = picked.token();
    if (token == Picked.NO_NUMBER) {
      throw new FaultException("the model computed no numbers (NaN)");
    }
    if (token == Picked.NONE) {
      throw new BackendException(
          value.isPresent()
              ? "no token of the model's vocabulary can continue the value"
              : "no token that is allowed can continue the text");
    }
    times().token(System.nanoTime());
    masked = false;
    if (isOneOf(rules.ends().stops(), token)) {
      finish = Reply.Finish.STOP;
      stop = Optional.of(tokenizer.show(token));
      end.add(token);
      return true;
    }
    if (isOneOf(rules.ends().own(), token) && (value.isPresent() || !rules.ends().areIgnored())) {
      end.add(token);
      return true;
    }
    value.ifPresent(typed -> typed.score(picked.scores()));
    if (!hasRoomBehind(token)) {
      return closeEarly(bytes(token));
    }
    if (value.isEmpty() || !value.get().cutBefore(token)) {
      takeChosen(token, picked);
    }
    boolean done =
        isOver() && closeEarly(NO_BYTES)
            || isDone()
            || jumpForward()
            || (isSpent() || isOver()) && closeEarly(NO_BYTES);
    if (!done) {
      value.ifPresent(TypedValue::leaveLoop);
      value.ifPresent(TypedValue::hold);
    }
    say(text().next());
    return done;
  }

  private static boolean isOneOf(int[] tokens, int token) {
    return Arrays.stream(tokens).anyMatch(one -> one == token);
  }

  /// Appends forced tokens; true if the text is complete then. Log-probabilities come from the
  /// model's logits, so a request for them computes logits for every token and appends nothing.
  private boolean jumpForward() {
    if (isHealing() || value.isEmpty() || rules.logprobs().isPresent()) {
      return false;
    }
    for (int token : value.get().forced()) {
      if (generated() >= rules.limits().most() || !hasRoomBehind(token)) {
        break;
      }
      takeForced(token);
      if (isDone()) {
        return true;
      }
    }
    return false;
  }

  // --- the end

  private boolean isDone() {
    if (value.isPresent() && value.get().isComplete()) {
      return true;
    }
    if (text().isStopped()) {
      finish = Reply.Finish.STOP;
      stop = text().stop();
      return true;
    }
    if (generated() >= rules.limits().most()) {
      boolean isFull = value.isPresent() && value.get().isFull();
      finish = isFull ? Reply.Finish.END : Reply.Finish.LENGTH;
      value.filter(_ -> !isFull).ifPresent(TypedValue::endHere);
      return true;
    }
    return false;
  }

  private boolean isSpent() {
    return generated() >= rules.limits().budget() && !isHealing() && text().isWhole();
  }

  private boolean isOver() {
    return value.isPresent() && value.get().isOver();
  }

  private boolean hasRoomBehind(int token) {
    return value.isEmpty() || value.get().hasRoomBehind(token);
  }

  /// Ends the value as soon as its type allows, and free text at once.
  ///
  /// @param refused the bytes with which the model would go on; empty if they are not known
  private boolean closeEarly(byte[] refused) {
    finish = Reply.Finish.LENGTH;
    value.ifPresent(typed -> typed.close(refused));
    if (text().isStopped()) {
      finish = Reply.Finish.STOP;
      stop = text().stop();
    }
    return true;
  }

  @Override
  public boolean isCutOff() {
    return finish == Reply.Finish.LENGTH;
  }

  @Override
  public void finish() {
    say(text().finish());
    Timeline times = times();
    Reply.Usage usage =
        new Reply.Usage(
            promptLength(), times.cachedTokens(), generated(), times.forcedTokens(), end.size());
    Reply.Timing timing =
        new Reply.Timing(
            times.queuedMillis(),
            times.millis(times.firstToken()),
            times.millis(System.nanoTime()));
    List<Integer> all = new ArrayList<>(own());
    all.addAll(end);
    outbox.done(
        new Reply(
            text().text(),
            kept(),
            healed().length(),
            finish,
            stop,
            value.map(TypedValue::cuts).orElse(Reply.Cuts.NONE),
            usage,
            timing,
            textLogprobs(),
            all));
  }

  /// Sends text, with the log-probabilities of its tokens.
  private void say(String chunk) {
    if (!chunk.isEmpty()) {
      outbox.text(chunk, nextLogprobs(), generated());
    }
  }

  @Override
  public void fail(RuntimeException error) {
    outbox.failed(error);
  }

  // --- the caller's side

  private void cancelled() {
    cancel.accept(this);
  }

  @Override
  public Optional<String> next() {
    return outbox.next();
  }

  @Override
  public int generatedTokens() {
    return outbox.tokens();
  }

  @Override
  public Reply.Usage spent() {
    int computed = reached(); // read first: the length is at least that of this moment
    boolean isRead = computed >= promptLength();
    return new Reply.Usage(
        Math.min(computed, promptLength()),
        Math.min(computed, times().cachedTokens()),
        isRead ? generated() : 0,
        isRead ? times().forcedTokens() : 0);
  }

  @Override
  public List<Reply.Logprob> logprobs() {
    return outbox.logprobs();
  }

  @Override
  public Reply reply() {
    return outbox.reply();
  }

  @Override
  public void close() {
    if (!outbox.isRead()) {
      cancel.accept(this);
      fail(new CancellationException("cancelled")); // for a caller that reads on another thread
    }
  }
}
