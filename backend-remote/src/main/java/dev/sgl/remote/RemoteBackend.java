package dev.sgl.remote;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Reply;
import dev.sgl.backend.Request;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Selection;
import dev.sgl.backend.UnavailableException;
import dev.sgl.program.Role;
import dev.sgl.program.Type;
import dev.sgl.program.TypeException;
import dev.sgl.program.Types;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.RequestBody;
import okhttp3.Response;

/// A model behind an OpenAI-compatible endpoint: chat completions, streamed, typed values by
/// `response_format: json_schema`.
///
/// An assistant message that a program has begun is sent as the last message; the endpoint is asked
/// to continue it (`continue_final_message`, which vLLM and SGLang know). Every typed reply is
/// checked against its type here, whatever the endpoint promised.
public final class RemoteBackend implements Backend {
  /// Answers that say nothing of the request: no such key, path or model, or too many requests.
  private static final Set<Integer> CLOSED_DOORS = Set.of(401, 403, 404, 408, 429);

  private static final MediaType JSON_TYPE = MediaType.get("application/json");
  private static final int MAX_ERROR = 300;

  private final RemoteOptions options;
  private final HttpUrl chat;
  private final OkHttpClient client;
  private final ObjectMapper json = new ObjectMapper();

  private RemoteBackend(RemoteOptions options) {
    this.options = options;
    HttpUrl base = HttpUrl.get(options.endpoint().toString());
    this.chat = base.newBuilder().addPathSegments("chat/completions").build();
    this.client =
        new OkHttpClient.Builder()
            .connectTimeout(Duration.ofSeconds(10))
            .readTimeout(Duration.ofMinutes(5))
            .build();
  }

  /// A backend for the endpoint; it is first spoken to when a program generates.
  public static RemoteBackend open(RemoteOptions options) {
    return new RemoteBackend(options);
  }

  @Override
  public String model() {
    return options.model();
  }

  @Override
  public Generation generate(Request request) {
    Type type = request.type();
    boolean wrapped = !Types.isFree(type) && !Types.isJson(type);
    ObjectNode body = body(request.prompt(), request.sampling());
    if (!Types.isFree(type)) {
      // the outermost value of a schema must be an object for most endpoints
      Type sent =
          type instanceof Type.Rec
              ? type
              : new Type.Rec(List.of(new Type.Field("value", type, false)));
      ObjectNode format = body.putObject("response_format");
      format.put("type", "json_schema");
      ObjectNode schema = format.putObject("json_schema");
      schema.put("name", "value");
      schema.put("strict", true);
      schema.set("schema", Types.schema(sent));
    }
    Optional<Type> checked = Types.isFree(type) ? Optional.empty() : Optional.of(type);
    return new RemoteGeneration(
        client.newCall(http(body)), checked, wrapped || type instanceof Type.Array, json);
  }

  private okhttp3.Request http(ObjectNode body) {
    okhttp3.Request.Builder request =
        new okhttp3.Request.Builder()
            .url(chat)
            .post(RequestBody.create(body.toString(), JSON_TYPE));
    options.apiKey().ifPresent(key -> request.header("Authorization", "Bearer " + key));
    return request.build();
  }

  private ObjectNode body(Prompt prompt, Sampling sampling) {
    ObjectNode body = json.createObjectNode();
    body.put("model", options.model());
    switch (prompt) {
      case Prompt.Raw(var parts) -> message(body, Role.USER, Prompt.text(parts));
      case Prompt.Chat(var messages, var open, _) -> {
        messages.forEach(m -> message(body, m));
        if (!open.isEmpty()) {
          message(body, Role.ASSISTANT, Prompt.text(open));
          body.put("add_generation_prompt", false);
          body.put("continue_final_message", true);
        }
      }
    }
    body.put("stream", true);
    body.putObject("stream_options").put("include_usage", true);
    Wire.sampling(sampling, body);
    return body;
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
      if (part instanceof Prompt.Part.Image(String url)) {
        content.addObject().put("type", "image_url").putObject("image_url").put("url", url);
      } else {
        content.addObject().put("type", "text").put("text", part.text());
      }
    }
  }

  private static void message(ObjectNode body, Role role, String text) {
    body.withArray("messages").addObject().put("role", role.word()).put("content", text);
  }

  /// The endpoint is made to choose by a schema of the choices; it gives no scores.
  @Override
  public Selection select(Question question) {
    List<Type> literals = new ArrayList<>();
    question.choices().stream()
        .distinct()
        .forEach(choice -> literals.add(new Type.Literal(choice)));
    try (Generation generation =
        generate(
            new Request(
                question.prompt(),
                new Type.OneOf(literals),
                Sampling.GREEDY,
                question.scheduling()))) {
      Reply reply = generation.reply();
      return new Selection(
          question.choices().indexOf(reply.text()),
          List.of(),
          List.of(),
          0,
          "enum",
          reply.usage(),
          reply.timing());
    }
  }

  @Override
  public void close() {
    client.dispatcher().cancelAll();
    client.dispatcher().executorService().shutdown();
    client.connectionPool().evictAll();
  }

  /// What an answer that is no success says, in one line.
  static BackendException refused(Response response, ObjectMapper json) {
    String text = "";
    try {
      text = response.peekBody(64 << 10).string();
      JsonNode error = json.readTree(text).path("error");
      text = error.isTextual() ? error.asText() : error.path("message").asText(text);
    } catch (JsonProcessingException e) {
      text = text.strip();
    } catch (IOException e) {
      text = "no text";
    }
    String shown = text.length() > MAX_ERROR ? text.substring(0, MAX_ERROR) + "…" : text;
    String message = "the endpoint answered " + response.code() + ": " + shown;
    boolean always = response.code() >= 500 || CLOSED_DOORS.contains(response.code());
    return always ? new UnavailableException(message) : new BackendException(message);
  }

  /// The text of a typed value: a scalar comes wrapped in an object with the field `value`.
  static String unwrap(String text, Type type, boolean wrapped, ObjectMapper json) {
    try {
      String inner = text;
      if (wrapped) {
        JsonNode value = json.readTree(text).path("value");
        inner = value.isTextual() && !Types.isJson(type) ? value.asText() : value.toString();
      } else {
        inner = json.readTree(text).toString();
      }
      Types.read(type, inner);
      return inner;
    } catch (JsonProcessingException | TypeException e) {
      String why = e instanceof TypeException ? e.getMessage() : "it is not JSON";
      throw new BackendException("the endpoint's reply is not a `" + type.show() + "`: " + why);
    }
  }
}
