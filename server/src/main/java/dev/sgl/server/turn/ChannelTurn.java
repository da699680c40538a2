package dev.sgl.server.turn;

import dev.sgl.backend.Reply;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.server.format.Channels;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A [Turn] of a model that parts its answer into messages: the header of each shows whether it
/// is a thought, a call, or something that is said. Only the last one that is said is held to the
/// answer's type.
final class ChannelTurn {
  /// Tokens of a header.
  private static final int LOOK_FOR_HEADER = 48;

  /// A model that writes more messages repeats itself.
  private static final int MOST_MESSAGES = 32;

  private final Turn turn;
  private final Continuation continuation;
  private final Ask ask;
  private final Channels channels;
  private final Optional<ToolTurn> tools;

  ChannelTurn(
      Turn turn,
      Continuation continuation,
      TokenBackend backend,
      Ask ask,
      Heard heard,
      Channels channels) {
    this.turn = turn;
    this.continuation = continuation;
    this.ask = ask;
    this.channels = channels;
    this.tools = ask.tools().map(_ -> new ToolTurn(turn, continuation, backend, ask, heard));
  }

  /// Lets the model think, call and speak.
  List<Answer.ToolCall> run() {
    boolean goesOn = true;
    for (int i = 0; goesOn && i < MOST_MESSAGES && !turn.isEnded(); i++) {
      goesOn = message(header());
    }
    return tools.map(ToolTurn::calls).orElse(List.of());
  }

  /// The words of the next header.
  private String header() {
    Sampling sampling = turn.stopsAt(channels.headerEnd()).withMaxTokens(LOOK_FOR_HEADER);
    String text = continuation.peek(sampling).text().strip();
    return text.startsWith(channels.begin()) ? text.substring(channels.begin().length()) : text;
  }

  /// Lets the model write a message; false if it is the last one.
  private boolean message(String header) {
    if (channels.thought().filter(header::equals).isPresent()) {
      if (turn.leftForThought().orElse(1) == 0) {
        return callsAtOnce() ? call(Optional.empty()) : answer();
      }
      turn.think(channels.header(header), channels.messageEnd(), channels.next());
      return true;
    }
    Optional<ToolSpec> called = called(header);
    if (called.isPresent() || ask.tools().filter(Toolbox::required).isPresent()) {
      return call(called);
    }
    boolean isAside = header.equals(aside());
    return isAside && Types.isFree(ask.type()) ? say(header) : answer();
  }

  /// Whether the model calls a tool where it may not think any more.
  private boolean callsAtOnce() {
    if (ask.tools().isEmpty() || ask.tools().get().required()) {
      return ask.tools().isPresent();
    }
    int size = continuation.size();
    continuation.begin(channels.begin());
    Type either =
        new Type.OneOf(
            List.of(new Type.Literal(channels.answer()), new Type.Literal(channels.callWords())));
    Reply chosen = continuation.peek(either, ask.sampling().withoutStops());
    continuation.rewind(size);
    return chosen.text().equals(channels.callWords());
  }

  /// The first word of the header of a call; with no more it is the header of something that is
  /// said before.
  private String aside() {
    return channels.callWords().isEmpty() ? channels.answer() : channels.callWords().split(" ")[0];
  }

  /// The tool that a header calls: the one with the longest name, since what follows the name
  /// may be a token without text.
  private Optional<ToolSpec> called(String header) {
    String words = channels.callWords();
    String recipient = words.substring(words.lastIndexOf(' ') + 1);
    int at = header.indexOf(recipient);
    if (ask.tools().isEmpty() || at < 0) {
      return Optional.empty();
    }
    String name = header.substring(at + recipient.length());
    return ask.tools().get().tools().stream()
        .filter(tool -> words.isEmpty() ? name.equals(tool.name()) : name.startsWith(tool.name()))
        .max(Comparator.comparingInt(tool -> tool.name().length()));
  }

  private boolean call(Optional<ToolSpec> tool) {
    ToolTurn calls = tools.orElseThrow();
    boolean isCalled = calls.call(tool);
    return isCalled && calls.mayCallAgain() && goesOn();
  }

  /// Whether another message follows a call.
  private boolean goesOn() {
    Sampling sampling = turn.stopsAt(channels.messageEnd()).withMaxTokens(1);
    Reply looked = continuation.peek(sampling);
    return looked.stop().equals(Optional.of(channels.messageEnd()))
        && looked.text().isBlank()
        && continuation.write(channels.messageEnd() + channels.next());
  }

  // --- texts

  private boolean answer() {
    turn.part();
    if (!continuation.write(channels.header(channels.answer()))) {
      turn.end(Continuation.NO_ROOM);
      return false;
    }
    if (!Types.isFree(ask.type())) {
      turn.say(ask.type(), ask.sampling());
      turn.sayHeld();
      return false;
    }
    return speak();
  }

  private boolean say(String header) {
    turn.part();
    return continuation.write(channels.header(header)) && speak();
  }

  /// Lets the model speak up to the end of the message; false if the answer ends there.
  private boolean speak() {
    String end = channels.messageEnd();
    Reply reply = turn.say(Type.TEXT, turn.stopsAlso(ask.sampling(), end));
    turn.sayHeld();
    if (!reply.stop().equals(Optional.of(end))) {
      return false;
    }
    turn.goOn();
    continuation.keep(reply);
    return continuation.write(end + channels.next());
  }
}
