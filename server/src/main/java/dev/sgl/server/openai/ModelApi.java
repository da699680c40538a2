package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Served;
import java.io.IOException;
import java.time.Instant;

/// `GET /v1/models`, in the shapes of OpenAI and of Anthropic, which have no name in common that
/// means two things.
public final class ModelApi {
  private final Served served;
  private final long created = Instant.now().getEpochSecond();

  /// The routes of the model that is served.
  public ModelApi(Served served) {
    this.served = served;
  }

  /// Answers with one model for each name that it is served by.
  public void list(Call call) throws IOException {
    ObjectNode body = Json.object().put("object", "list");
    var data = body.putArray("data");
    served.names().forEach(name -> data.add(model(name)));
    body.put("first_id", served.names().getFirst()).put("last_id", served.names().getLast());
    call.answer(body.put("has_more", false));
  }

  /// Answers with the model of the name in the path.
  ///
  /// @throws dev.sgl.server.http.ApiException if it is not served by this name
  public void one(Call call) throws IOException {
    served.requireName(call.variable("name"));
    call.answer(model(call.variable("name")));
  }

  private ObjectNode model(String name) {
    return Json.object()
        .put("id", name)
        .put("object", "model")
        .put("created", created)
        .put("owned_by", "sgl")
        .put("type", "model")
        .put("lifecycle", "active")
        .put("max_input_tokens", served.backend().card().context())
        .put("max_tokens", served.backend().card().context())
        .put("display_name", name)
        .put("created_at", Instant.ofEpochSecond(created).toString())
        .put("root", served.backend().card().path())
        .put("max_model_len", served.backend().card().context());
  }
}
