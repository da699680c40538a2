package dev.sgl.server.turn;

import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import java.util.List;
import java.util.UUID;

/// A model that is served.
///
/// @param names by which clients ask for it; the first is the one that it answers with
/// @param running what is being answered
/// @param memory of what the model said
public record Served(
    TokenBackend backend, List<String> names, Running running, TokenMemory memory) {
  public Served {
    names = List.copyOf(names);
  }

  public String name() {
    return names.getFirst();
  }

  /// The id of a request, which its answer has, too: the client's, or a new one.
  public String id(Fields fields, String prefix, Call call) {
    String id =
        fields
            .text("rid")
            .or(() -> fields.text("request_id"))
            .or(() -> call.header("X-Request-Id"))
            .filter(given -> given.matches("[!-~]{1,128}"))
            .orElseGet(() -> prefix + UUID.randomUUID().toString().replace("-", ""));
    call.set("X-Request-Id", id);
    return id;
  }

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
