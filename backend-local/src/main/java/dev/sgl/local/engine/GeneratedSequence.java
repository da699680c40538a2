package dev.sgl.local.engine;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.FaultException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Reply;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.match.Cut;
import dev.sgl.constraint.match.Matcher;
import dev.sgl.constraint.match.WordEnds;
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
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// A sequence that the model continues, and the outbox from which its caller reads.
final class GeneratedSequence extends Sequence implements Generation {
  /// Tokens that the tokenizer is given again, so that it sees what stands before.
  private static final int LOOK_BACK = 64;

  /// Tokens, and characters, that may be taken back where a text turns out to be too long.
  private static final int MOST_BACK = 32;

  /// Characters or tokens before a limit from where on text may be taken back.
  private static final int NEAR_LIMIT = 48;

  /// The beginning of an escape at the end of a string of JSON.
  private static final Pattern ESCAPE =
      Pattern.compile("(?<!\\\\)(?:\\\\\\\\)*+\\\\(?:u[0-9a-fA-F]{0,3})?\\z");

  private static final long[] ALL = {};
  private static final int[] NONE = {};
  private static final byte[] NO_BYTES = {};

  /// What a generation is held to.
  ///
  /// @param limit most tokens to generate
  /// @param budget tokens after which the value is closed as soon as it may be
  /// @param ends the tokens that end a text
  /// @param stops other tokens at which it stops
  /// @param logprobs how many candidates to report, or -1 for no log-probabilities
  /// @param jumpForward whether tokens that must come are taken without asking the model
  /// @param closes whether a value that is not complete is closed where the limit comes near
  record Rules(
      int limit,
      int budget,
      int minTokens,
      boolean ignoreEos,
      int logprobs,
      Optional<Matcher> matcher,
      boolean jumpForward,
      boolean closes,
      int[] ends,
      int[] stops) {}

  /// Which tokens may come next in a typed value.
  private enum Next {
    /// Those that its type allows if texts had no limits of length: one that is too long is cut.
    UNLIMITED,
    /// Those that its type allows.
    EXACT,
    /// The quote that ends a string, with what may follow it.
    CLOSE,
    /// Those that its type allows, but no other item or property, unless there has to be one.
    LAST
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
  private final Outbox outbox = new Outbox(this::cancelled);
  private Reply.Finish finish = Reply.Finish.END;
  private Optional<String> stop = Optional.empty();
  private Next next = Next.UNLIMITED;
  private boolean ended; // by the type's limit of length
  private boolean closable; // before `max_tokens`
  private int shortened; // texts that were longer than their types allow
  private boolean closed; // before the model ended it
  private int ending; // where the value could be ended last with nothing made up; 0 if nowhere
  private int endingText; // characters up to there

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
    closable = rules.closes() && rules.matcher().isPresent() && hasRoomForEnd();
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
      fill(rules.matcher().get());
      if (rules.stops().length > 0 && rules.matcher().get().mayEnd()) { // as the model's own ends
        Arrays.stream(rules.stops()).forEach(stop -> mask[stop >> 6] |= 1L << stop);
      }
      masked = true;
    }
  }

  private void fill(Matcher matcher) {
    switch (next) {
      case UNLIMITED -> matcher.fillUnlimited(mask);
      case EXACT -> matcher.fill(mask);
      case CLOSE -> matcher.fillClosing(mask);
      case LAST -> matcher.fillLast(mask);
    }
    matcher.leaveUsual(mask, lastTokens(), tokenizer::encodeContinued);
  }

  /// The last tokens, as far as the tokenizer has to see them again.
  private int[] lastTokens() {
    return Arrays.copyOfRange(tokens(), Math.max(promptLength(), length() - LOOK_BACK), length());
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
    if (!hasRoomBehind(token)) {
      return closeEarly(vocabulary.bytes(token));
    }
    next = Next.UNLIMITED;
    if (isTooLong(token)) {
      shorten(vocabulary.bytes(token), false);
    } else {
      boolean spells = spells(token);
      int fence = text.fenceBytes();
      take(token);
      boolean isText = !spells && text.fenceBytes() - fence < vocabulary.bytes(token).length;
      if (rules.logprobs() >= 0 && isText) {
        logprobs.add(Logprobs.of(token, picked.logprob(), picked, vocabulary));
      }
      dropLogprobsBehindStop();
    }
    boolean done =
        isOver() && closeEarly(NO_BYTES)
            || isDone()
            || jumpForward()
            || (isSpent() || isOver()) && closeEarly(NO_BYTES);
    if (!done) {
      leaveLoop();
      hold();
    }
    String chunk = text.next();
    if (!chunk.isEmpty()) {
      say(chunk);
    }
    return done;
  }

  /// Sends text, with the log-probabilities of the tokens that cannot be taken back any more.
  private void say(String chunk) {
    int end = Math.max(said, logprobs.size() - heldTokens());
    outbox.text(chunk, logprobs.subList(said, end), generated());
    said = end;
  }

  /// The last tokens, as far as some of their text was not sent.
  private int heldTokens() {
    int bytes = text.heldBytes();
    int count = 0;
    for (int i = length() - 1; i >= promptLength() && bytes > 0; i--, count++) {
      bytes -= vocabulary.bytes(tokens()[i]).length;
    }
    return count;
  }

  /// Whether the token is the text that was taken back from the prompt, and no more.
  private boolean spells(int token) {
    return tail.length > 0 && vocabulary.bytes(token).length == tail.length;
  }

  /// Takes a token that the model was not asked for.
  private void takeCertain(int token) {
    take(token);
    if (rules.logprobs() >= 0) {
      logprobs.add(Logprobs.certain(token, vocabulary));
    }
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
        || rules.matcher().get().isNearLimit(0) // the model shows whether the last word is whole
        || rules.logprobs() >= 0) {
      return false;
    }
    Matcher matcher = rules.matcher().get();
    for (int token : matcher.forcedTokens(lastTokens(), tokenizer::encodeContinued)) {
      if (generated() >= rules.limit() || !hasRoomBehind(token)) {
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

  // --- values that are too long

  /// Whether a token is allowed but for its length.
  private boolean isTooLong(int token) {
    if (rules.matcher().isEmpty() || tail.length > 0) {
      return false;
    }
    boolean fits = rules.matcher().get().accept(vocabulary.bytes(token));
    if (fits) {
      rules.matcher().get().rollback(1);
    }
    return !fits;
  }

  /// Whether the shortest value is known and has room. Others are cut off where they are too long.
  private boolean hasRoomForEnd() {
    try {
      return endLength() <= rules.limit();
    } catch (ConstraintException e) {
      return false;
    }
  }

  /// The first token that can be taken back.
  private int firstOwn() {
    return promptLength() + (prompt.tail().isEmpty() ? 0 : 1);
  }

  /// Goes on behind the last whole word instead of with `refused`.
  ///
  /// @param isClosing whether the value as a whole is closed
  private void shorten(byte[] refused, boolean isClosing) {
    Matcher matcher = rules.matcher().orElseThrow();
    int from = Math.min(length(), Math.max(firstOwn(), length() - MOST_BACK));
    int[] before = Arrays.copyOfRange(tokens(), from, length());
    int bytes = Arrays.stream(before).map(token -> vocabulary.bytes(token).length).sum();
    Cut cut = matcher.cut(before, Math.max(0, bytes - text.heldBytes()), refused);
    takeBack(cut.back());
    for (int token : tokenizer.encodeContinued(new String(cut.kept(), StandardCharsets.UTF_8))) {
      takeCertain(token);
    }
    next = cut.then() == Cut.Then.CLOSE ? Next.CLOSE : Next.EXACT;
    ended = cut.then() == Cut.Then.END;
    if (cut.then() != Cut.Then.ANYTHING && !matcher.mustEnd() && !isClosing) {
      shortened++;
      times().cut();
    }
  }

  private void takeBack(int count) {
    for (int i = length() - 1; i >= length() - count; i--) {
      sampler.gaveBack(tokens()[i]);
      text.takeBack(vocabulary.bytes(tokens()[i]).length);
      if (!logprobs.isEmpty()) {
        logprobs.removeLast();
      }
    }
    said = Math.min(said, logprobs.size());
    rules.matcher().orElseThrow().rollback(count);
    rewind(length() - count);
    masked = false;
  }

  /// Where the model repeats itself without end, the string ends, or no other item follows.
  private void leaveLoop() {
    if (rules.matcher().isEmpty() || tail.length > 0 || next != Next.UNLIMITED) {
      return;
    }
    int period = Loop.period(tokens(), promptLength(), length());
    if (period == 0) {
      return;
    }
    if (rules.matcher().get().isInString() && !hasQuote(length() - period)) {
      shorten(new byte[0], false);
    } else {
      next = Next.LAST;
    }
  }

  private boolean hasQuote(int from) {
    return Arrays.stream(tokens(), from, length())
        .anyMatch(
            token -> new String(vocabulary.bytes(token), StandardCharsets.UTF_8).contains("\""));
  }

  private boolean isSpent() {
    return generated() >= rules.budget() && tail.length == 0 && text.isWhole();
  }

  /// Whether the value can still be ended before `max_tokens` once `token` is taken.
  private boolean hasRoomBehind(int token) {
    if (!closable || tail.length > 0) {
      return true;
    }
    Matcher matcher = rules.matcher().orElseThrow();
    byte[] bytes = vocabulary.bytes(token);
    if (!matcher.accept(bytes)) {
      return true; // it is cut
    }
    try {
      if (!text.isWholeBehind(bytes)) {
        return left() > 1; // the character is taken back if need be
      }
      return matcher.shortestEndLength() < left() // a token has a byte at least
          || endLength() < left();
    } catch (ConstraintException e) { // it takes too long to tell
      closable = false;
      return true;
    } finally {
      matcher.rollback(1);
    }
  }

  /// Whether tokens that had to come, or the pieces of one that was cut, have left too few tokens
  /// for the end of the value.
  private boolean isOver() {
    if (!closable || tail.length > 0 || !text.isWhole()) {
      return false;
    }
    try {
      return rules.matcher().orElseThrow().shortestEndLength() > left() && endLength() > left();
    } catch (ConstraintException e) { // it takes too long to tell
      closable = false;
      return false;
    }
  }

  /// Whether the tokens from `from` on are its own and were not shown.
  private boolean canTakeBack(int from) {
    int bytes = 0;
    for (int i = from; i < length(); i++) {
      bytes += vocabulary.bytes(tokens()[i]).length;
    }
    return from >= firstOwn() && bytes <= text.heldBytes();
  }

  private int left() {
    return rules.limit() - generated();
  }

  /// Keeps back the text that is taken back if the value ends before the model ends it: a word that
  /// is not whole, and an item or a property of which more would have to be made up.
  private void hold() {
    text.hold(isNearEnd() ? MOST_BACK : 0);
    int near = Math.min(closable ? left() : Integer.MAX_VALUE, rules.budget() - generated());
    if (near >= NEAR_LIMIT || rules.matcher().isEmpty() || tail.length > 0) {
      return;
    }
    if (isEnding()) {
      ending = length();
      endingText = text.text().length();
    }
    text.holdFrom(ending == 0 || ending == length() ? Integer.MAX_VALUE : endingText);
  }

  /// Whether only quotes and brackets are missing to the end of the value, and its last string has
  /// a word.
  private boolean isEnding() {
    Matcher matcher = rules.matcher().orElseThrow();
    try {
      for (byte one : matcher.shortestEnd()) {
        if (one != '"' && one != ']' && one != '}') {
          return false;
        }
      }
    } catch (ConstraintException e) { // it takes too long to tell
      return false;
    }
    String all = text.text();
    int string = all.length() - all.lastIndexOf('"') - 1;
    return !matcher.isInString() || WordEnds.behindLast(all, MOST_BACK) < string;
  }

  /// The tokens that end the value.
  private int endLength() {
    return end().length;
  }

  private int[] end() {
    byte[] end = rules.matcher().orElseThrow().shortestEnd();
    return tokenizer.encodeContinued(new String(end, StandardCharsets.UTF_8));
  }

  /// Whether the end of a string or of the value comes near, so that text may be taken back.
  private boolean isNearEnd() {
    return rules.matcher().isPresent()
        && (closable && left() < NEAR_LIMIT || rules.matcher().get().isNearLimit(NEAR_LIMIT));
  }

  /// Ends the value as soon as its type allows, and free text at once.
  ///
  /// @param refused the bytes with which the model would go on; empty if they are not known
  private boolean closeEarly(byte[] refused) {
    finish = Reply.Finish.LENGTH;
    if (rules.matcher().isEmpty()) {
      return true;
    }
    int first = refused.length == 0 ? -1 : refused[0];
    if (first != '"' || !rules.matcher().get().isInString()) { // else the string is whole
      takeBackToEnding();
      shorten(first == ' ' ? new byte[] {' '} : new byte[0], true);
    }
    while (endLength() > left() && canTakeBack(length() - 1)) {
      takeBack(1);
    }
    for (int token : end()) {
      if (generated() >= rules.limit()) {
        break;
      }
      times().forced(1);
      takeCertain(token);
    }
    closed = rules.matcher().get().mayEnd();
    times().cut();
    return true;
  }

  /// Goes back out of a character or an escape, and to the last place at which the value could be
  /// ended with nothing made up.
  private void takeBackToEnding() {
    while ((!text.isWhole() || ESCAPE.matcher(text.text()).find()) && canTakeBack(length() - 1)) {
      takeBack(1);
    }
    if (ending > 0 && ending < length() && canTakeBack(ending)) {
      takeBack(length() - ending);
    }
  }

  /// Tokens so far, those that only spelled the prompt's end left out.
  @Override
  public int generated() {
    return length() - promptLength() - spelled;
  }

  private boolean isDone() {
    if (ended || mustEnd()) {
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

  /// Whether the value is complete. Behind a text that is as long as it may be, the model shows
  /// whether its last word is whole.
  private boolean mustEnd() {
    return rules.matcher().filter(m -> m.mustEnd() && !m.isNearLimit(0)).isPresent();
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
    return tail.length > 0 || generated() >= rules.minTokens()
        ? NONE
        : IntStream.concat(Arrays.stream(rules.ends()), Arrays.stream(rules.stops())).toArray();
  }

  private static boolean isOneOf(int[] tokens, int token) {
    return Arrays.stream(tokens).anyMatch(one -> one == token);
  }

  /// Behind a stop text there is no text, so its tokens have no log-probabilities.
  private void dropLogprobsBehindStop() {
    if (!text.isStopped() || logprobs.isEmpty()) {
      return;
    }
    int behind = -prompt.bytes().length;
    for (int i = promptLength(); i < length(); i++) {
      behind += vocabulary.bytes(tokens()[i]).length;
    }
    behind -= text.fenceBytes() + text.text().getBytes(StandardCharsets.UTF_8).length;
    for (int i = length() - 1; i >= promptLength() && !logprobs.isEmpty(); i--) {
      int size = vocabulary.bytes(tokens()[i]).length;
      if (size > behind) {
        break;
      }
      behind -= size;
      logprobs.removeLast();
    }
    said = Math.min(said, logprobs.size());
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
    outbox.done(
        new Reply(
            text.text(),
            kept(),
            prompt.tail().length(),
            finish,
            stop,
            new Reply.Cuts(shortened, closed),
            usage,
            timing,
            logprobs));
  }

  /// The tokens that the text is; none if it begins or ends inside of one.
  private List<Integer> kept() {
    int all = -prompt.bytes().length;
    for (int i = promptLength(); i < length(); i++) {
      all += vocabulary.bytes(tokens()[i]).length;
    }
    int begin = text.fenceBytes();
    int end =
        text.isStopped()
            ? begin + text.text().getBytes(StandardCharsets.UTF_8).length
            : all - text.unfinishedBytes();
    List<Integer> kept = new ArrayList<>();
    int at = -prompt.bytes().length;
    for (int i = promptLength(); i < length() && at < end; i++) {
      int next = at + vocabulary.bytes(tokens()[i]).length;
      if (next > begin || begin == 0) {
        if (begin > 0 && at < begin || next > end) {
          return List.of();
        }
        kept.add(tokens()[i]);
      }
      at = next;
    }
    return kept;
  }

  @Override
  public void fail(RuntimeException error) {
    outbox.failed(error);
  }

  // --- the caller's side

  private void cancelled() {
    engine.cancel(this);
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
      engine.cancel(this);
      fail(new CancellationException("cancelled")); // for a caller that reads on another thread
    }
  }
}
