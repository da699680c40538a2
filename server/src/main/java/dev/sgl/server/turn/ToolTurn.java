package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Token;
import dev.sgl.constraint.Syntax;
import dev.sgl.constraint.match.SyntaxReader;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.server.format.ToolFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The part of a [Turn] in which a model may call tools.
final class ToolTurn {
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private static final int LONG_ID = 24;
  private static final int SHORT_ID = 9;
  private static final String NO_ARGUMENTS = "{}";
  private static final Pattern SPECIAL = Pattern.compile("\\[[A-Z_]+\\]|<[|｜][^<>]+[|｜]>");

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
  private final int earlier; // calls in the conversation before
  private final List<Answer.ToolCall> calls = new ArrayList<>();
  private String id = ""; // of the call that is written
  private boolean isInFormat; // whether the last call is written as the format has it

  ToolTurn(Turn turn, Continuation continuation, TokenBackend backend, Ask ask, Heard heard) {
    this.turn = turn;
    this.continuation = continuation;
    this.backend = backend;
    this.ask = ask;
    this.heard = heard;
    this.box = ask.tools().orElseThrow();
    this.format = box.format();
    this.earlier = earlierCalls(ask.prompt());
  }

  private static int earlierCalls(Prompt prompt) {
    return prompt instanceof Prompt.Chat(var messages, _, _)
        ? messages.stream()
            .map(message -> message.fields().get("tool_calls"))
            .mapToInt(its -> its instanceof List<?> list ? list.size() : 0)
            .sum()
        : 0;
  }

  /// Lets the model speak and call.
  List<Answer.ToolCall> run() {
    boolean called;
    if (box.required()) {
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
      writeEnd(format.close());
    }
    return calls;
  }

  /// The calls so far.
  List<Answer.ToolCall> calls() {
    return calls;
  }

  /// Whether the answer may have another call.
  boolean mayCallAgain() {
    return !turn.isEnded() && box.parallel() && format.isParallel();
  }

  /// Lets the model write a call in its format; false if there was no room for it.
  ///
  /// @param tool that it calls; empty if it chooses
  boolean call(Optional<ToolSpec> tool) {
    return call(filled(format.call().begin()), tool);
  }

  // --- whether there is a call

  /// Lets the model say text until it calls a tool; false if it does not.
  private boolean speak() {
    Sampling sampling = marked(ask.sampling(), WrittenCall.BEGINNINGS);
    while (!turn.isEnded()) {
      Reply reply = turn.say(Type.TEXT, sampling);
      if (!begins(reply)) {
        break;
      }
      continuation.keep(reply);
      turn.goOn();
      if (isMark(reply)) {
        turn.dropHeld();
        return callBehindMark(format.mark().text(), behindFirstMark());
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
    Sampling sampling = marked(unmarked().withMaxTokens(LOOK_FOR_NAME), List.of());
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
    List<Integer> ids = new ArrayList<>(sampling.stops().tokens());
    Optional<Integer> special = backend.special(mark).map(Token::id);
    special.ifPresentOrElse(ids::add, () -> texts.add(mark));
    return sampling.withStops(texts, ids);
  }

  /// Whether a text ended where a call may begin.
  private boolean begins(Reply reply) {
    return isMark(reply) || reply.stop().filter(WrittenCall.BEGINNINGS::contains).isPresent();
  }

  private boolean isMark(Reply reply) {
    return reply.stop().equals(Optional.of(format.mark().text()));
  }

  /// Lets the model go on with another call; false if it does not.
  private boolean another() {
    return switch (format.next()) {
      case ToolFormat.Next.None() -> false;
      case ToolFormat.Next.Item _ when isInFormat -> {
        List<Type> ends = new ArrayList<>();
        format.itemEnds().forEach(end -> ends.add(new Type.Literal(end)));
        Reply end = continuation.peek(new Type.OneOf(ends), unmarked());
        yield end.text().equals(format.itemEnds().getFirst()) && call(format.again());
      }
      case ToolFormat.Next.Again(_, var mark) when isInFormat -> anotherBehind(mark);
      case ToolFormat.Next.Item _, ToolFormat.Next.Again _ -> anotherBehind(format.mark().text());
    };
  }

  private boolean anotherBehind(String mark) {
    Sampling sampling = stopping(few(LOOK_FOR_CALL), mark, WrittenCall.BEGINNINGS);
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
    return WrittenCall.behind(looked.text(), looked.stop())
        .filter(written -> callAsWritten(written, new Read(begun)))
        .isPresent();
  }

  // --- a call

  /// Lets the model write the first call in its format; false if there was no room for its name.
  private boolean callFirst() {
    return call((format.mark().isWritten() ? format.mark().text() : "") + behindFirstMark());
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
    id = "";
    if (!write(filled(begin))) {
      return false;
    }
    isInFormat = true;
    Optional<ToolSpec> tool = choose(known);
    tool.ifPresent(
        chosen -> {
          argue(chosen);
          writeEnd(filled(format.call().end()));
        });
    return tool.isPresent();
  }

  private String filled(String text) {
    return ToolFormat.filled(text, earlier + calls.size(), id);
  }

  /// Writes a piece of the format; where there is no room for it, the answer ends.
  private boolean write(String words) {
    boolean isWritten = continuation.write(words);
    if (!isWritten) {
      turn.end(Continuation.NO_ROOM);
    }
    return isWritten;
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
          writeEnd(format.call().end());
          return true;
        }
      }
    }
    continuation.rewind(before);
    turn.goOn();
    return call((format.mark().isWritten() ? mark : "") + behind);
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
      isInFormat = false;
      id = newId(tool.get());
      argue(tool.get(), WrittenCall.BRACE);
      return true;
    }
    if (isAt(WrittenCall.BRACE, key) && key.text().isBlank() && !tool.get().isArgued()) {
      turn.dropHeld();
      isInFormat = false;
      id = newId(tool.get());
      heard.called(calls.size(), id, tool.get().name());
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

  /// Lets the model write the arguments of a call as its format has them.
  private void argue(ToolSpec tool) {
    if (format.call().syntax().isJson()) {
      argue(tool, format.call().brace());
      return;
    }
    int index = calls.size();
    heard.called(index, id, tool.name());
    SyntaxReader arguments = Types.reader(tool.arguments(), format.call().syntax());
    Reply reply =
        continuation.argue(
            tool.arguments(),
            format.call().syntax(),
            format.call().specials(),
            unmarked(),
            piece -> {
              String json = arguments.read(piece);
              if (!json.isEmpty()) {
                heard.argued(index, json);
              }
            });
    called(tool, arguments.json(), reply);
  }

  /// Lets the model write the arguments of a call as JSON.
  ///
  /// @param brace that ends the call; empty if none does
  private void argue(ToolSpec tool, String brace) {
    int index = calls.size();
    heard.called(index, id, tool.name());
    Arguments arguments = new Arguments(brace, json -> heard.argued(index, json));
    Reply reply = continuation.argue(tool.arguments(), brace, unmarked(), arguments::hear);
    arguments.end(reply.finish() != Reply.Finish.LENGTH || reply.cuts().closed());
    called(tool, arguments.json(), reply);
  }

  /// Adds a call that was written.
  private void called(ToolSpec tool, String arguments, Reply reply) {
    calls.add(new Answer.ToolCall(id, tool.name(), arguments));
    continuation.keepOpen(reply);
    if (reply.finish() == Reply.Finish.LENGTH) {
      turn.end(reply);
    }
  }

  private Sampling unmarked() {
    return ask.sampling().withStops(List.of(), List.of()).withLogprobs(OptionalInt.empty());
  }

  /// Lets the model choose a tool, and writes its name and the text behind it; none if there was no
  /// room.
  ///
  /// @param known the tool, if it is known already
  private Optional<ToolSpec> choose(Optional<ToolSpec> known) {
    List<ToolSpec> tools = box.tools();
    Optional<ToolSpec> only = tools.size() == 1 ? Optional.of(tools.getFirst()) : known;
    Optional<ToolSpec> chosen = only.or(() -> chosen(tools));
    chosen.ifPresent(tool -> id = newId(tool));
    return chosen.filter(tool -> write(tool.name() + filled(format.call().afterName())));
  }

  private Optional<ToolSpec> chosen(List<ToolSpec> tools) {
    String end = nameEnd(tools);
    List<Integer> special = backend.special(end).map(Token::id).stream().toList();
    String written = special.isEmpty() ? end : "";
    List<Type> names = new ArrayList<>();
    tools.forEach(tool -> names.add(new Type.Literal(tool.name() + written)));
    Reply reply =
        continuation.peek(new Type.OneOf(names), unmarked().withStops(List.of(), special));
    Optional<ToolSpec> chosen =
        tools.stream().filter(tool -> reply.text().equals(tool.name() + written)).findFirst();
    if (chosen.isEmpty()) {
      turn.end(reply);
    }
    return chosen;
  }

  /// The text that tells the end of a name from its going on, where one name begins with another: a
  /// special token, or the first character behind the name.
  private String nameEnd(List<ToolSpec> tools) {
    String behind = filled(format.call().afterName()) + begin(format.call().syntax());
    Matcher token = SPECIAL.matcher(behind);
    boolean isSpecial = token.lookingAt() && backend.special(token.group()).isPresent();
    boolean isDoubtful =
        tools.stream()
            .anyMatch(
                one -> tools.stream().anyMatch(o -> o != one && o.name().startsWith(one.name())));
    return isSpecial ? token.group() : isDoubtful ? behind.substring(0, 1) : "";
  }

  /// The first text of arguments, where it is the same for all.
  private static String begin(Syntax syntax) {
    return syntax
        .outer()
        .map(form -> form.begin().isEmpty() ? form.end() : form.begin())
        .orElse("{");
  }

  private String newId(ToolSpec tool) {
    return switch (format.ids()) {
      case LONG -> "call_" + letters(LONG_ID);
      case SHORT -> letters(SHORT_ID);
      case NAMED -> "functions.%s:%d".formatted(tool.name(), earlier + calls.size());
    };
  }

  private static String letters(int length) {
    StringBuilder letters = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      letters.append(LETTERS.charAt(ThreadLocalRandom.current().nextInt(LETTERS.length())));
    }
    return letters.toString();
  }
}
