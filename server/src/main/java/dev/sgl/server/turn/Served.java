package dev.sgl.server.turn;

import dev.sgl.backend.TokenBackend;
import dev.sgl.server.http.ApiException;
import java.util.List;

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

  /// @throws ApiException if a client asks for another model
  public void requireName(String asked) {
    if (!names.contains(asked)) {
      throw ApiException.notFound(
          "model",
          "model_not_found",
          "the model `" + asked + "` does not exist; this server has `" + name() + "`");
    }
  }
}
