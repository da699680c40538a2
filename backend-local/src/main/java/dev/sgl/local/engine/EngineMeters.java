package dev.sgl.local.engine;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/// The counters and times of an engine as Micrometer meters:
///
/// | meter | counts |
/// |---|---|
/// | `sgl.requests` | requests that ended, by `outcome`: `answered`, `failed`, `cancelled` |
/// | `sgl.running`, `sgl.waiting` | sequences at the moment |
/// | `sgl.prompt.tokens` | tokens of prompts, by `source`: `cached`, `computed`, `recomputed` |
/// | `sgl.generated.tokens` | tokens of answers, by `source`: `model`, `forced` |
/// | `sgl.cache.hit.rate` | the part of the prompts' tokens that were cached |
/// | `sgl.pages` | pages at the moment, by `state`: `free`, `cached`, `used` |
/// | `sgl.evicted.pages`, `sgl.retractions` | evicted pages and retracted sequences |
/// | `sgl.queue`, `sgl.first.token`, `sgl.request` | times of requests, from their arrival |
/// | `sgl.between.tokens` | mean time between two tokens that the model chose, by request |
/// | `sgl.gpu.busy` | seconds in which a GPU computed |
/// | `sgl.batch`, `sgl.batch.rows`, `sgl.batch.sequences` | time and size of forward passes |
public final class EngineMeters implements MeterBinder {
  private final LocalBackend backend;

  /// The meters of this backend, which [#bindTo] registers.
  public EngineMeters(LocalBackend backend) {
    this.backend = backend;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Family prompt = new Family(registry, "sgl.prompt.tokens", "Tokens of prompts");
    prompt.count(Tags.of("source", "cached"), s -> s.tokens().cached());
    prompt.count(Tags.of("source", "computed"), s -> s.tokens().computedPrompt());
    prompt.count(Tags.of("source", "recomputed"), s -> s.tokens().recomputed());
    Family generated = new Family(registry, "sgl.generated.tokens", "Tokens of replies");
    generated.count(Tags.of("source", "model"), s -> s.tokens().generated());
    generated.count(Tags.of("source", "forced"), s -> s.tokens().forced());
    new Family(registry, "sgl.evicted.pages", "Pages taken from the cache for others")
        .count(Tags.empty(), s -> s.pages().evicted());
    new Family(registry, "sgl.retractions", "Running sequences sent back to wait for pages")
        .count(Tags.empty(), s -> s.sequences().retractions());
    new Family(registry, "sgl.running", "Sequences that take part in batches")
        .gauge(Tags.empty(), s -> s.sequences().running());
    new Family(registry, "sgl.waiting", "Sequences that wait")
        .gauge(Tags.empty(), s -> s.sequences().waiting());
    new Family(registry, "sgl.cache.hit.rate", "Part of the prompts' tokens that was cached")
        .gauge(Tags.empty(), s -> s.tokens().hitRate());
    Family pages = new Family(registry, "sgl.pages", "Pages of keys and values");
    pages.gauge(Tags.of("state", "free"), s -> s.pages().free());
    pages.gauge(Tags.of("state", "cached"), s -> s.pages().cached());
    pages.gauge(
        Tags.of("state", "used"), s -> s.pages().all() - s.pages().free() - s.pages().cached());
    backend.listen(new Times(registry));
  }

  /// Meters of one name, read from the engine's statistics.
  private final class Family {
    private final MeterRegistry registry;
    private final String name;
    private final String help;

    Family(MeterRegistry registry, String name, String help) {
      this.registry = registry;
      this.name = name;
      this.help = help;
    }

    void count(Tags tags, ToDoubleFunction<EngineStats> of) {
      FunctionCounter.builder(name, backend, b -> of.applyAsDouble(b.stats()))
          .description(help)
          .tags(tags)
          .register(registry);
    }

    void gauge(Tags tags, ToDoubleFunction<EngineStats> of) {
      Gauge.builder(name, backend, b -> of.applyAsDouble(b.stats()))
          .description(help)
          .tags(tags)
          .register(registry);
    }
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
    private final Counter busy;
    private final Counter cuts;
    private final Timer batch;
    private final DistributionSummary rows;
    private final DistributionSummary sequences;

    Times(MeterRegistry registry) {
      answered = requests(registry, "answered");
      failed = requests(registry, "failed");
      cancelled = requests(registry, "cancelled");
      queue = timer(registry, "sgl.queue", "From a request's arrival to its first pages");
      firstToken =
          timer(registry, "sgl.first.token", "From a request's arrival to its first token");
      betweenTokens = timer(registry, "sgl.between.tokens", "Between two tokens of a request");
      request = timer(registry, "sgl.request", "From a request's arrival to its end");
      busy =
          Counter.builder("sgl.gpu.busy")
              .description("Time in which a GPU computed")
              .baseUnit("seconds")
              .register(registry);
      cuts =
          Counter.builder("sgl.cuts")
              .description("Texts and values that ended because they were too long")
              .register(registry);
      batch = timer(registry, "sgl.batch", "One batch");
      rows = summary(registry, "sgl.batch.rows", "Tokens of a batch");
      sequences = summary(registry, "sgl.batch.sequences", "Sequences of a batch");
    }

    private static Counter requests(MeterRegistry registry, String outcome) {
      return Counter.builder("sgl.requests")
          .description("Requests that have ended")
          .tag("outcome", outcome)
          .register(registry);
    }

    private static Timer timer(MeterRegistry registry, String name, String help) {
      return Timer.builder(name).description(help).register(registry);
    }

    private static DistributionSummary summary(MeterRegistry registry, String name, String help) {
      return DistributionSummary.builder(name).description(help).register(registry);
    }

    @Override
    public void batch(BatchReport report) {
      batch.record(report.end() - report.start(), TimeUnit.NANOSECONDS);
      rows.record(report.promptRows() + report.decodeRows());
      sequences.record(report.sequences());
    }

    @Override
    public void busy(String what, long start, long end) {
      busy.increment((end - start) / 1e9);
    }

    @Override
    public void request(RequestReport report) {
      RequestReport.Times times = report.times();
      switch (report.outcome()) {
        case ANSWERED -> answered.increment();
        case FAILED -> failed.increment();
        case CANCELLED -> cancelled.increment();
      }
      cuts.increment(report.cuts());
      request.record(times.finished() - times.submitted(), TimeUnit.NANOSECONDS);
      if (times.admitted() > 0) {
        queue.record(times.admitted() - times.submitted(), TimeUnit.NANOSECONDS);
      }
      if (times.firstToken() > 0) {
        firstToken.record(times.firstToken() - times.submitted(), TimeUnit.NANOSECONDS);
        int gaps = report.tokens().generated() - report.tokens().forced() - 1;
        if (gaps > 0) {
          long each = (times.finished() - times.firstToken()) / gaps;
          betweenTokens.record(each, TimeUnit.NANOSECONDS);
        }
      }
    }
  }
}
