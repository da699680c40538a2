package dev.sgl.remote;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Request;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import dev.sgl.remote.regex.Regexes;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// A request as the JSON that an endpoint is sent. The beginning of it, up to the last message,
/// is byte for byte the same for all requests that continue the same conversation, so that the
/// endpoint finds it in its cache.
final class Body {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int UNLIMITED = 1 << 24;

  /// Tokens that a model reads of which nothing is known.
  private static final int STANDARD_CONTEXT = 4096;

  private static final int LEAST = 16;

  private final Link link;
  private final ServerKind server;

  private Body(Link link) {
    this.link = link;
    this.server = link.server();
  }

  /// @throws BackendException if the request asks for what the server does not know
  static ObjectNode of(Request request, Plan plan, Link link) {
    return new Body(link).of(request, plan);
  }

  private ObjectNode of(Request request, Plan plan) {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", link.options().model());
    switch (request.prompt()) {
      case Prompt.Raw(var parts) when plan.path() == Plan.Path.COMPLETIONS -> {
        body.put("prompt", Prompt.text(parts));
        if (server == ServerKind.SGL) {
          body.put("token_healing", true);
        }
      }
      case Prompt.Raw(var parts) -> message(body, Role.USER, Prompt.text(parts));
      case Prompt.Chat(var messages, var open, _) -> {
        messages.forEach(m -> message(body, m));
        begin(body, open, plan);
      }
    }
    body.put("stream", true);
    body.putObject("stream_options").put("include_usage", true);
    Wire.sampling(request.sampling(), most(request, plan), server, body);
    if (server == ServerKind.SGL) {
      scheduling(request, body);
    }
    hold(body, plan.turn().<Type>map(WholeTurn::type).orElse(request.type()), plan);
    return body;
  }

  /// Most tokens of the reply.
  private OptionalInt most(Request request, Plan plan) {
    OptionalInt asked = plan.maxTokens(request);
    boolean isCutByDefault = plan.path() == Plan.Path.COMPLETIONS && server != ServerKind.LLAMA_CPP;
    return asked.isPresent() || !isCutByDefault ? asked : OptionalInt.of(room(request.prompt()));
  }

  /// The default of servers is 16 tokens of completed text. Only the server can count the
  /// tokens that there is room for, so the prompt's tokens are estimated, rather too many than
  /// too few: one for three characters of ASCII, two for each other.
  private int room(Prompt prompt) {
    if (server == ServerKind.SGL) {
      return UNLIMITED; // it takes that for as many as there is room for
    }
    String text = prompt instanceof Prompt.Raw(var parts) ? Prompt.text(parts) : "";
    long others = text.chars().filter(c -> c > 127).count();
    long guessed = (text.length() - others) / 3 + 2 * others;
    return (int) Math.max(link.known().context().orElse(STANDARD_CONTEXT) - guessed, LEAST);
  }

  private static void scheduling(Request request, ObjectNode body) {
    if (request.scheduling().priority() != 0) {
      body.put("priority", request.scheduling().priority());
    }
    if (!request.scheduling().cacheSalt().isEmpty()) {
      body.put("cache_salt", request.scheduling().cacheSalt());
    }
  }

  private void begin(ObjectNode body, List<Prompt.Part> open, Plan plan) {
    switch (plan.begun()) {
      case NOTHING -> {}
      case PREFILL -> {
        message(body, Role.ASSISTANT, Prompt.text(open));
        if (server.marksPrefill()) {
          body.put("add_generation_prompt", false);
          body.put("continue_final_message", true);
        }
      }
      case TOLD -> {
        message(body, Role.ASSISTANT, Prompt.text(open));
        message(
            body,
            Role.USER,
            "Continue your last message exactly where it ended. Answer with the continuation alone.");
      }
      case FORM -> message(body, Role.USER, plan.turn().orElseThrow().words());
    }
  }

  private void hold(ObjectNode body, Type type, Plan plan) {
    switch (plan.held()) {
      case FREE -> {}
      case REGEX -> constraint(body, "regex", Regexes.of(type).orElseThrow());
      case GRAMMAR -> constraint(body, "grammar", ((Type.Grammar) type).gbnf());
      case SCHEMA -> schema(body, type, plan);
      case WRAPPED -> schema(body, wrapped(type), plan);
      case DESCRIBED ->
          message(
              body,
              Role.USER,
              "Answer with one JSON value and nothing else. It must follow this JSON Schema: "
                  + Types.schema(wrapped(type)));
    }
  }

  private void constraint(ObjectNode body, String kind, String text) {
    switch (server) {
      case VLLM -> body.putObject("structured_outputs").put(kind, text);
      case LLAMA_CPP -> body.put("grammar", text);
      case SGL, SGLANG -> body.put(kind.equals("grammar") ? "ebnf" : kind, text);
      case OLLAMA, OPENAI, AZURE, UNKNOWN ->
          throw new BackendException("there is no " + kind + " for " + server.word());
    }
  }

  private void schema(ObjectNode body, Type type, Plan plan) {
    if (plan.path() == Plan.Path.COMPLETIONS && server == ServerKind.LLAMA_CPP) {
      body.set("json_schema", Types.schema(type)); // its name where text is completed
      return;
    }
    ObjectNode format = body.putObject("response_format").put("type", "json_schema");
    ObjectNode schema = format.putObject("json_schema").put("name", "value");
    schema.put("strict", !hasOptional(type)); // strict schemas may have no optional fields
    schema.set("schema", Types.schema(type));
  }

  private static boolean hasOptional(Type type) {
    boolean[] found = {
      switch (type) {
        case Type.Schema _, Type.MapOf _, Type.Any _ -> true;
        case Type.Rec(var fields) -> fields.stream().anyMatch(Type.Field::optional);
        case Type.Text _,
            Type.Str _,
            Type.Pattern _,
            Type.Int _,
            Type.Float _,
            Type.Bool _,
            Type.Literal _,
            Type.OneOf _,
            Type.Array _,
            Type.Call _,
            Type.Grammar _,
            Type.Recursive _,
            Type.Ref _ ->
            false;
      }
    };
    type.map(
        part -> {
          found[0] |= hasOptional(part);
          return part;
        });
    return found[0];
  }

  /// A value that is no object, in an object of its own.
  static Type wrapped(Type type) {
    return type instanceof Type.Rec
        ? type
        : new Type.Rec(List.of(new Type.Field("value", type, false)));
  }

  /// A message with pictures is a list of its parts; others are text.
  private static void message(ObjectNode body, Prompt.Message message) {
    if (message.parts().stream().noneMatch(Prompt.Part.Image.class::isInstance)) {
      message(body, message.role(), message.text());
      return;
    }
    ObjectNode sent = body.withArray("messages").addObject().put("role", message.role().word());
    ArrayNode content = sent.putArray("content");
    for (Prompt.Part part : message.parts()) {
      ObjectNode one = content.addObject();
      switch (part) {
        case Prompt.Part.Image(String url) ->
            one.put("type", "image_url").putObject("image_url").put("url", url);
        case Prompt.Part.Written _, Prompt.Part.Generated _, Prompt.Part.Tokens _ ->
            one.put("type", "text").put("text", part.text());
      }
    }
  }

  private static void message(ObjectNode body, Role role, String text) {
    body.withArray("messages").addObject().put("role", role.word()).put("content", text);
  }

  /// Adds a conversation to a request, with `more` behind the begun message.
  static void conversation(Prompt.Chat chat, String more, ObjectNode body) {
    boolean isOpen = !chat.open().isEmpty() || !more.isEmpty();
    List<ObjectNode> all = messages(chat, more);
    body.putArray("messages").addAll(isOpen ? all : all.subList(0, all.size() - 1));
    body.put("add_generation_prompt", !isOpen);
    body.put("continue_final_message", isOpen);
  }

  /// The messages of a conversation, with `more` behind the begun message.
  private static List<ObjectNode> messages(Prompt.Chat chat, String more) {
    ObjectNode body = JSON.createObjectNode();
    chat.messages().forEach(m -> message(body, m));
    message(body, Role.ASSISTANT, Prompt.text(chat.open()) + more);
    List<ObjectNode> messages = new ArrayList<>();
    body.withArray("messages").forEach(m -> messages.add((ObjectNode) m));
    return messages;
  }
}
