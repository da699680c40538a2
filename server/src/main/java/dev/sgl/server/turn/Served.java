package dev.sgl.server.turn;

import dev.sgl.backend.Prompt;
import dev.sgl.backend.Sampling;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.Writing;
import dev.sgl.program.Type;
import dev.sgl.server.format.Formats;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.keys.ChargedBackend;
import dev.sgl.server.request.Ids;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.trace.Tracing;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// A model that is served.
///
/// @param names by which clients ask for it; the first is the one that it answers with
/// @param running the requests in flight
/// @param memory of the tokens of earlier answers
/// @param formats in which it calls tools and thinks
/// @param tracing of the work for calls
public record Served(
    TokenBackend backend,
    List<String> names,
    Running running,
    TokenMemory memory,
    Formats formats,
    Tracing tracing) {
  private static final String HEADER = "X-Request-Id";
  private static final String ID = "[!-~]{1,128}"; // a header cannot have others, or alters them

  public Served {
    names = List.copyOf(names);
  }

  /// The name that answers give the model.
  public String name() {
    return names.getFirst();
  }

  /// The context of a request. Its id, which its answer has, too, is the client's (`rid`,
  /// `request_id` or the header `X-Request-Id`), or a new one.
  ///
  /// @throws ApiException if an answer could not bring the client's id back as it is
  public RequestContext request(Fields fields, String prefix, Call call) {
    Optional<String> rid = id(fields.text("rid"), fields.name("rid"));
    Optional<String> other = id(fields.text("request_id"), fields.name("request_id"));
    if (rid.isPresent() && other.isPresent() && !rid.equals(other)) {
      throw ApiException.invalid("request_id", "rid and request_id are not the same");
    }
    String id =
        rid.or(() -> other)
            .or(() -> id(call.header(HEADER), HEADER))
            .orElseGet(() -> Ids.next(prefix));
    call.set(HEADER, id);
    return new RequestContext(id, call.caller(), call.trace());
  }

  /// Does work for a request, which can be ended from elsewhere.
  ///
  /// @param work with a backend whose work the caller of the request pays for
  public <T> T charged(RequestContext request, Function<TokenBackend, T> work) {
    return running.during(request, () -> work.apply(new ChargedBackend(backend, request.caller())));
  }

  /// Scores prompts, as [#charged(RequestContext, Function)].
  ///
  /// @param isPaid whether an answer to the prompts was generated, too, so that they are paid for
  public <T> T scored(RequestContext request, boolean isPaid, Function<TokenBackend, T> work) {
    return isPaid ? running.during(request, () -> work.apply(backend)) : charged(request, work);
  }

  private static Optional<String> id(Optional<String> given, String name) {
    if (given.isPresent() && !given.get().matches(ID)) {
      throw ApiException.invalid(
          name, "invalid_value", name + " must have 1 to 128 ASCII characters and no blanks");
    }
    return given;
  }

  /// A request for one answer to a conversation, in the formats of the model.
  ///
  /// @param tools that the model may call
  public Ask ask(Prompt.Chat prompt, Type type, Sampling sampling, Optional<Toolbox> tools) {
    return new Ask(
        prompt,
        type,
        sampling,
        Scheduling.DEFAULT,
        Writing.DEFAULT,
        tools,
        Thought.of(prompt, backend, formats.thoughts()),
        formats.channels().filter(_ -> !prompt.continues() && prompt.open().isEmpty()));
  }

  /// Checks the name of the model in a request.
  ///
  /// @throws ApiException if a client asks for another model
  public void requireName(String asked) {
    if (!names.contains(asked)) {
      throw ApiException.notFound(
          "model",
          "model_not_found",
          "the model `" + asked + "` does not exist; this server has " + String.join(", ", names));
    }
  }
}
