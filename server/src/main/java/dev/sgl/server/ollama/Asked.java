package dev.sgl.server.ollama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.Json;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Ask;
import java.time.Instant;

/// A call for an answer.
///
/// @param ask of the model
/// @param request by which the call can be ended from elsewhere
/// @param model its name in the call
/// @param isChat whether the answer is a message, not a text
/// @param stream whether it is sent piece by piece
record Asked(Ask ask, RequestContext request, String model, boolean isChat, boolean stream) {

  /// The beginning of an answer, or of a piece of one.
  ObjectNode begun() {
    return Json.object().put("model", model).put("created_at", Instant.now().toString());
  }
}
