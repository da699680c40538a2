package dev.sgl.server.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.Json;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Answer;
import dev.sgl.server.turn.Ask;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A call for a response.
///
/// @param ask of the model
/// @param request by which the call can be ended from elsewhere
/// @param echo what the response repeats of the call
/// @param before items of the conversation before this call
/// @param input items of this call
/// @param tools as the client knows them, by the names by which the model does
/// @param mode how it is answered
record Asked(
    Ask ask,
    RequestContext request,
    ObjectNode echo,
    List<ObjectNode> before,
    List<ObjectNode> input,
    Map<String, ToolReader.Own> tools,
    Mode mode) {

  /// How a call is answered.
  ///
  /// @param stream event by event
  /// @param background after the call is over
  /// @param store whether later calls may refer to the response
  /// @param conversation that the items are added to
  /// @param summarizes whether a thought is sent as its own summary, for clients that show no other
  /// @param sealsThoughts whether a thought is also sent in the form that clients send back
  record Mode(
      boolean stream,
      boolean background,
      boolean store,
      Optional<String> conversation,
      boolean summarizes,
      boolean sealsThoughts) {}

  boolean hasLogprobs() {
    return ask.sampling().logprobs().isPresent();
  }

  boolean summarizes() {
    return mode.summarizes();
  }

  boolean sealsThoughts() {
    return mode.sealsThoughts();
  }

  /// The name of the key of the call.
  String owner() {
    return request.caller().name();
  }

  String id() {
    return echo.path("id").asText();
  }

  // --- the response

  /// A response that is not answered yet.
  ///
  /// @param status such as `in_progress`
  ObjectNode begun(String status) {
    return response(status, Json.array());
  }

  /// A response that was answered.
  ObjectNode answered(Answer answer, ArrayNode output) {
    boolean isCut = answer.finish() == Answer.Finish.LENGTH;
    ObjectNode response = response(isCut ? "incomplete" : "completed", output);
    if (isCut) {
      response.putObject("incomplete_details").put("reason", "max_output_tokens");
    } else {
      response.put("completed_at", Instant.now().getEpochSecond());
    }
    response.set("usage", usage(answer));
    return response;
  }

  /// A response that was cancelled.
  ObjectNode cancelled(ArrayNode output) {
    return response("cancelled", output);
  }

  /// A response that could not be answered.
  ///
  /// @param code such as `server_error`
  ObjectNode failed(String code, String message, ArrayNode output) {
    ObjectNode response = response("failed", output);
    response.putObject("error").put("code", code).put("message", message);
    return response;
  }

  private ObjectNode response(String status, ArrayNode output) {
    ObjectNode response = echo.deepCopy().put("status", status);
    response.putNull("error").putNull("incomplete_details");
    response.set("output", output.deepCopy());
    response.putNull("usage");
    return response;
  }

  private static JsonNode usage(Answer answer) {
    int input = answer.usage().promptTokens();
    int output = answer.usage().generatedTokens();
    ObjectNode usage = Json.object().put("input_tokens", input);
    int cached = answer.usage().cachedTokens();
    usage
        .putObject("input_tokens_details")
        .put("cached_tokens", cached)
        .put("cache_write_tokens", input - cached);
    usage.put("output_tokens", output);
    usage.putObject("output_tokens_details").put("reasoning_tokens", answer.thoughtTokens());
    return usage.put("total_tokens", input + output);
  }
}
