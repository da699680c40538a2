package dev.sgl.local.engine;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/// What an engine does, as Micrometer's meters:
///
/// | meter | counts |
/// |---|---|
/// | `sgl.requests` | requests that ended, by `outcome`: `answered`, `failed`, `cancelled` |
/// | `sgl.running`, `sgl.waiting` | sequences at the moment |
/// | `sgl.prompt.tokens` | tokens of prompts, by `source`: `cached`, `computed`, `recomputed` |
/// | `sgl.generated.tokens` | tokens of answers, by `source`: `model`, `forced` |
/// | `sgl.cache.hit.rate` | the part of the prompts' tokens that were cached |
/// | `sgl.pages` | pages at the moment, by `state`: `free`, `cached`, `used` |
/// | `sgl.evicted.pages`, `sgl.retractions` | pages and sequences that had to go |
/// | `sgl.queue`, `sgl.first.token`, `sgl.request` | times of requests, from their arrival |
/// | `sgl.between.tokens` | mean time between two tokens that the model chose, by request |
/// | `sgl.batch`, `sgl.batch.rows`, `sgl.batch.sequences` | time and size of forward passes |
public final class EngineMeters implements MeterBinder {
  private final LocalBackend backend;

  public EngineMeters(LocalBackend backend) {
    this.backend = backend;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    count(registry, "sgl.prompt.tokens", "source", "cached", EngineStats::cachedTokens);
    count(registry, "sgl.prompt.tokens", "source", "computed", EngineStats::computedPromptTokens);
    count(registry, "sgl.prompt.tokens", "source", "recomputed", EngineStats::recomputedTokens);
    count(registry, "sgl.generated.tokens", "source", "model", EngineStats::generatedTokens);
    count(registry, "sgl.generated.tokens", "source", "forced", EngineStats::forcedTokens);
    count(registry, "sgl.evicted.pages", "", "", EngineStats::evictedPages);
    count(registry, "sgl.retractions", "", "", EngineStats::retractions);
    gauge(registry, "sgl.running", "", "", EngineStats::running);
    gauge(registry, "sgl.waiting", "", "", EngineStats::waiting);
    gauge(registry, "sgl.cache.hit.rate", "", "", EngineStats::hitRate);
    gauge(registry, "sgl.pages", "state", "free", EngineStats::freePages);
    gauge(registry, "sgl.pages", "state", "cached", EngineStats::cachedPages);
    gauge(
        registry,
        "sgl.pages",
        "state",
        "used",
        stats -> stats.pages() - stats.freePages() - stats.cachedPages());
    backend.listen(new Times(registry));
  }

  private void count(
      MeterRegistry registry,
      String name,
      String tag,
      String value,
      ToDoubleFunction<EngineStats> of) {
    FunctionCounter.Builder<LocalBackend> counter =
        FunctionCounter.builder(name, backend, b -> of.applyAsDouble(b.stats()));
    (tag.isEmpty() ? counter : counter.tag(tag, value)).register(registry);
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String tag,
      String value,
      ToDoubleFunction<EngineStats> of) {
    Gauge.Builder<LocalBackend> gauge =
        Gauge.builder(name, backend, b -> of.applyAsDouble(b.stats()));
    (tag.isEmpty() ? gauge : gauge.tag(tag, value)).register(registry);
  }

  /// Times and sizes, as they come.
  private static final class Times implements EngineListener {
    private final Counter answered;
    private final Counter failed;
    private final Counter cancelled;
    private final Timer queue;
    private final Timer firstToken;
    private final Timer betweenTokens;
    private final Timer request;
    private final Timer batch;
    private final DistributionSummary rows;
    private final DistributionSummary sequences;

    Times(MeterRegistry registry) {
      answered = registry.counter("sgl.requests", "outcome", "answered");
      failed = registry.counter("sgl.requests", "outcome", "failed");
      cancelled = registry.counter("sgl.requests", "outcome", "cancelled");
      queue = registry.timer("sgl.queue");
      firstToken = registry.timer("sgl.first.token");
      betweenTokens = registry.timer("sgl.between.tokens");
      request = registry.timer("sgl.request");
      batch = registry.timer("sgl.batch");
      rows = registry.summary("sgl.batch.rows");
      sequences = registry.summary("sgl.batch.sequences");
    }

    @Override
    public void batch(BatchReport report) {
      batch.record(report.end() - report.start(), TimeUnit.NANOSECONDS);
      rows.record(report.promptRows() + report.decodeRows());
      sequences.record(report.sequences());
    }

    @Override
    public void request(RequestReport report) {
      switch (report.outcome()) {
        case ANSWERED -> answered.increment();
        case FAILED -> failed.increment();
        case CANCELLED -> cancelled.increment();
      }
      request.record(report.finished() - report.submitted(), TimeUnit.NANOSECONDS);
      if (report.admitted() > 0) {
        queue.record(report.admitted() - report.submitted(), TimeUnit.NANOSECONDS);
      }
      if (report.firstToken() > 0) {
        firstToken.record(report.firstToken() - report.submitted(), TimeUnit.NANOSECONDS);
        int gaps = report.generatedTokens() - report.forcedTokens() - 1;
        if (gaps > 0) {
          long each = (report.finished() - report.firstToken()) / gaps;
          betweenTokens.record(each, TimeUnit.NANOSECONDS);
        }
      }
    }
  }
}
