package dev.sgl.local.meters;

import dev.sgl.local.engine.EngineListener;
import dev.sgl.local.engine.LocalBackend;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;

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
    Meters meters = new Meters(backend, registry, Tags.empty());
    String prompt = "Tokens of prompts";
    meters.count("sgl.prompt.tokens", prompt, s -> s.tokens().cached(), "source", "cached");
    meters.count(
        "sgl.prompt.tokens", prompt, s -> s.tokens().computedPrompt(), "source", "computed");
    meters.count("sgl.prompt.tokens", prompt, s -> s.tokens().recomputed(), "source", "recomputed");
    String reply = "Tokens of replies";
    meters.count("sgl.generated.tokens", reply, s -> s.tokens().generated(), "source", "model");
    meters.count("sgl.generated.tokens", reply, s -> s.tokens().forced(), "source", "forced");
    meters.count(
        "sgl.evicted.pages", "Pages taken from the cache for others", s -> s.pages().evicted());
    meters.count(
        "sgl.retractions",
        "Running sequences sent back to wait for pages",
        s -> s.sequences().retractions());
    meters.gauge(
        "sgl.running", "Sequences that take part in batches", s -> s.sequences().running());
    meters.gauge("sgl.waiting", "Sequences that wait", s -> s.sequences().waiting());
    meters.gauge(
        "sgl.cache.hit.rate",
        "Part of the prompts' tokens that was cached",
        s -> s.tokens().hitRate());
    String pages = "Pages of keys and values";
    meters.gauge("sgl.pages", pages, s -> s.pages().free(), "state", "free");
    meters.gauge("sgl.pages", pages, s -> s.pages().cached(), "state", "cached");
    meters.gauge("sgl.pages", pages, s -> s.pages().used(), "state", "used");
    backend.listen(new Times(registry));
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
      }
      report.betweenTokens().ifPresent(each -> betweenTokens.record(each, TimeUnit.NANOSECONDS));
    }
  }
}
