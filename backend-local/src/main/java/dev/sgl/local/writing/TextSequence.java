package dev.sgl.local.writing;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Reply;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.constraint.match.Matcher;
import dev.sgl.local.kernel.Picked;
import dev.sgl.local.reading.Logprobs;
import dev.sgl.local.sample.Sampler;
import dev.sgl.local.schedule.Sequence;
import dev.sgl.local.tokens.Healing;
import dev.sgl.local.tokens.TextStream;
import dev.sgl.local.tokens.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/// A sequence whose tokens are written as a text. Tokens can be taken back until the caller has
/// read them.
///
/// Tokens, text, log-probabilities, the sampler's counts and the place in the type go forward
/// and back together.
abstract class TextSequence extends Sequence {
  /// Earlier tokens that the tokenizer gets as context of new text.
  private static final int LOOK_BACK = 64;

  private final Healing prompt;
  private final Tokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final Sampler sampler;
  private final TextStream text;
  private final Optional<Matcher> matcher;
  private final boolean hasLogprobs;
  private final List<Reply.Logprob> logprobs = new ArrayList<>();
  private int reported; // log-probabilities that the caller has
  private final BitSet forced = new BitSet(); // forced tokens
  private byte[] tail; // the beginning of the next token; empty if it is free
  private int spelled; // 1 if the first token was the tail and nothing else

  TextSequence(
      Healing prompt,
      Terms terms,
      Rules rules,
      Sampler sampler,
      TextStream text,
      Tokenizer tokenizer) {
    super(prompt.tokens(), terms);
    this.prompt = prompt;
    this.tail = prompt.bytes();
    this.sampler = sampler;
    this.text = text;
    this.tokenizer = tokenizer;
    this.vocabulary = tokenizer.vocabulary();
    this.matcher = rules.matcher();
    this.hasLogprobs = rules.logprobs().isPresent();
  }

  // --- as it is

  /// The text so far.
  final TextStream text() {
    return text;
  }

  /// The text that was taken back from the prompt and has to begin the next token; empty after
  /// that.
  final byte[] tail() {
    return tail;
  }

  /// The last bytes that were generated: `least` or more, or all of them.
  final byte[] lastBytes(int least) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int from = length();
    for (int size = 0; from > promptLength() && size < least; from--) {
      size += vocabulary.bytes(tokens()[from - 1]).length;
    }
    for (int i = from; i < length(); i++) {
      bytes.writeBytes(vocabulary.bytes(tokens()[i]));
    }
    return bytes.toByteArray();
  }

  /// Whether the next token has to begin with text that was taken back from the prompt.
  final boolean isHealing() {
    return tail.length > 0;
  }

  final byte[] bytes(int token) {
    return vocabulary.bytes(token);
  }

  /// The tokens that `more` adds to the text so far.
  final int[] encoded(String more) {
    return tokenizer.encodeContinued(more);
  }

  final int[] encoded(byte[] more) {
    return encoded(new String(more, StandardCharsets.UTF_8));
  }

  /// The last tokens, as far as the tokenizer has to see them again.
  final int[] lastTokens() {
    return Arrays.copyOfRange(tokens(), Math.max(promptLength(), length() - LOOK_BACK), length());
  }

  /// Tokens so far, those that only spelled the prompt's end left out.
  @Override
  public final int generated() {
    return length() - promptLength() - spelled;
  }

  /// The [#generated()] tokens.
  final List<Integer> own() {
    return Arrays.stream(tokens(), length() - generated(), length()).boxed().toList();
  }

  private int byteLength(int from, int to) {
    return Arrays.stream(tokens(), from, to).map(token -> vocabulary.bytes(token).length).sum();
  }

  // --- forward

  /// Takes the token that the model chose.
  final void takeChosen(int token, Picked picked) {
    boolean spells = spells(token);
    int fence = text.fenceBytes();
    take(token);
    boolean isText = !spells && text.fenceBytes() - fence < vocabulary.bytes(token).length;
    if (hasLogprobs && isText) {
      logprobs.add(Logprobs.of(token, picked.logprob(), picked, vocabulary));
    }
    dropLogprobsBehindStop();
  }

  /// Appends a forced token.
  final void takeForced(int token) {
    forced.set(length());
    times().forced(1);
    take(token);
    if (hasLogprobs) {
      logprobs.add(Logprobs.forced(token, vocabulary));
    }
    dropLogprobsBehindStop();
  }

  /// Whether the token is the text that was taken back from the prompt, and no more.
  private boolean spells(int token) {
    return isHealing() && vocabulary.bytes(token).length == tail.length;
  }

  private void take(int token) {
    append(token);
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
    if (matcher.isPresent() && !matcher.get().accept(fresh)) {
      throw new BackendException("token " + token + " is not allowed here");
    }
  }

  // --- back

  /// The first token that can be taken back.
  final int firstOwn() {
    return promptLength() + (prompt.tail().isEmpty() ? 0 : 1);
  }

  /// Whether the tokens from `from` on are its own and were not shown.
  final boolean canTakeBack(int from) {
    return from >= firstOwn() && byteLength(from, length()) <= text.heldBytes();
  }

  /// Takes the last `count` tokens back.
  final void takeBack(int count) {
    for (int i = length() - 1; i >= length() - count; i--) {
      sampler.gaveBack(tokens()[i]);
      if (!logprobs.isEmpty()) {
        logprobs.removeLast();
      }
    }
    text.takeBack(byteLength(length() - count, length()));
    reported = Math.min(reported, logprobs.size());
    times().forced(-forced.get(length() - count, length()).cardinality());
    forced.clear(length() - count, length());
    matcher.orElseThrow().rollback(count);
    rewind(length() - count);
  }

  // --- for the caller

  /// The log-probabilities that were not reported yet, of tokens that are not held back.
  final List<Reply.Logprob> nextLogprobs() {
    int end = Math.max(reported, logprobs.size() - heldTokens());
    List<Reply.Logprob> next = logprobs.subList(reported, end);
    reported = end;
    return next;
  }

  /// The log-probabilities of all tokens of the text; empty if the request did
  /// not ask for log-probabilities.
  final List<Reply.Logprob> textLogprobs() {
    return logprobs;
  }

  /// The last tokens, as far as some of their text was not shown.
  private int heldTokens() {
    int bytes = text.heldBytes();
    int count = 0;
    for (int i = length() - 1; i >= promptLength() && bytes > 0; i--, count++) {
      bytes -= vocabulary.bytes(tokens()[i]).length;
    }
    return count;
  }

  /// Behind a stop text there is no text, so its tokens have no log-probabilities.
  private void dropLogprobsBehindStop() {
    if (!text.isStopped() || logprobs.isEmpty()) {
      return;
    }
    int behind = writtenBytes() - text.fenceBytes() - textBytes();
    for (int i = length() - 1; i >= promptLength() && !logprobs.isEmpty(); i--) {
      int size = vocabulary.bytes(tokens()[i]).length;
      if (size > behind) {
        break;
      }
      behind -= size;
      logprobs.removeLast();
    }
    reported = Math.min(reported, logprobs.size());
  }

  private int writtenBytes() {
    return byteLength(promptLength(), length()) - prompt.bytes().length;
  }

  private int textBytes() {
    return text.text().getBytes(StandardCharsets.UTF_8).length;
  }

  /// The tokens that the text is; none if it begins or ends inside of one.
  final List<Integer> kept() {
    int begin = text.fenceBytes();
    int end = text.isStopped() ? begin + textBytes() : writtenBytes() - text.unfinishedBytes();
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

  /// The text that was taken back from the prompt.
  final String healed() {
    return prompt.tail();
  }
}
