package dev.sgl.server.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.CacheTree;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.Load;
import dev.sgl.backend.TokenBackend.ModelCard;
import dev.sgl.backend.TokenBackend.ReadingCard;
import dev.sgl.server.http.ApiException;
import dev.sgl.server.http.Call;
import dev.sgl.server.http.Fields;
import dev.sgl.server.http.Json;
import dev.sgl.server.turn.Served;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// The state of the server, and what can be done to it.
public final class AdminApi {
  private static final int MOST_RUNS = 2000;

  private static final String VERSION =
      Optional.ofNullable(AdminApi.class.getPackage().getImplementationVersion())
          .orElse("development");

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

  /// Whether the model answers: it computes a token.
  public void healthGenerate(Call call) throws IOException {
    TokenBackend backend = served.backend();
    List<Integer> token = List.of(0);
    call.answer(
        () -> {
          ReadingCard card = backend.reading();
          if (card.generates()) {
            backend.next(token, token, Scheduling.DEFAULT);
          } else if (card.labels().isEmpty()) {
            backend.embed(token, card.pooling(), Scheduling.DEFAULT);
          } else {
            backend.label(token, Scheduling.DEFAULT);
          }
          return Json.object().put("status", "ok");
        });
  }

  /// Answers with the version of this server.
  public void version(Call call) throws IOException {
    call.answer(Json.object().put("version", VERSION));
  }

  /// Answers with the names, sizes and folder of the model.
  public void modelInfo(Call call) throws IOException {
    call.answer(model());
  }

  private ObjectNode model() {
    ModelCard card = served.backend().card();
    return Json.object()
        .put("model_path", card.path())
        .put("tokenizer_path", card.path())
        .put("served_model_name", served.name())
        .put("model_type", card.family())
        .put("is_generation", served.backend().reading().generates())
        .put("has_chat_template", card.chatTemplate().isPresent())
        .put("context_length", card.context())
        .put("vocab_size", card.vocabulary())
        .put("hidden_size", card.hidden());
  }

  /// Answers with the model, the version and the room for tokens, and with the load as the state
  /// of the only engine.
  public void serverInfo(Call call) throws IOException {
    Load load = served.backend().load();
    ObjectNode body = model().put("version", VERSION).put("max_total_num_tokens", load.room());
    body.put("max_req_input_len", Math.min(load.room(), served.backend().card().context()));
    if (call.caller().isAdmin()) {
      body.putArray("internal_states").add(json(load));
    }
    call.answer(body);
  }

  /// Answers with the load of each engine, of which there is one.
  public void loads(Call call) throws IOException {
    call.requireAdmin();
    ObjectNode body = Json.object();
    body.putArray("loads").add(json(served.backend().load()).put("dp_rank", 0));
    call.answer(body);
  }

  private static ObjectNode json(Load load) {
    return Json.object()
        .put("num_running_reqs", load.running())
        .put("num_waiting_reqs", load.waiting())
        .put("num_used_tokens", load.used())
        .put("max_total_num_tokens", load.room());
  }

  /// Empties the cache of prefixes; pages that running requests use are kept.
  public void flushCache(Call call) throws IOException {
    call.requireAdmin();
    served.backend().flushCache();
    call.answer(Json.object().put("flushed", true));
  }

  /// Ends a request by its id, or all.
  public void abort(Call call) throws IOException {
    Fields fields = call.fields();
    boolean all = fields.flag("abort_all", false);
    int count;
    if (all) {
      call.requireAdmin();
      fields.ignore("rid");
      count = served.running().abortAll();
    } else {
      String id = fields.requiredText("rid");
      count = served.running().abort(id, call.caller());
      if (count == 0) {
        throw ApiException.notFound("rid", "not_found", "no request " + id + " is running");
      }
    }
    fields.finish();
    call.answer(Json.object().put("aborted", count));
  }

  /// Answers with all meters in the text format of Prometheus.
  public void metrics(Call call) throws IOException {
    call.requireAdmin(); // they name all keys
    call.answer(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        meters.scrape().getBytes(StandardCharsets.UTF_8));
  }

  /// The cache as a tree of runs of tokens.
  public void cache(Call call) throws IOException {
    call.requireAdmin();
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
