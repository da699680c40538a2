package dev.sgl.remote;

import dev.sgl.backend.BackendException;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.remote.ServerKind.Ability;
import dev.sgl.remote.regex.Regexes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// How a request is put to an endpoint, by what its server can do.
///
/// @param path that it is sent to
/// @param begun how the beginning of the assistant's message is sent
/// @param held how the reply is held to its type
/// @param turn the values that are requested at once, if there are several
record Plan(Path path, Begun begun, Held held, Optional<WholeTurn> turn) {

  /// Where it goes.
  enum Path {
    CHAT("chat"),
    COMPLETIONS("completions"),
    /// Raw text for a server that knows only messages.
    ONE_MESSAGE("raw text as one user message");

    private final String words;

    Path(String words) {
      this.words = words;
    }
  }

  /// How a begun assistant's message is continued.
  enum Begun {
    NOTHING(""),
    PREFILL("the begun message is continued"),
    /// The server cannot go on from it; the model is told to.
    TOLD("the model is told to continue the begun message"),
    /// All values of the message are requested at once.
    FORM("the whole turn at once, as a form");

    private final String words;

    Begun(String words) {
      this.words = words;
    }
  }

  /// How a reply is held to its type; it is checked here in any case.
  enum Held {
    FREE("free text"),
    REGEX("a regular expression"),
    GRAMMAR("a grammar"),
    SCHEMA("a JSON Schema"),
    /// The value in an object of its own, because a schema must be of an object.
    WRAPPED("a JSON Schema, wrapped in an object"),
    /// The schema is only described to the model.
    DESCRIBED("a description of its JSON Schema");

    private final String words;

    Held(String words) {
      this.words = words;
    }
  }

  /// @param completes whether raw text can be continued
  /// @throws BackendException if the server can hold nothing to such a type
  static Plan of(Request request, ServerKind server, boolean completes) {
    Optional<WholeTurn> turn =
        server.can(Ability.PREFILL) ? Optional.empty() : WholeTurn.of(request);
    if (turn.isPresent()) {
      return new Plan(Path.CHAT, Begun.FORM, Held.SCHEMA, turn);
    }
    Prompt prompt = request.prompt();
    Path path =
        switch (prompt) {
          case Prompt.Chat _ -> Path.CHAT;
          case Prompt.Raw _ -> completes ? Path.COMPLETIONS : Path.ONE_MESSAGE;
        };
    boolean isBegun = prompt instanceof Prompt.Chat(_, var open, _) && !open.isEmpty();
    Begun begun =
        !isBegun ? Begun.NOTHING : server.can(Ability.PREFILL) ? Begun.PREFILL : Begun.TOLD;
    return new Plan(path, begun, held(request.type(), server), Optional.empty());
  }

  private static Held held(Type type, ServerKind server) {
    if (Types.isFree(type)) {
      return Held.FREE;
    }
    if (type instanceof Type.Grammar) {
      if (!server.can(Ability.GRAMMAR)) {
        throw new BackendException(
            "a server of the kind " + server.word() + " cannot be held to a grammar");
      }
      return Held.GRAMMAR;
    }
    if (server.can(Ability.REGEX) && Regexes.of(type).isPresent()) {
      return Held.REGEX;
    }
    boolean isObject = type instanceof Type.Rec;
    boolean isJson = Types.isJson(type) || type instanceof Type.Float;
    return isObject || server.can(Ability.ANY_ROOT) && isJson ? Held.SCHEMA : Held.WRAPPED;
  }

  /// The same, with the type only described: for servers that do not hold a reply to a schema. In
  /// raw text there is nobody to describe it to.
  Plan described() {
    boolean isIgnored =
        switch (held) {
          case SCHEMA, WRAPPED, REGEX -> true;
          case FREE, GRAMMAR, DESCRIBED -> false;
        };
    Begun told = begun == Begun.PREFILL ? Begun.TOLD : begun; // the description comes last
    return isIgnored && path != Path.COMPLETIONS
        ? new Plan(path, told, Held.DESCRIBED, turn)
        : this;
  }

  /// Most tokens that are asked of the reply. A budget ends free text; a typed value would be no
  /// value then.
  OptionalInt maxTokens(Request request) {
    Sampling sampling = request.sampling();
    if (turn.isPresent()) {
      return turn.get().maxTokens();
    }
    return Types.isFree(request.type())
        ? IntStream.concat(
                sampling.length().maxTokens().stream(), sampling.length().budget().stream())
            .min()
        : sampling.length().maxTokens();
  }

  /// The plan in words.
  String words() {
    List<String> words = new ArrayList<>(List.of(path.words));
    if (begun != Begun.NOTHING) {
      words.add(begun.words);
    }
    words.add("held to " + held.words);
    return String.join(", ", words);
  }
}
