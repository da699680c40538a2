package dev.sgl.server.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Prompt;
import dev.sgl.backend.Question;
import dev.sgl.backend.Selection;
import dev.sgl.program.Step;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.parameters.Conversations;
import dev.sgl.server.parameters.SamplingReader;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.util.List;

/// `POST /v1/select`: which of several choices continues a prompt best, as `select` in
/// programs. The choices are scored together, and their common beginning is computed once.
public final class SelectApi {
  private static final int MOST_CHOICES = 10_000;

  private final Served served;

  /// The route of the model that is served.
  public SelectApi(Served served) {
    this.served = served;
  }

  /// Answers with the index of the best choice and the scores of all.
  ///
  /// @throws ApiException if the call is refused
  /// @throws IOException if the client is gone
  public void handle(Call call) throws IOException {
    Fields fields = call.fields();
    RequestContext request = served.request(fields, "select-", call);
    Question question = read(fields);
    call.answer(() -> served.charged(request, backend -> answer(backend.select(question))));
  }

  private Question read(Fields fields) {
    fields.text("model").ifPresent(served::requireName);
    Prompt prompt =
        fields.has("messages")
            ? new Conversations(served).read(fields, List.of())
            : new Prompt.Raw(List.of(new Prompt.Part.Written(fields.requiredText("prompt"))));
    List<String> choices = fields.texts("choices", MOST_CHOICES);
    if (choices.isEmpty()) {
      throw fields.missing("choices");
    }
    Step.Method method =
        switch (fields.text("method").orElse("likelihood")) {
          case "likelihood" -> Step.Method.LIKELIHOOD;
          case "unconditional" -> Step.Method.UNCONDITIONAL;
          case "greedy" -> Step.Method.GREEDY;
          case String other ->
              throw ApiException.invalid(
                  "method",
                  "invalid_value",
                  "method must be likelihood, unconditional or greedy, not " + other);
        };
    Question question = new Question(prompt, choices, method, SamplingReader.scheduling(fields));
    fields.finish();
    return question;
  }

  private ObjectNode answer(Selection selection) {
    ObjectNode body = Json.object().put("object", "selection").put("model", served.name());
    body.put("index", selection.index()).put("method", selection.method());
    ArrayNode scores = body.putArray("scores");
    selection.scores().forEach(scores::add);
    ObjectNode usage = body.putObject("usage");
    usage.put("prompt_tokens", selection.usage().promptTokens()).put("completion_tokens", 0);
    usage.put("total_tokens", selection.usage().promptTokens());
    usage.putObject("prompt_tokens_details").put("cached_tokens", selection.usage().cachedTokens());
    return body;
  }
}
