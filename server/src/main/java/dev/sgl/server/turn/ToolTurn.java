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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The part of a [Turn] in which a model may call tools.
final class ToolTurn {
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  /// Tokens in which the mark of a call must come where nothing else is known to follow.
  private static final int LOOK_FOR_MARK = 4;

  /// Tokens in which an object shows whether it is a call: the name stands at its beginning.
  private static final int LOOK_FOR_NAME = 16;

  /// The beginning of an object that is a call, and as much of the name as there is.
  private static final Pattern NAMED =
      Pattern.compile("\\A\\s*\\{\\s*\"name\"\\s*:\\s*\"([^\"]*)(\"?)");

  private final Turn turn;
  private final Continuation continuation;
  private final TokenBackend backend;
  private final Ask ask;
  private final Heard heard;
  private final Toolbox box;
  private final ToolFormat format;
  private final List<Answer.ToolCall> calls = new ArrayList<>();

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
    if (box.required() || (Types.isFree(ask.type()) ? speak() : isCall() || sayTyped())) {
      do {
        call();
      } while (!turn.isEnded() && box.parallel() && format.isParallel() && another());
    }
    return calls;
  }

  // --- whether there is a call

  /// Lets the model say text until it begins a call; false if it does not.
  private boolean speak() {
    Reply reply = turn.say(Type.TEXT, marked(ask.sampling(), format.marks()));
    boolean begins = begins(reply);
    if (begins && reply.stop().equals(Optional.of(ToolFormat.BRACE))) {
      continuation.keep(reply);
      if (!reply.text().isBlank() || !names(ToolFormat.BRACE)) { // a brace of the text
        continuation.begin(ToolFormat.BRACE);
        turn.sayMark(ToolFormat.BRACE);
        turn.say(Type.TEXT, ask.sampling());
        begins = false;
      }
    } else if (begins) {
      continuation.keep(reply);
    }
    if (begins) {
      turn.dropBlank();
    } else {
      turn.sayBlank();
    }
    return begins;
  }

  /// Whether the model begins with a call, where its answer has a type: then a call comes at once,
  /// or there is none.
  private boolean isCall() {
    if (format.marks().contains(ToolFormat.BRACE)) { // so may the answer begin
      return names("");
    }
    return beginsAtOnce(look(LOOK_FOR_MARK, format.marks(), ""));
  }

  private boolean sayTyped() {
    turn.say(ask.type(), ask.sampling());
    return false;
  }

  /// Whether the model would go on with an object that names an offered tool, or a mark.
  ///
  /// @param begun what is there of it
  private boolean names(String begun) {
    Reply looked = look(LOOK_FOR_NAME, List.of(), begun);
    Matcher named = NAMED.matcher(begun + looked.text());
    if (!named.find()) {
      return begun.isEmpty() && beginsAtOnce(looked);
    }
    boolean isWhole = !named.group(2).isEmpty();
    String name = named.group(1);
    return box.tools().stream()
        .map(ToolSpec::name)
        .anyMatch(tool -> isWhole ? tool.equals(name) : tool.startsWith(name));
  }

  private Reply look(int tokens, List<String> marks, String begun) {
    Sampling few = ask.sampling().withMaxTokens(tokens).withLogprobs(OptionalInt.empty());
    return continuation.peek(begun, marked(few, marks));
  }

  /// The sampling with marks of calls as stops.
  private Sampling marked(Sampling sampling, List<String> marks) {
    List<String> texts = new ArrayList<>(sampling.stop());
    texts.addAll(marks);
    List<Integer> ids = new ArrayList<>(sampling.stopTokens());
    format.token().flatMap(backend::special).map(Token::id).ifPresent(ids::add);
    return sampling.withStops(texts, ids);
  }

  private boolean begins(Reply reply) {
    return reply.finish() == Reply.Finish.STOP
        && reply
            .stop()
            .filter(s -> format.marks().contains(s) || format.token().equals(Optional.of(s)))
            .isPresent();
  }

  private boolean beginsAtOnce(Reply reply) {
    return begins(reply) && reply.text().isBlank();
  }

  /// Whether the model goes on with another call.
  private boolean another() {
    if (format == ToolFormat.MISTRAL) {
      Type either = new Type.OneOf(List.of(new Type.Literal(","), new Type.Literal("]")));
      Sampling one = ask.sampling().withMaxTokens(1).withLogprobs(OptionalInt.empty());
      return continuation.generate(either, one, _ -> {}).text().equals(",");
    }
    Reply looked = look(LOOK_FOR_MARK, format.marks(), "");
    if (!beginsAtOnce(looked)) {
      return false;
    }
    continuation.keep(looked);
    continuation.count(looked);
    return true;
  }

  // --- a call

  private void call() {
    int index = calls.size();
    continuation.write(format.beforeName(index));
    Optional<ToolSpec> tool = choose();
    if (tool.isEmpty()) {
      return;
    }
    continuation.write(format.beforeArguments());
    String id = id(format.idLength());
    heard.called(index, id, tool.get().name());
    StringBuilder json = new StringBuilder();
    Reply reply =
        continuation.generate(
            tool.get().arguments(),
            unmarked(),
            piece -> {
              json.append(piece);
              heard.argued(index, piece);
            });
    calls.add(new Answer.ToolCall(id, tool.get().name(), json.toString()));
    continuation.keep(reply);
    if (reply.finish() == Reply.Finish.LENGTH) {
      turn.end(reply);
    } else {
      continuation.write(format.end(!box.parallel()));
    }
  }

  private Sampling unmarked() {
    return ask.sampling().withStops(List.of(), List.of()).withLogprobs(OptionalInt.empty());
  }

  /// Lets the model write the name of a tool and what ends it; none if there was no room.
  private Optional<ToolSpec> choose() {
    List<ToolSpec> tools = box.tools();
    String end = format.nameEnd();
    if (tools.size() == 1) {
      continuation.write(tools.getFirst().name() + end);
      return Optional.of(tools.getFirst());
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
