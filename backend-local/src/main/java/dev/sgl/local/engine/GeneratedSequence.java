package dev.sgl.local.engine;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.FaultException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Reply;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.match.Matcher;
import dev.sgl.local.kernel.Draw;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.reading.Logprobs;
import dev.sgl.local.sample.Sampler;
import dev.sgl.local.schedule.Sequence;
import dev.sgl.local.schedule.Timeline;
import dev.sgl.local.tokens.Healing;
import dev.sgl.local.tokens.TextStream;
import dev.sgl.local.tokens.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;

/// A sequence that the model continues, and the outbox from which its caller reads.
final class GeneratedSequence extends Sequence implements Generation {
  /// Tokens that the tokenizer is given again, so that it sees what stands before.
  private static final int LOOK_BACK = 64;

  private static final long[] ALL = {};
  private static final int[] NONE = {};

  /// What a generation is held to.
  ///
  /// @param limit most tokens to generate
  /// @param budget tokens after which the value is closed as soon as it may be
  /// @param ends the tokens that end a text
  /// @param stops other tokens at which it stops
  /// @param logprobs how many candidates to report, or -1 for no log-probabilities
  /// @param jumpForward whether tokens that must come are taken without asking the model
  record Rules(
      int limit,
      int budget,
      int minTokens,
      boolean ignoreEos,
      int logprobs,
      Optional<Matcher> matcher,
      boolean jumpForward,
      int[] ends,
      int[] stops) {}

  private sealed interface Mail {
    record Text(String text, List<Reply.Logprob> logprobs, int tokens) implements Mail {}

    record Done(Reply reply) implements Mail {}

    record Failed(RuntimeException error) implements Mail {}
  }

  private final Engine engine;
  private final Rules rules;
  private final Sampler sampler;
  private final TextStream text;
  private final Tokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final long[] mask;
  private final Healing prompt;
  private byte[] tail; // what the next token has to begin with
  private int spelled; // 1 if the first token was the tail and nothing else
  private boolean complete; // before the model was asked
  private boolean masked; // whether the mask is that of the next token
  private final List<Reply.Logprob> logprobs = new ArrayList<>();
  private int said; // of them
  private final BlockingQueue<Mail> outbox = new LinkedBlockingQueue<>();
  private Reply.Finish finish = Reply.Finish.END;
  private Optional<String> stop = Optional.empty();
  private Optional<Mail> last = Optional.empty(); // the reader's
  private List<Reply.Logprob> heard = List.of(); // the reader's
  private int counted; // tokens, the reader's

  GeneratedSequence(
      Engine engine,
      Healing prompt,
      Terms terms,
      Rules rules,
      Sampler sampler,
      TextStream text,
      Tokenizer tokenizer) {
    super(prompt.tokens(), terms);
    this.prompt = prompt;
    this.tail = prompt.bytes();
    this.engine = engine;
    this.rules = rules;
    this.sampler = sampler;
    this.text = text;
    this.tokenizer = tokenizer;
    this.vocabulary = tokenizer.vocabulary();
    mask = new long[vocabulary.words()];
  }

  /// Takes what must come before the model is asked; called once, before it is submitted.
  void begin() {
    complete = jumpForward() || isSpent() && closeEarly();
  }

  @Override
  public boolean isComplete() {
    return complete;
  }

  @Override
  public int firstWanted() {
    return length() - 1;
  }

  @Override
  public void prepare() {
    if (masked) {
      return;
    }
    if (tail.length > 0) {
      Arrays.fill(mask, 0);
      heal();
      masked = true;
    } else if (rules.matcher().isPresent()) {
      rules.matcher().get().fill(mask);
      if (rules.stops().length > 0 && rules.matcher().get().mayEnd()) { // as the model's own ends
        Arrays.stream(rules.stops()).forEach(stop -> mask[stop >> 6] |= 1L << stop);
      }
      masked = true;
    }
  }

  /// Allows the tail itself and the tokens that begin with it.
  private void heal() {
    int node = vocabulary.find(tail);
    if (rules.matcher().isPresent()) {
      rules.matcher().get().fillAfter(tail, mask);
    } else {
      for (int below = node + 1; below < vocabulary.end(node); below++) {
        vocabulary.mark(below, mask);
      }
    }
    vocabulary.mark(node, mask);
  }

  @Override
  public boolean goesOn() {
    return generated() + 1 < Math.min(rules.limit(), rules.budget());
  }

  @Override
  public Draw draw(int position) {
    return sampler.draw(allowed(), banned(), rules.logprobs());
  }

  @Override
  public boolean accept(int position, Picked picked) {
    int token = picked.token();
    if (token == Picked.NO_NUMBER) {
      throw new FaultException("the model computed no numbers (NaN)");
    }
    if (token == Picked.NONE) {
      throw new BackendException("no token of the model's vocabulary can continue the value");
    }
    times().token(System.nanoTime());
    if (isOneOf(rules.stops(), token)) {
      finish = Reply.Finish.STOP;
      stop = Optional.of(tokenizer.show(token));
      return true;
    }
    if (isOneOf(rules.ends(), token) && (rules.matcher().isPresent() || !rules.ignoreEos())) {
      return true;
    }
    if (rules.logprobs() >= 0 && !spells(token)) {
      logprobs.add(logprob(picked));
    }
    take(token);
    boolean done = isDone() || jumpForward() || isSpent() && closeEarly();
    String chunk = text.next();
    if (!chunk.isEmpty()) {
      say(chunk);
    }
    return done;
  }

  /// Sends text, with the log-probabilities that are known since the last one.
  private void say(String chunk) {
    outbox.add(
        new Mail.Text(chunk, List.copyOf(logprobs.subList(said, logprobs.size())), generated()));
    said = logprobs.size();
  }

  /// Whether the token is the text that was taken back from the prompt, and no more.
  private boolean spells(int token) {
    return tail.length > 0 && vocabulary.bytes(token).length == tail.length;
  }

  private void take(int token) {
    append(token);
    masked = false;
    boolean spells = spells(token);
    byte[] bytes = vocabulary.bytes(token);
    byte[] fresh = Arrays.copyOfRange(bytes, tail.length, bytes.length);
    tail = new byte[0];
    if (spells) {
      spelled = 1;
      return;
    }
    sampler.took(token);
    text.add(fresh);
    if (rules.matcher().isPresent() && !rules.matcher().get().accept(fresh)) {
      throw new BackendException("token " + token + " is not allowed here");
    }
  }

  /// Takes the tokens that must come; true if the text is complete then. Log-probabilities are the
  /// model's, so where they are wanted it is asked for every token.
  private boolean jumpForward() {
    if (!rules.jumpForward()
        || tail.length > 0
        || rules.matcher().isEmpty()
        || rules.logprobs() >= 0) {
      return false;
    }
    int from = Math.max(promptLength(), length() - LOOK_BACK);
    int[] before = Arrays.copyOfRange(tokens(), from, length());
    for (int token : rules.matcher().get().forcedTokens(before, tokenizer::encodeContinued)) {
      if (generated() >= rules.limit()) {
        break;
      }
      times().forced(1);
      take(token);
      if (isDone()) {
        return true;
      }
    }
    return false;
  }

  private boolean isSpent() {
    return generated() >= rules.budget() && tail.length == 0 && text.isWhole();
  }

  /// Ends the value as soon as its type allows, and free text at once.
  private boolean closeEarly() {
    if (rules.matcher().isEmpty()) {
      finish = Reply.Finish.LENGTH;
      return true;
    }
    byte[] end = rules.matcher().get().shortestEnd();
    for (int token : tokenizer.encodeContinued(new String(end, StandardCharsets.UTF_8))) {
      times().forced(1);
      take(token);
      if (generated() >= rules.limit()) {
        break;
      }
    }
    finish = rules.matcher().get().mayEnd() ? Reply.Finish.END : Reply.Finish.LENGTH;
    return true;
  }

  /// Tokens so far, those that only spelled the prompt's end left out.
  @Override
  public int generated() {
    return length() - promptLength() - spelled;
  }

  private boolean isDone() {
    if (rules.matcher().isPresent() && rules.matcher().get().mustEnd()) {
      return true;
    }
    if (text.isStopped()) {
      finish = Reply.Finish.STOP;
      stop = text.stop();
      return true;
    }
    if (generated() >= rules.limit()) {
      finish = Reply.Finish.LENGTH;
      return true;
    }
    return false;
  }

  /// The tokens that may come next, or an empty set for all.
  private long[] allowed() {
    if (tail.length == 0 && rules.matcher().isEmpty()) {
      return ALL;
    }
    prepare();
    return mask;
  }

  /// The ends of a text that may not end yet.
  private int[] banned() {
    boolean tooShort = generated() < rules.minTokens();
    boolean ignored = rules.matcher().isEmpty() && rules.ignoreEos();
    if (tail.length > 0 || !tooShort && !ignored) {
      return NONE;
    }
    return tooShort
        ? IntStream.concat(Arrays.stream(rules.ends()), Arrays.stream(rules.stops())).toArray()
        : rules.ends();
  }

  private static boolean isOneOf(int[] tokens, int token) {
    return Arrays.stream(tokens).anyMatch(one -> one == token);
  }

  private Reply.Logprob logprob(Picked picked) {
    return Logprobs.of(picked.token(), picked.logprob(), picked, vocabulary);
  }

  @Override
  public void finish() {
    String rest = text.finish();
    if (!rest.isEmpty()) {
      say(rest);
    }
    Timeline times = times();
    Reply.Usage usage =
        new Reply.Usage(promptLength(), times.cachedTokens(), generated(), times.forcedTokens());
    Reply.Timing timing =
        new Reply.Timing(
            times.queuedMillis(),
            times.millis(times.firstToken()),
            times.millis(System.nanoTime()));
    outbox.add(
        new Mail.Done(
            new Reply(
                text.text(),
                kept(),
                prompt.tail().length(),
                finish,
                stop,
                usage,
                timing,
                logprobs)));
  }

  /// The tokens that the text is: all of them, unless a stop text cut some off; none if it ended
  /// inside of one.
  private List<Integer> kept() {
    int bytes =
        text.isStopped() ? text.text().getBytes(StandardCharsets.UTF_8).length : Integer.MAX_VALUE;
    List<Integer> kept = new ArrayList<>();
    int sum = -prompt.bytes().length;
    for (int i = promptLength(); i < length() && sum < bytes; i++) {
      sum += vocabulary.bytes(tokens()[i]).length;
      kept.add(tokens()[i]);
    }
    return !text.isStopped() || sum == bytes ? kept : List.of();
  }

  @Override
  public void fail(RuntimeException error) {
    outbox.add(new Mail.Failed(error));
  }

  // --- the reader's side

  @Override
  public Optional<String> next() {
    return switch (take()) {
      case Mail.Text(var chunk, var its, int tokens) -> {
        counted = tokens;
        heard = its;
        yield Optional.of(chunk);
      }
      case Mail.Done _ -> Optional.empty();
      case Mail.Failed(var error) -> throw error;
    };
  }

  @Override
  public int generatedTokens() {
    return counted;
  }

  @Override
  public List<Reply.Logprob> logprobs() {
    return heard;
  }

  @Override
  public Reply reply() {
    while (true) {
      switch (take()) {
        case Mail.Text _ -> {}
        case Mail.Done(var reply) -> {
          return reply;
        }
        case Mail.Failed(var error) -> throw error;
      }
    }
  }

  private Mail take() {
    if (last.isPresent()) {
      return last.get();
    }
    try {
      Mail mail = outbox.take();
      if (!(mail instanceof Mail.Text)) {
        last = Optional.of(mail);
      }
      return mail;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      engine.cancel(this);
      throw new CancellationException("cancelled");
    }
  }

  @Override
  public void close() {
    if (last.isEmpty()) {
      engine.cancel(this);
      fail(new CancellationException("cancelled")); // to whoever reads on another thread
    }
  }
}
