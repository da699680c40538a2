package dev.sgl.local.meters;

import dev.sgl.local.engine.EngineListener;
import dev.sgl.local.engine.LocalBackend;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The meters of an engine by the names that another server gives them, so that dashboards made for
/// that server show this one.
///
/// Reference: vLLM, "Production Metrics"; SGLang, "Production Metrics".
public final class PeerMeters implements MeterBinder {
  private static final String RUNNING = "Sequences that take part in batches";
  private static final String WAITING = "Sequences that wait";
  private static final String PROMPTS = "Tokens of prompts";
  private static final String REPLIES = "Tokens of replies";
  private static final String CACHED = "Tokens of prompts that were cached";
  private static final String RETRACTED = "Running sequences sent back to wait for pages";
  private static final String USED = "Part of the pages that sequences use";

  private final LocalBackend backend;
  private final Names names;
  private final String model;

  /// Whose names.
  public enum Names {
    VLLM,
    SGLANG;

    private String prefix() {
      return name().toLowerCase(Locale.ROOT) + ":";
    }
  }

  /// @param model the name of the model, a tag of each meter
  public PeerMeters(LocalBackend backend, Names names, String model) {
    this.backend = backend;
    this.names = names;
    this.model = model;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Tags tags = Tags.of("model_name", model);
    switch (names) {
      case VLLM -> bindVllm(new Meters(backend, registry, tags.and("engine", "0")));
      case SGLANG -> bindSglang(new Meters(backend, registry, tags));
    }
  }

  private void bindVllm(Meters meters) {
    String vllm = Names.VLLM.prefix();
    meters.gauge(vllm + "num_requests_running", RUNNING, s -> s.sequences().running());
    meters.gauge(vllm + "num_requests_waiting", WAITING, s -> s.sequences().waiting());
    meters.gauge(vllm + "kv_cache_usage_perc", USED, s -> s.pages().usage());
    meters.count(vllm + "prompt_tokens", PROMPTS, s -> s.tokens().prompt());
    meters.count(vllm + "generation_tokens", REPLIES, s -> s.tokens().all());
    meters.count(vllm + "prefix_cache_queries", PROMPTS, s -> s.tokens().prompt());
    meters.count(vllm + "prefix_cache_hits", CACHED, s -> s.tokens().cached());
    meters.count(vllm + "num_preemptions", RETRACTED, s -> s.sequences().retractions());
    backend.listen(
        new Ended(
            meters,
            List.of(
                vllm + "request_queue_time",
                vllm + "time_to_first_token",
                vllm + "inter_token_latency",
                vllm + "e2e_request_latency"),
            report ->
                Map.of(vllm + "request_success", Tags.of("finished_reason", reason(report)))));
  }

  private static String reason(EngineListener.RequestReport report) {
    return switch (report.outcome()) {
      case ANSWERED -> report.cutOff() ? "length" : "stop";
      case FAILED -> "error";
      case CANCELLED -> "abort";
    };
  }

  private void bindSglang(Meters meters) {
    String sglang = Names.SGLANG.prefix();
    meters.gauge(sglang + "num_running_reqs", RUNNING, s -> s.sequences().running());
    meters.gauge(sglang + "num_queue_reqs", WAITING, s -> s.sequences().waiting());
    meters.gauge(sglang + "token_usage", USED, s -> s.pages().usage());
    meters.gauge(
        sglang + "cache_hit_rate",
        "Part of the prompts' tokens that was cached",
        s -> s.tokens().hitRate());
    meters.count(sglang + "prompt_tokens", PROMPTS, s -> s.tokens().prompt());
    meters.count(sglang + "generation_tokens", REPLIES, s -> s.tokens().all());
    meters.count(sglang + "cached_tokens", CACHED, s -> s.tokens().cached());
    meters.count(sglang + "num_retractions", RETRACTED, s -> s.sequences().retractions());
    backend.listen(
        new Ended(
            meters,
            List.of(
                sglang + "queue_time",
                sglang + "time_to_first_token",
                sglang + "inter_token_latency",
                sglang + "e2e_request_latency"),
            report ->
                report.outcome() == EngineListener.Outcome.CANCELLED
                    ? Map.of(
                        sglang + "num_requests", Tags.empty(),
                        sglang + "num_aborted_requests", Tags.empty())
                    : Map.of(sglang + "num_requests", Tags.empty())));
  }

  /// The counters that a request which has ended adds to, with their tags.
  private interface Counters {
    Map<String, Tags> of(EngineListener.RequestReport report);
  }

  /// Counts and times of requests that have ended.
  private static final class Ended implements EngineListener {
    private final Meters meters;
    private final Timer queue;
    private final Timer firstToken;
    private final Timer betweenTokens;
    private final Timer request;
    private final Counters counters;

    /// @param times names for the times in the queue, to the first token, between tokens, and in
    ///     all
    Ended(Meters meters, List<String> times, Counters counters) {
      this.meters = meters;
      this.counters = counters;
      queue = timer(times.get(0), "From a request's arrival to its first pages");
      firstToken = timer(times.get(1), "From a request's arrival to its first token");
      betweenTokens = timer(times.get(2), "Between two tokens of a request");
      request = timer(times.get(3), "From a request's arrival to its end");
    }

    private Timer timer(String name, String help) {
      return Timer.builder(name)
          .description(help)
          .tags(meters.common())
          .register(meters.registry());
    }

    @Override
    public void request(RequestReport report) {
      counters
          .of(report)
          .forEach(
              (name, tags) ->
                  meters.registry().counter(name, meters.common().and(tags)).increment());
      RequestReport.Times times = report.times();
      request.record(times.finished() - times.submitted(), TimeUnit.NANOSECONDS);
      if (times.admitted() > 0) {
        queue.record(times.admitted() - times.submitted(), TimeUnit.NANOSECONDS);
      }
      if (times.firstToken() > 0) {
        firstToken.record(times.firstToken() - times.submitted(), TimeUnit.NANOSECONDS);
      }
      report.betweenTokens().ifPresent(each -> betweenTokens.record(each, TimeUnit.NANOSECONDS));
    }
  }
}
