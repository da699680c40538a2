package dev.sgl.server.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.CacheTree;
import dev.sgl.backend.TokenBackend.ModelCard;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Served;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// The state of the server, and what can be done to it.
public final class AdminApi {
  private static final int MOST_RUNS = 2000;

  private final Served served;
  private final PrometheusMeterRegistry meters;

  /// The routes of the model that is served; `meters` are shown by [#metrics(Call)].
  public AdminApi(Served served, PrometheusMeterRegistry meters) {
    this.served = served;
    this.meters = meters;
  }

  /// Whether the process answers; the model is not asked, so a long prompt delays nothing.
  public void health(Call call) throws IOException {
    call.answer(Json.object().put("status", "ok"));
  }

  /// Answers with the names, sizes and folder of the model.
  public void modelInfo(Call call) throws IOException {
    ModelCard card = served.backend().card();
    call.answer(
        Json.object()
            .put("model_path", card.path())
            .put("tokenizer_path", card.path())
            .put("served_model_name", served.name())
            .put("model_type", card.family())
            .put("is_generation", served.backend().reading().generates())
            .put("has_chat_template", card.chatTemplate().isPresent())
            .put("context_length", card.context())
            .put("vocab_size", card.vocabulary())
            .put("hidden_size", card.hidden()));
  }

  /// Empties the cache of prefixes; pages that running requests use are kept.
  public void flushCache(Call call) throws IOException {
    served.backend().flushCache();
    call.answer(Json.object().put("flushed", true));
  }

  /// Ends a request by its id, or all.
  public void abort(Call call) throws IOException {
    Fields fields = call.fields();
    boolean all = fields.flag("abort_all", false);
    int count;
    if (all) {
      fields.ignore("rid");
      count = served.running().abortAll();
    } else {
      String id = fields.requiredText("rid");
      count = served.running().abort(id);
      if (count == 0) {
        throw ApiException.notFound("rid", "not_found", "no request " + id + " is running");
      }
    }
    fields.finish();
    call.answer(Json.object().put("aborted", count));
  }

  /// Answers with all meters in the text format of Prometheus.
  public void metrics(Call call) throws IOException {
    call.answer(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        meters.scrape().getBytes(StandardCharsets.UTF_8));
  }

  /// The cache as a tree of runs of tokens.
  public void cache(Call call) throws IOException {
    CacheTree tree = served.backend().cacheTree(MOST_RUNS);
    ObjectNode body = Json.object().put("hidden", tree.hidden());
    ArrayNode runs = body.putArray("runs");
    for (CacheTree.Run run : tree.runs()) {
      runs.addObject()
          .put("parent", run.parent())
          .put("tokens", run.tokens())
          .put("text", run.text())
          .put("used", run.isUsed());
    }
    call.answer(body);
  }
}
