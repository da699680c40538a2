package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.program.Type;
import dev.sgl.server.format.Channels;
import dev.sgl.server.format.ToolFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// One answer of the model, made of one generation after the other: a thought up to its end mark,
/// text up to where a call may begin, the name of a tool, its arguments. So a call is held to its
/// tool while it is written. The end of a text that may belong to a call, such as the first line
/// of a code block, is said when it is known that none follows. Run by one thread, and ended by
/// any.
public final class Turn implements AutoCloseable {
  /// Tokens in which a thought begins, if the model thinks.
  private static final int LOOK_FOR_THOUGHT = 6;

  private final TokenBackend backend;
  private final Ask ask;
  private final Heard heard;
  private final Continuation continuation;
  private final StringBuilder text = new StringBuilder();
  private String held = ""; // the end of the text, as long as a call may follow
  private final List<Integer> tokens = new ArrayList<>();
  private boolean isWhole = true; // whether the tokens are the text
  private final List<Reply.Logprob> logprobs = new ArrayList<>();
  private final List<Reply.Logprob> untold = new ArrayList<>(); // log-probabilities
  private int known; // log-probabilities of the generation
  private Optional<String> thought = Optional.empty();
  private int thoughtTokens;
  private Answer.Finish finish = Answer.Finish.STOP;
  private Optional<String> stop = Optional.empty();
  private boolean callsInThought; // whether a call begins where a thought was left open
  private boolean ended;
  private Reply last = Continuation.NO_ROOM; // with which the answer ended

  /// A turn that has not begun.
  ///
  /// @param heard is called with each piece of the answer, on the thread of [#run()]
  public Turn(TokenBackend backend, Ask ask, Heard heard) {
    this.backend = backend;
    this.ask = ask;
    this.heard = heard;
    this.continuation = new Continuation(backend, ask);
  }

  /// Asks the model, and waits for the end of its answer.
  ///
  /// @throws dev.sgl.backend.BackendException if it could not answer
  public Answer run() {
    ask.thought().ifPresent(this::think);
    List<Answer.ToolCall> calls = List.of();
    if (ask.channels().isPresent()) {
      Channels channels = ask.channels().get();
      calls = new ChannelTurn(this, continuation, backend, ask, heard, channels).run();
    } else if (!ended && ask.tools().isPresent()) {
      calls = new ToolTurn(this, continuation, backend, ask, heard).run(callsInThought);
    } else if (!ended) {
      say(ask.type(), ask.sampling());
    }
    boolean isOfCalls = !calls.isEmpty() && finish != Answer.Finish.LENGTH;
    Answer answer =
        new Answer(
            thought,
            new Answer.Spoken(text.toString(), isWhole ? tokens : List.of(), logprobs),
            calls,
            new Answer.End(isOfCalls ? Answer.Finish.CALLS : finish, stop),
            continuation.usage(last.usage().endTokens()),
            thoughtTokens,
            continuation.all(last));
    heard.ended(answer);
    return answer;
  }

  private void think(Thought how) {
    if (!how.isSure() && !begins(how)) {
      return;
    }
    think(how.begin(), how.format().end(), how.format().behindEnd());
  }

  /// Tokens that are left for thoughts; none if there is no limit.
  OptionalInt leftForThought() {
    return ask.mostThought().isPresent()
        ? OptionalInt.of(Math.max(0, ask.mostThought().getAsInt() - thoughtTokens))
        : OptionalInt.empty();
  }

  /// Lets the model think, as long as tokens are left for it.
  ///
  /// @param begin the text that the prompt still needs so that a thought begins
  /// @param mark that ends it
  /// @param behindEnd the text behind the mark
  void think(String begin, String mark, String behindEnd) {
    OptionalInt most = leftForThought();
    continuation.begin(begin);
    StringBuilder all = new StringBuilder(thought.map(before -> before + "\n\n").orElse(""));
    thought.ifPresent(_ -> heard.thought("\n\n"));
    Sampling ends =
        callMark().map(call -> stopsAlso(stopsAt(mark), call)).orElseGet(() -> stopsAt(mark));
    Sampling limited = most.isPresent() ? ends.withMaxTokens(most.getAsInt()) : ends;
    Reply reply =
        continuation.generate(
            Type.TEXT,
            limited.withLogprobs(OptionalInt.empty()),
            piece -> {
              all.append(piece);
              heard.thought(piece);
            });
    thought = Optional.of(all.toString());
    thoughtTokens += reply.usage().generatedTokens();
    boolean isLimited = most.isPresent() && reply.usage().generatedTokens() >= most.getAsInt();
    if (reply.finish() == Reply.Finish.LENGTH && !(isLimited && continuation.left() > 0)) {
      end(reply);
    } else { // also if the model forgot the mark
      continuation.keep(reply);
      continuation.write(mark + behindEnd);
      callsInThought = reply.stop().isPresent() && reply.stop().equals(callMark());
    }
  }

  /// The special token with which calls begin: models that forget to end their thought write it.
  private Optional<String> callMark() {
    return ask.tools()
        .map(box -> box.format().mark())
        .filter(ToolFormat.Mark::isWritten)
        .map(ToolFormat.Mark::text)
        .filter(text -> backend.special(text).isPresent());
  }

  /// Whether the model begins with a thought.
  private boolean begins(Thought how) {
    Reply looked = continuation.peek(stopsAt(how.format().begin()).withMaxTokens(LOOK_FOR_THOUGHT));
    return looked.text().isBlank() && looked.stop().equals(Optional.of(how.format().begin()));
  }

  /// The sampling that ends at a mark alone, which may be a special token.
  Sampling stopsAt(String mark) {
    return stopsAlso(ask.sampling().withoutStops(), mark);
  }

  /// A sampling that also ends at a mark, which may be a special token.
  Sampling stopsAlso(Sampling sampling, String mark) {
    List<String> texts = new ArrayList<>(sampling.stops().texts());
    List<Integer> ids = new ArrayList<>(sampling.stops().tokens());
    backend.special(mark).map(Token::id).ifPresentOrElse(ids::add, () -> texts.add(mark));
    return sampling.withStops(texts, ids);
  }

  // --- text

  /// Lets the model speak.
  Reply say(Type type, Sampling sampling) {
    known = 0;
    Reply reply = continuation.generate(type, sampling, this::hear);
    know(reply.logprobs().subList(known, reply.logprobs().size()));
    if (held.isEmpty()) {
      tell(""); // of tokens at the end that became no text
    }
    isWhole &= tokens.isEmpty() && reply.healed() == 0;
    tokens.addAll(reply.tokens());
    logprobs.addAll(reply.logprobs());
    end(reply);
    return reply;
  }

  /// What may belong to a call is said once it is known that none follows.
  private void hear(String piece) {
    know(continuation.logprobs());
    heard.counted(continuation.tokens());
    String all = held + (isFirst() ? piece.stripLeading() : piece);
    int end = ask.tools().isPresent() ? WrittenCall.around(all) : all.length();
    held = all.substring(end);
    if (end > 0) {
      tell(all.substring(0, end));
    }
  }

  /// Whether nothing was said yet behind a thought, where white space says nothing.
  private boolean isFirst() {
    return thought.isPresent() && text.isEmpty() && held.isEmpty();
  }

  private void know(List<Reply.Logprob> more) {
    untold.addAll(more);
    known += more.size();
  }

  private void tell(String more) {
    text.append(more);
    if (!more.isEmpty() || !untold.isEmpty()) {
      heard.said(more, List.copyOf(untold));
      untold.clear();
    }
  }

  /// The last line of the text so far, with what may belong to a call.
  String line() {
    int from = held.indexOf('\n') < 0 ? text.lastIndexOf("\n") + 1 : text.length();
    return text.substring(from) + held.substring(held.lastIndexOf('\n') + 1);
  }

  /// Sends the text that was held back, since no call follows.
  void sayHeld() {
    tell(held);
    held = "";
  }

  /// Sends the text that was held back, without the white space at its end, since a call follows.
  void sayHeldWords() {
    String words = held.stripTrailing();
    if (words.isEmpty()) {
      dropHeld();
    } else {
      held = "";
      tell(words);
    }
  }

  /// Writes a gap between two messages.
  void part() {
    if (!text.isEmpty()) {
      tell("\n\n");
      isWhole = false;
    }
  }

  /// Sends the text that was held back, and the text behind it that was taken for the beginning
  /// of a call.
  void sayRead(String read, List<Reply.Logprob> probabilities) {
    sayHeld();
    untold.addAll(probabilities);
    logprobs.addAll(probabilities);
    tell(read);
    isWhole = false;
  }

  /// Drops the text that was held back, since it belongs to a call.
  void dropHeld() {
    logprobs.subList(logprobs.size() - untold.size(), logprobs.size()).clear();
    untold.clear();
    held = "";
  }

  /// The end of the last generation is not that of the answer.
  void goOn() {
    ended = false;
    stop = Optional.empty();
    last = Continuation.NO_ROOM;
  }

  // --- the end

  /// Tokens of the prompt and of the answer that were computed so far.
  int computedTokens() {
    return continuation.computedTokens() + last.usage().endTokens();
  }

  /// The times of the first generation, if it is over.
  Optional<Reply.Timing> timing() {
    return continuation.timing();
  }

  boolean isEnded() {
    return ended;
  }

  /// The answer ends as a generation did.
  void end(Reply reply) {
    ended = true;
    stop = reply.stop();
    last = reply;
    finish =
        switch (reply.finish()) {
          case END, STOP -> Answer.Finish.STOP;
          case LENGTH -> Answer.Finish.LENGTH;
        };
  }

  /// Ends the answer, if it is not finished.
  @Override
  public void close() {
    continuation.close();
  }
}
