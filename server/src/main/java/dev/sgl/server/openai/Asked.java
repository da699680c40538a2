package dev.sgl.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.request.RequestContext;
import dev.sgl.server.turn.Served;
import java.time.Instant;
import java.util.function.IntSupplier;

/// What calls of chats and of completions have in common.
///
/// @param created when, in seconds since 1970
/// @param n answers to each prompt
/// @param stream whether they come piece by piece
/// @param withUsage whether a stream ends with the usage
/// @param withUsages whether each piece of a stream has the usage so far
record Asked(
    RequestContext request,
    long created,
    int n,
    boolean stream,
    boolean withUsage,
    boolean withUsages) {
  static final int MOST_ANSWERS = 128;

  static Asked read(Fields fields, Served served, String prefix, Call call) {
    fields.text("model").ifPresent(served::requireName);
    boolean stream = fields.flag("stream", false);
    boolean withUsage = false;
    boolean withUsages = false;
    var options = fields.object("stream_options");
    if (options.isPresent()) {
      withUsage = options.get().flag("include_usage", false);
      withUsages = withUsage && options.get().flag("continuous_usage_stats", false);
      options.get().finish();
    }
    RequestContext request = served.request(fields, prefix, call);
    int n = fields.integer("n", 1, MOST_ANSWERS).orElse(1);
    return new Asked(request, Instant.now().getEpochSecond(), n, stream, withUsage, withUsages);
  }

  /// The beginning of a piece of an answer, with the usage so far if the call wants it.
  ///
  /// @param prompt its tokens
  /// @param generated tokens so far
  ObjectNode piece(String kind, String model, IntSupplier prompt, int generated) {
    ObjectNode piece = object(kind, model);
    if (withUsages) {
      piece.set("usage", Writer.usage(prompt.getAsInt(), 0, generated));
    } else if (withUsage) {
      piece.putNull("usage");
    }
    return piece;
  }

  /// The beginning of an answer, or of a piece of one.
  ObjectNode object(String kind, String model) {
    return Json.object()
        .put("id", request.id())
        .put("object", kind)
        .put("created", created)
        .put("model", model);
  }
}
