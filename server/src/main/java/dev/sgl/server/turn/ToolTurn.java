package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.server.format.ToolFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The part of a [Turn] in which a model may call tools.
final class ToolTurn {
  /// Tokens in which a call must begin where nothing else is known to follow.
  private static final int LOOK_FOR_CALL = 16;

  /// Tokens in which a call shows which tool it names.
  private static final int LOOK_FOR_NAME = 24;

  /// Most tokens of a name, and of the key behind it.
  private static final int NAME_TOKENS = 64;

  private static final int KEY_TOKENS = 16;

  /// The beginning of an object that may be a call.
  private static final class Read {
    final StringBuilder text;
    final List<Reply.Logprob> logprobs = new ArrayList<>();

    Read(String begun) {
      text = new StringBuilder(begun);
    }
  }

  private final Turn turn;
  private final Continuation continuation;
  private final Ask ask;
  private final Toolbox box;
  private final ToolFormat format;
  private final CallWriter writer;
  private boolean isInFormat; // whether the last call is written as the format has it

  ToolTurn(Turn turn, Continuation continuation, TokenBackend backend, Ask ask, Heard heard) {
    this.turn = turn;
    this.continuation = continuation;
    this.ask = ask;
    this.box = ask.tools().orElseThrow();
    this.format = box.format();
    this.writer = new CallWriter(turn, continuation, backend, ask, heard);
  }

  /// Lets the model speak and call.
  ///
  /// @param hasBegun whether it has begun to call
  List<Answer.ToolCall> run(boolean hasBegun) {
    boolean called;
    if (hasBegun) {
      called = callBehindMark(format.mark().text(), behindFirstMark());
    } else if (box.required()) {
      called = callFirst();
    } else if (Types.isFree(ask.type())) {
      called = speak();
    } else {
      called = isCall() ? callFirst() : sayTyped();
    }
    while (called && mayCallAgain()) {
      called = another();
    }
    if (isInFormat) {
      writer.end(format.close());
    }
    return calls();
  }

  /// The calls so far.
  List<Answer.ToolCall> calls() {
    return writer.calls();
  }

  /// Whether the answer may have another call.
  boolean mayCallAgain() {
    return !turn.isEnded() && box.parallel() && format.isParallel();
  }

  /// Lets the model write a call in its format; false if there was no room for it.
  ///
  /// @param tool that it calls; empty if it chooses
  boolean call(Optional<ToolSpec> tool) {
    return call(format.call().begin(), tool);
  }

  // --- whether there is a call

  /// Lets the model say text until it calls a tool; false if it does not.
  private boolean speak() {
    Sampling sampling = marked(ask.sampling(), beginnings());
    while (!turn.isEnded()) {
      Reply reply = turn.say(Type.TEXT, sampling);
      if (!begins(reply)) {
        break;
      }
      continuation.keep(reply);
      turn.goOn();
      if (isMark(reply)) {
        turn.sayHeldWords();
        return callBehindMark(format.mark().text(), behindFirstMark());
      }
      String begun = reply.stop().orElseThrow();
      Read read = new Read(begun);
      continuation.begin(begun);
      if (callWithoutMark(turn.line(), begun, read)) {
        return true;
      }
      turn.sayRead(read.text.toString(), read.logprobs);
    }
    turn.sayHeld();
    return false;
  }

  /// Whether the model begins with a call, where its answer has a type: then a call comes at once,
  /// or there is none.
  private boolean isCall() {
    Sampling sampling = marked(writer.unmarked().withMaxTokens(LOOK_FOR_NAME), List.of());
    Reply looked = continuation.peek(sampling);
    return isMark(looked)
        ? looked.text().isBlank()
        : box.tools().stream().anyMatch(tool -> WrittenCall.isCallOf(tool.name(), looked.text()));
  }

  private boolean sayTyped() {
    turn.say(ask.type(), ask.sampling());
    turn.sayHeld();
    return false;
  }

  private Optional<ToolSpec> offered(String name) {
    return box.tools().stream().filter(tool -> tool.name().equals(name)).findFirst();
  }

  private Sampling few(int tokens) {
    return ask.sampling().withMaxTokens(tokens);
  }

  /// The sampling that ends at the mark of calls, and at other texts.
  private Sampling marked(Sampling sampling, List<String> texts) {
    return stopping(sampling, format.mark().text(), texts);
  }

  /// The sampling that ends at a mark, which may be a special token, and at other texts.
  private Sampling stopping(Sampling sampling, String mark, List<String> others) {
    List<String> texts = new ArrayList<>(sampling.stops().texts());
    texts.addAll(others);
    return turn.stopsAlso(sampling.withStops(texts, sampling.stops().tokens()), mark);
  }

  /// Whether a text ended where a call may begin.
  private boolean begins(Reply reply) {
    return isMark(reply) || reply.stop().filter(beginnings()::contains).isPresent();
  }

  private boolean isMark(Reply reply) {
    return reply.stop().equals(Optional.of(format.mark().text()));
  }

  /// Lets the model go on with another call; false if it does not.
  private boolean another() {
    return switch (format.next()) {
      case ToolFormat.Next.None() -> false;
      case ToolFormat.Next.Item(var between) when isInFormat -> {
        List<String> ends = format.itemEnds(between);
        List<Type> either = ends.stream().<Type>map(Type.Literal::new).toList();
        Reply end = continuation.peek(new Type.OneOf(either), writer.unmarked());
        yield end.text().equals(ends.getFirst()) && call(format.again());
      }
      case ToolFormat.Next.Again(_, var mark) when isInFormat -> anotherBehind(mark);
      case ToolFormat.Next.Item _, ToolFormat.Next.Again _ -> anotherBehind(format.mark().text());
    };
  }

  private boolean anotherBehind(String mark) {
    Sampling sampling = stopping(few(LOOK_FOR_CALL), mark, beginnings());
    Reply looked = continuation.peek(sampling);
    boolean isMarked = looked.stop().equals(Optional.of(mark));
    if (!isMarked && !begins(looked) || !WrittenCall.isAround(looked.text())) {
      return false;
    }
    continuation.keep(looked);
    continuation.count(looked);
    if (isMarked) {
      return callBehindMark(mark, isInFormat ? format.behindMark() : behindFirstMark());
    }
    String begun = looked.stop().orElseThrow();
    continuation.begin(begun);
    return callWithoutMark(looked.text(), begun, new Read(begun));
  }

  /// The texts with which a call may begin that has no mark.
  private List<String> beginnings() {
    return Stream.concat(WrittenCall.BEGINNINGS.stream(), format.bareBegin().stream()).toList();
  }

  // --- a call

  /// Lets the model write the first call in its format; false if there was no room for its name.
  private boolean callFirst() {
    return call(format.opening() + format.call().begin());
  }

  private String behindFirstMark() {
    return format.open() + format.call().begin();
  }

  /// Lets the model write a call in its format; false if there was no room for its name.
  ///
  /// @param begin the text up to the name
  private boolean call(String begin) {
    return call(begin, Optional.empty());
  }

  private boolean call(String begin, Optional<ToolSpec> known) {
    isInFormat = true;
    return writer.call(begin, known);
  }

  /// Lets the model write a call behind a mark of its format. A call that is an object has white
  /// space of the model's own; if the model writes none, its format is written for it.
  ///
  /// @param behind the text between the mark and the name
  private boolean callBehindMark(String mark, String behind) {
    int before = continuation.size();
    if (format.mark().isWritten() && format.call().isObject() && format.open().isEmpty()) {
      continuation.begin(mark);
      Reply blank =
          continuation.generate(
              Type.TEXT, marked(few(LOOK_FOR_CALL), WrittenCall.BEGINNINGS), _ -> {});
      Optional<WrittenCall> written = WrittenCall.behind(blank.text(), blank.stop());
      if (written.isPresent() && blank.text().isBlank()) {
        continuation.keep(blank);
        continuation.begin(written.get().beginning());
        if (callAsWritten(written.get(), new Read(""))) {
          isInFormat = true;
          writer.end(format.call().end());
          return true;
        }
      }
    }
    continuation.rewind(before);
    turn.goOn();
    return call((format.mark().isWritten() ? mark : "") + behind);
  }

  /// Lets the model go on with what may be a call without a mark; false if it is none.
  ///
  /// @param before it
  /// @param begun its first text
  /// @param read gets the text that the model writes
  private boolean callWithoutMark(String before, String begun, Read read) {
    if (format.bareBegin().filter(begun::equals).isPresent()) {
      return WrittenCall.mayFollow(before) && callAsElement(read);
    }
    return WrittenCall.behind(before, Optional.of(begun))
        .filter(written -> callAsWritten(written, read))
        .isPresent();
  }

  /// Lets the model go on with an element that may be a call; false if it is none.
  private boolean callAsElement(Read read) {
    String afterName = format.call().afterName();
    String nameEnd = afterName.strip();
    Reply name = read(List.of(nameEnd), NAME_TOKENS, read);
    Optional<ToolSpec> tool = isAt(nameEnd, name) ? offered(name.text()) : Optional.empty();
    if (tool.isEmpty()) {
      return false;
    }
    turn.dropHeld();
    continuation.begin(afterName.substring(nameEnd.length()));
    isInFormat = false;
    writer.argue(tool.get());
    return true;
  }

  /// Lets the model go on with an object that may be a call; false if it is none.
  ///
  /// @param read gets the text that the model writes
  private boolean callAsWritten(WrittenCall written, Read read) {
    Reply name = read(List.of(WrittenCall.QUOTE), NAME_TOKENS, read);
    Optional<ToolSpec> tool =
        isAt(WrittenCall.QUOTE, name) ? offered(name.text()) : Optional.empty();
    if (tool.isEmpty()) {
      return false;
    }
    Reply key = read(List.of(WrittenCall.COLON, WrittenCall.BRACE), KEY_TOKENS, read);
    if (isAt(WrittenCall.COLON, key) && WrittenCall.isKey(key.text())) {
      turn.dropHeld();
      continuation.begin(written.beforeArguments());
      isInFormat = false;
      writer.argueInJson(tool.get(), WrittenCall.BRACE);
      return true;
    }
    if (isAt(WrittenCall.BRACE, key) && key.text().isBlank() && !tool.get().isArgued()) {
      turn.dropHeld();
      isInFormat = false;
      writer.callWithoutArguments(tool.get());
      return true;
    }
    return false;
  }

  /// Lets the model write up to one of the marks, behind which it continues.
  private Reply read(List<String> marks, int tokens, Read read) {
    Reply reply = continuation.generate(Type.TEXT, marked(few(tokens), marks), _ -> {});
    continuation.keep(reply);
    read.text.append(reply.text());
    read.logprobs.addAll(reply.logprobs());
    Optional<String> mark = marks.stream().filter(one -> isAt(one, reply)).findFirst();
    if (mark.isPresent()) {
      continuation.begin(mark.get());
      read.text.append(mark.get());
    } else if (reply.finish() != Reply.Finish.LENGTH || continuation.left() < 1) {
      turn.end(reply);
    }
    return reply;
  }

  /// Whether a text ended at a mark, and not at a stop text of the client's that is the same.
  private boolean isAt(String mark, Reply reply) {
    return reply.stop().equals(Optional.of(mark)) && !ask.sampling().stops().texts().contains(mark);
  }
}
