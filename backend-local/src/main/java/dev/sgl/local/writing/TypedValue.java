package dev.sgl.local.writing;

import dev.sgl.backend.Reply;
import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.match.Cut;
import dev.sgl.constraint.match.Matcher;
import dev.sgl.constraint.match.WordEnds;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/// The typed value that a sequence writes: which tokens may come next, and where it ends if the
/// model does not end it.
///
/// A text that is longer than its type allows is *cut*; a value that is not complete when the limit
/// of tokens comes near is *closed*. Both happen where a phrase ends, as far as that can be told.
final class TypedValue {
  /// The most tokens at the end, and the most characters, that may be taken back. Text within this
  /// distance of a limit is held back.
  private static final int MOST_BACK = 48;

  private static final byte[] NO_BYTES = {};
  private static final int[] NO_TOKENS = {};

  /// Which tokens may come next.
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

  private final TextSequence sequence;
  private final Rules.Limits limits;
  private final int[] stops;
  private final Rules.Form form;
  private final Matcher matcher;
  private final Map<Integer, Double> phraseEnds = new HashMap<>(); // log-probabilities, by length
  private Next next = Next.UNLIMITED;
  private boolean ended; // by the type's limit of length
  private boolean closable; // before `max_tokens`
  private int shortened; // texts that were longer than their types allow
  private boolean closed; // before the model ended it
  private int ending; // where the value could be ended last with nothing made up; 0 if nowhere
  private int endingText; // characters up to there

  TypedValue(TextSequence sequence, Rules rules, Rules.Form form) {
    this.sequence = sequence;
    this.limits = rules.limits();
    this.stops = rules.ends().stops();
    this.form = form;
    this.matcher = form.matcher();
  }

  /// Gets ready; called once, before the first token.
  void begin() {
    closable = form.closes() && hasRoomForEnd();
  }

  // --- what may come next

  /// Sets in `mask` the bits of the tokens that may come next; its other bits are lost.
  void fill(long[] mask) {
    switch (next) {
      case UNLIMITED -> matcher.fillUnlimited(mask);
      case EXACT -> matcher.fill(mask);
      case CLOSE -> matcher.fillClosing(mask);
      case LAST -> matcher.fillLast(mask);
    }
    matcher.leaveUsual(mask, sequence.lastTokens(), sequence::encoded);
    if (matcher.mayEnd()) { // a stop as the model's own ends
      Arrays.stream(stops).forEach(stop -> mask[stop >> 6] |= 1L << stop);
    }
  }

  /// Sets the bits of the tokens that may come next and begin with the sequence's tail.
  void fillHealing(long[] mask) {
    matcher.fillAfter(sequence.tail(), mask);
  }

  /// The forced tokens, which are appended without logits.
  int[] forced() {
    return !form.jumpForward()
            || matcher.isNearLimit(0) // then the model shows whether the last word is whole
        ? NO_TOKENS
        : matcher.forcedTokens(sequence.lastTokens(), sequence::encoded);
  }

  /// Whether the value is complete. After a text of the greatest allowed length, the next token of
  /// the model shows whether the last word is whole.
  boolean isComplete() {
    return ended || matcher.mustEnd() && !matcher.isNearLimit(0);
  }

  /// Whether nothing may follow, if the last word is whole or not.
  boolean isFull() {
    return matcher.mustEnd();
  }

  /// Ends the value here; it counts as closed if it is complete.
  void endHere() {
    closed = closable && matcher.mayEnd();
  }

  /// The effect of the limits.
  Reply.Cuts cuts() {
    return new Reply.Cuts(shortened, closed);
  }

  // --- texts that are too long

  /// The tokens whose probability shows whether a phrase ends here; none far from all limits.
  int[] scored() {
    return isNearEnd() ? form.phraseEnds() : NO_TOKENS;
  }

  /// Takes the log-probabilities of [#scored] for the place before the next token.
  void score(double[] logprobs) {
    if (logprobs.length > 0) {
      double sum = Arrays.stream(logprobs).map(Math::exp).sum();
      phraseEnds.put(sequence.length(), Math.log(sum));
    }
  }

  /// Takes the token that the model chose if that can be, or cuts the text before it.
  ///
  /// @return whether it was cut
  boolean cutBefore(int token) {
    next = Next.UNLIMITED;
    if (sequence.isHealing() || matcher.allows(sequence.bytes(token))) {
      return false;
    }
    cut(sequence.bytes(token), false);
    return true;
  }

  /// Ends the text at the end of its last phrase, without the bytes `refused`, and continues there.
  ///
  /// @param isClosing whether the value as a whole is closed
  private void cut(byte[] refused, boolean isClosing) {
    int end = sequence.length();
    int from = Math.min(end, Math.max(sequence.firstOwn(), end - MOST_BACK));
    int[] before = Arrays.copyOfRange(sequence.tokens(), from, end);
    int bytes = Arrays.stream(before).map(token -> sequence.bytes(token).length).sum();
    double[] likely =
        IntStream.rangeClosed(from, end)
            .mapToDouble(length -> phraseEnds.getOrDefault(length, Double.NEGATIVE_INFINITY))
            .toArray();
    int shown = Math.max(0, bytes - sequence.text().heldBytes());
    Cut cut = matcher.cut(before, likely, shown, refused, !isClosing);
    takeBack(cut.back());
    write(withWholeCharacters(cut.kept()));
    next = cut.then() == Cut.Then.CLOSE ? Next.CLOSE : Next.EXACT;
    ended = cut.then() == Cut.Then.END;
    boolean isCut = !matcher.mustEnd() || matcher.isNearLimit(0);
    if (cut.then() != Cut.Then.ANYTHING && isCut && !isClosing) {
      shortened++;
      sequence.times().cut();
    }
  }

  /// The bytes, with those of tokens before them if they begin inside of a character. Such tokens
  /// are taken back.
  private byte[] withWholeCharacters(byte[] bytes) {
    byte[] all = bytes;
    while (all.length > 0
        && (all[0] & 0xc0) == 0x80
        && sequence.canTakeBack(sequence.length() - 1)) {
      byte[] before = sequence.bytes(sequence.tokens()[sequence.length() - 1]);
      byte[] more = Arrays.copyOf(before, before.length + all.length);
      System.arraycopy(all, 0, more, before.length, all.length);
      all = more;
      takeBack(1);
    }
    return all;
  }

  /// Writes the tokens of `bytes`, up to a stop text.
  private void write(byte[] bytes) {
    for (int token : sequence.encoded(bytes)) {
      if (sequence.text().isStopped() || left() == 0) {
        break;
      }
      sequence.takeForced(token);
    }
  }

  private void takeBack(int count) {
    sequence.takeBack(count);
    phraseEnds.keySet().removeIf(length -> length > sequence.length());
    if (ending > sequence.length()) {
      ending = 0;
    }
  }

  /// Where the model repeats itself without end, the string ends, or no other item follows.
  void leaveLoop() {
    if (sequence.isHealing() || next != Next.UNLIMITED) {
      return;
    }
    int period = Loop.period(sequence.tokens(), sequence.promptLength(), sequence.length());
    if (period == 0) {
      return;
    }
    if (matcher.isInString() && !hasQuote(sequence.length() - period)) {
      cut(NO_BYTES, false);
    } else {
      next = Next.LAST;
    }
  }

  private boolean hasQuote(int from) {
    return Arrays.stream(sequence.tokens(), from, sequence.length())
        .anyMatch(
            token -> new String(sequence.bytes(token), StandardCharsets.UTF_8).contains("\""));
  }

  /// Keeps text back that is taken back if the value ends before the model ends it: the end of a
  /// phrase, and an item or a property of which more would have to be made up.
  void hold() {
    if (!sequence.text().isBetweenCharacters()) { // the limits are not seen from here
      return;
    }
    sequence.text().hold(isNearEnd() ? MOST_BACK : 0);
    if (tokensToLimit() >= MOST_BACK || sequence.isHealing()) {
      return;
    }
    if (isEnding()) {
      ending = sequence.length();
      endingText = sequence.text().text().length();
    }
    boolean isBehind = ending > 0 && ending < sequence.length();
    sequence.text().holdFrom(isBehind ? endingText : Integer.MAX_VALUE);
  }

  /// Whether the end of a string or of the value comes near, so that text may be taken back.
  private boolean isNearEnd() {
    return tokensToLimit() < MOST_BACK || matcher.isNearLimit(MOST_BACK);
  }

  private int tokensToLimit() {
    return Math.min(closable ? left() : Integer.MAX_VALUE, limits.budget() - sequence.generated());
  }

  /// Whether only quotes and brackets are missing to the end of the value, and its last string has
  /// a word.
  private boolean isEnding() {
    try {
      for (byte one : matcher.shortestEnd()) {
        if (one != '"' && one != ']' && one != '}') {
          return false;
        }
      }
    } catch (ConstraintException e) { // it takes too long to tell
      return false;
    }
    if (!matcher.isInString()) {
      return true;
    }
    String text = sequence.text().text();
    int string = text.length() - text.lastIndexOf('"') - 1;
    String end = text.substring(Math.max(0, text.length() - MOST_BACK - 1));
    return new WordEnds(end).behindLast(MOST_BACK) < string;
  }

  // --- values that are closed

  /// Whether the shortest value is known and has room. Others are cut off where they are too long.
  private boolean hasRoomForEnd() {
    try {
      return end().length <= limits.most();
    } catch (ConstraintException e) {
      return false;
    }
  }

  /// Whether the value can still be ended before `max_tokens` once `token` is taken.
  boolean hasRoomBehind(int token) {
    if (!closable || sequence.isHealing()) {
      return true;
    }
    byte[] bytes = sequence.bytes(token);
    if (!matcher.allows(bytes)) {
      return true; // it is cut
    }
    if (!sequence.text().isWholeBehind(bytes)) {
      return left() > 1; // the character is taken back if need be
    }
    try {
      return matcher.shortestEndLength(bytes) < left() // a token has a byte at least
          || sequence.encoded(matcher.shortestEnd(bytes)).length < left();
    } catch (ConstraintException e) { // it takes too long to tell
      closable = false;
      return true;
    }
  }

  /// Whether tokens that had to come, or the pieces of one that was cut, have left too few tokens
  /// for the end of the value.
  boolean isOver() {
    if (!closable || sequence.isHealing() || !sequence.text().isWhole()) {
      return false;
    }
    try {
      return matcher.shortestEndLength() > left() && end().length > left();
    } catch (ConstraintException e) { // it takes too long to tell
      closable = false;
      return false;
    }
  }

  private int left() {
    return limits.most() - sequence.generated();
  }

  /// The tokens of the shortest end of the value.
  private int[] end() {
    return sequence.encoded(matcher.shortestEnd());
  }

  /// Ends the value as soon as its type allows, if it can be told how.
  ///
  /// @param refused the bytes with which the model would go on; empty if they are not known
  void close(byte[] refused) {
    sequence.times().cut();
    if (refused.length == 0 || refused[0] != '"' || !matcher.isInString()) { // else it is whole
      takeBackToEnding();
      cut(firstCharacter(refused), true);
    }
    try {
      while ((end().length > left() || !sequence.text().isWhole())
          && sequence.canTakeBack(sequence.length() - 1)) {
        takeBack(1);
      }
      write(matcher.shortestEnd());
    } catch (ConstraintException e) { // it takes too long to tell
      return;
    }
    closed = matcher.mayEnd() && !sequence.text().isStopped();
  }

  /// The character after the text, which shows whether the last word is whole.
  private static byte[] firstCharacter(byte[] refused) {
    String text = new String(refused, StandardCharsets.UTF_8);
    int end = text.isEmpty() ? 0 : text.offsetByCodePoints(0, 1);
    return text.substring(0, end).getBytes(StandardCharsets.UTF_8);
  }

  /// Goes back out of a character or an escape, and to the last place at which the value could be
  /// ended with nothing made up.
  private void takeBackToEnding() {
    while (!sequence.text().isBetweenCharacters() && sequence.canTakeBack(sequence.length() - 1)) {
      takeBack(1);
    }
    if (ending > 0 && ending < sequence.length() && sequence.canTakeBack(ending)) {
      takeBack(sequence.length() - ending);
    }
  }
}
