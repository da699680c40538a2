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
import dev.sgl.server.request.Ids;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;

/// Has the model write calls: the fixed texts are those of its format, the name is one of the
/// offered tools, and the arguments are held to the tool's schema.
final class CallWriter {
  private static final int LONG_ID = 24;
  private static final int SHORT_ID = 9;
  private static final String NO_ARGUMENTS = "{}";

  private final Turn turn;
  private final Continuation continuation;
  private final TokenBackend backend;
  private final Ask ask;
  private final Heard heard;
  private final Toolbox box;
  private final ToolFormat format;
  private final int earlier; // calls in the conversation before
  private final List<Answer.ToolCall> calls = new ArrayList<>();

  CallWriter(Turn turn, Continuation continuation, TokenBackend backend, Ask ask, Heard heard) {
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

  /// The calls so far.
  List<Answer.ToolCall> calls() {
    return List.copyOf(calls);
  }

  /// Lets the model write a call in its format; false if there was no room for its name.
  ///
  /// @param begin the text up to the name
  /// @param known the tool that it calls; empty if it chooses
  boolean call(String begin, Optional<ToolSpec> known) {
    if (!write(filled(begin, ""))) {
      return false;
    }
    Optional<ToolSpec> tool = known.or(this::chosen);
    if (tool.isEmpty()) {
      return false;
    }
    String id = newId(tool.get());
    if (!write(tool.get().name() + filled(format.call().afterName(), id))) {
      return false;
    }
    argue(tool.get(), id);
    end(format.call().end());
    return true;
  }

  private String filled(String text, String id) {
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

  /// Writes the text behind a call.
  void end(String end) {
    if (!turn.isEnded()) {
      continuation.write(end);
    }
  }

  // --- names

  /// Lets the model choose a tool; none if there was no room for a name.
  private Optional<ToolSpec> chosen() {
    List<ToolSpec> tools = box.tools();
    if (tools.size() == 1) {
      return Optional.of(tools.getFirst());
    }
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
    String behind = filled(format.call().afterName(), "") + begin(format.call().syntax());
    Matcher token = ToolFormat.TOKENS.matcher(behind);
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
      case LONG -> Ids.letters("call_", LONG_ID);
      case SHORT -> Ids.letters("", SHORT_ID);
      case NAMED -> "functions.%s:%d".formatted(tool.name(), earlier + calls.size());
    };
  }

  // --- arguments

  /// Lets the model write the arguments of a call as its format has them.
  void argue(ToolSpec tool) {
    argue(tool, newId(tool));
  }

  private void argue(ToolSpec tool, String id) {
    if (format.call().syntax().isJson()) {
      argueInJson(tool, id, format.call().brace());
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
            piece -> tell(index, arguments.read(piece)));
    tell(index, arguments.end());
    called(tool, id, arguments.json(), reply);
  }

  /// The same as JSON, whatever the format has.
  ///
  /// @param brace that ends the call; empty if none does
  void argueInJson(ToolSpec tool, String brace) {
    argueInJson(tool, newId(tool), brace);
  }

  /// A call without arguments, which the model has written as a whole.
  void callWithoutArguments(ToolSpec tool) {
    String id = newId(tool);
    heard.called(calls.size(), id, tool.name());
    heard.argued(calls.size(), NO_ARGUMENTS);
    calls.add(new Answer.ToolCall(id, tool.name(), NO_ARGUMENTS));
  }

  /// Lets the model write the arguments of a call as JSON.
  ///
  /// @param brace that ends the call; empty if none does
  private void argueInJson(ToolSpec tool, String id, String brace) {
    int index = calls.size();
    heard.called(index, id, tool.name());
    Arguments arguments = new Arguments(brace, json -> heard.argued(index, json));
    Reply reply = continuation.argue(tool.arguments(), brace, unmarked(), arguments::hear);
    arguments.end(reply.finish() != Reply.Finish.LENGTH || reply.cuts().closed());
    called(tool, id, arguments.json(), reply);
  }

  private void tell(int index, String json) {
    if (!json.isEmpty()) {
      heard.argued(index, json);
    }
  }

  /// Adds a call that was written.
  private void called(ToolSpec tool, String id, String arguments, Reply reply) {
    calls.add(new Answer.ToolCall(id, tool.name(), arguments));
    continuation.keepOpen(reply);
    if (reply.finish() == Reply.Finish.LENGTH) {
      turn.end(reply);
    }
  }

  /// The sampling of a call: the client's stops do not end it.
  Sampling unmarked() {
    return ask.sampling().withoutStops().withLogprobs(OptionalInt.empty());
  }
}
