package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;

/// The part of a [Turn] in which a model may call tools.
final class ToolTurn {
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private static final String NO_ARGUMENTS = "{}";

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
  private final TokenBackend backend;
  private final Ask ask;
  private final Heard heard;
  private final Toolbox box;
  private final ToolFormat format;
  private final List<Answer.ToolCall> calls = new ArrayList<>();
  private boolean isList; // whether the calls are in a list that the format has

  ToolTurn(Turn turn, Continuation continuation, TokenBackend backend, Ask ask, Heard heard) {
    this.turn = turn;
    this.continuation = continuation;
    this.backend = backend;
    this.ask = ask;
    this.heard = heard;
    this.box = ask.tools().orElseThrow();
    this.format = box.format();
  }

  /// Lets the model speak and call.
  List<Answer.ToolCall> run() {
    boolean called;
    if (box.required()) {
      called = call();
    } else if (Types.isFree(ask.type())) {
      called = speak();
    } else {
      called = isCall() ? call() : sayTyped();
    }
    while (called && !turn.isEnded() && box.parallel() && format.isParallel()) {
      called = another();
    }
    return calls;
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
        turn.dropHeld();
        return callBehindMark();
      }
      String begun = reply.stop().orElseThrow();
      Read read = new Read(begun);
      continuation.begin(begun);
      Optional<WrittenCall> written = WrittenCall.behind(turn.line(), reply.stop());
      if (written.isPresent() && callAsWritten(written.get(), read)) {
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
    Sampling sampling = marked(unmarked().withMaxTokens(LOOK_FOR_NAME), format.marks());
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

  /// The texts with which a call may begin.
  private List<String> beginnings() {
    List<String> all = new ArrayList<>(format.marks());
    all.addAll(WrittenCall.BEGINNINGS);
    return all;
  }

  /// The sampling with marks of calls as stops.
  private Sampling marked(Sampling sampling, List<String> marks) {
    List<String> texts = new ArrayList<>(sampling.stops().texts());
    texts.addAll(marks);
    List<Integer> ids = new ArrayList<>(sampling.stops().tokens());
    format.token().flatMap(backend::special).map(Token::id).ifPresent(ids::add);
    return sampling.withStops(texts, ids);
  }

  /// Whether a text ended where a call may begin.
  private boolean begins(Reply reply) {
    return isMark(reply) || reply.stop().filter(WrittenCall.BEGINNINGS::contains).isPresent();
  }

  private boolean isMark(Reply reply) {
    return reply
        .stop()
        .filter(stop -> format.marks().contains(stop) || format.token().equals(reply.stop()))
        .isPresent();
  }

  /// Lets the model go on with another call; false if it does not.
  private boolean another() {
    if (isList) {
      Type either = new Type.OneOf(List.of(new Type.Literal(","), new Type.Literal("]")));
      return continuation.generate(either, few(1), _ -> {}).text().equals(",") && call();
    }
    Reply looked = continuation.peek(marked(few(LOOK_FOR_CALL), beginnings()));
    if (!begins(looked) || !WrittenCall.isAround(looked.text())) {
      return false;
    }
    continuation.keep(looked);
    continuation.count(looked);
    if (isMark(looked)) {
      return callBehindMark();
    }
    String begun = looked.stop().orElseThrow();
    continuation.begin(begun);
    return WrittenCall.behind(looked.text(), looked.stop())
        .filter(written -> callAsWritten(written, new Read(begun)))
        .isPresent();
  }

  // --- a call

  /// Lets the model write a call in its format; false if there was no room for its name.
  private boolean call() {
    if (!write(format.beforeName(isList ? calls.size() : 0))) {
      return false;
    }
    isList = format == ToolFormat.MISTRAL;
    Optional<ToolSpec> tool = choose().filter(_ -> write(format.beforeArguments()));
    tool.ifPresent(
        chosen -> {
          argue(chosen, format.brace());
          writeEnd(format.end(!box.parallel()));
        });
    return tool.isPresent();
  }

  /// Writes a piece of the format; where there is no room for it, the answer ends.
  private boolean write(String words) {
    boolean isWritten = continuation.write(words);
    if (!isWritten) {
      turn.end(Continuation.NO_ROOM);
    }
    return isWritten;
  }

  /// Lets the model write a call behind the mark of its format, with white space of its own; if it
  /// writes none, its format is written for it.
  private boolean callBehindMark() {
    if (format.marks().isEmpty()) {
      return call();
    }
    int before = continuation.size();
    continuation.begin(ToolFormat.HERMES_MARK);
    Reply blank =
        continuation.generate(
            Type.TEXT, marked(few(LOOK_FOR_CALL), WrittenCall.BEGINNINGS), _ -> {});
    Optional<WrittenCall> written = WrittenCall.behind(blank.text(), blank.stop());
    if (written.isPresent() && blank.text().isBlank()) {
      continuation.keep(blank);
      continuation.begin(written.get().beginning());
      if (callAsWritten(written.get(), new Read(""))) {
        writeEnd(ToolFormat.HERMES_END);
        return true;
      }
    }
    continuation.rewind(before);
    turn.goOn();
    return call();
  }

  /// Lets the model go on with an object that may be a call; false if it is none.
  ///
  /// @param read gets what the model writes of it
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
      argue(tool.get(), WrittenCall.BRACE);
      return true;
    }
    if (isAt(WrittenCall.BRACE, key) && key.text().isBlank() && !tool.get().isArgued()) {
      turn.dropHeld();
      String id = begin(tool.get());
      heard.argued(calls.size(), NO_ARGUMENTS);
      calls.add(new Answer.ToolCall(id, tool.get().name(), NO_ARGUMENTS));
      return true;
    }
    return false;
  }

  /// Writes the text behind a call.
  private void writeEnd(String end) {
    if (!turn.isEnded()) {
      continuation.write(end);
    }
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

  /// Lets the model write the arguments of a call.
  ///
  /// @param brace that ends the call; empty if none does
  private void argue(ToolSpec tool, String brace) {
    int index = calls.size();
    String id = begin(tool);
    Arguments arguments = new Arguments(brace, json -> heard.argued(index, json));
    Reply reply = continuation.argue(tool.arguments(), brace, unmarked(), arguments::hear);
    arguments.end(reply.finish() != Reply.Finish.LENGTH || reply.cuts().closed());
    calls.add(new Answer.ToolCall(id, tool.name(), arguments.json()));
    continuation.keepOpen(reply);
    if (reply.finish() == Reply.Finish.LENGTH) {
      turn.end(reply);
    }
  }

  /// Tells of a call, which gets the id that is returned.
  private String begin(ToolSpec tool) {
    String id = id(format.idLength());
    heard.called(calls.size(), id, tool.name());
    return id;
  }

  private Sampling unmarked() {
    return ask.sampling().withStops(List.of(), List.of()).withLogprobs(OptionalInt.empty());
  }

  /// Lets the model write the name of a tool and what ends it; none if there was no room.
  private Optional<ToolSpec> choose() {
    List<ToolSpec> tools = box.tools();
    String end = format.nameEnd();
    if (tools.size() == 1) {
      return Optional.of(tools.getFirst()).filter(tool -> write(tool.name() + end));
    }
    List<Type> names = new ArrayList<>();
    tools.forEach(tool -> names.add(new Type.Literal(tool.name() + end)));
    List<Integer> ends = // one name may begin with another
        format.nameEndToken().flatMap(backend::special).map(Token::id).stream().toList();
    Reply reply =
        continuation.generate(
            new Type.OneOf(names), unmarked().withStops(List.of(), ends), _ -> {});
    continuation.keep(reply);
    Optional<ToolSpec> chosen =
        tools.stream().filter(tool -> reply.text().equals(tool.name() + end)).findFirst();
    if (chosen.isEmpty()) {
      turn.end(reply);
    }
    return chosen;
  }

  private static String id(int length) {
    StringBuilder id = new StringBuilder(length == ToolFormat.SHORT_ID ? "" : "call_");
    for (int i = 0; i < length; i++) {
      id.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
    }
    return id.toString();
  }
}
