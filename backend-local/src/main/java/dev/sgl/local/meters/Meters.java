package dev.sgl.local.meters;

import dev.sgl.local.engine.EngineStats;
import dev.sgl.local.engine.LocalBackend;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.function.ToDoubleFunction;

/// Meters that are read from an engine's statistics.
///
/// @param common tags of all of them
record Meters(LocalBackend backend, MeterRegistry registry, Tags common) {
  void count(String name, String help, ToDoubleFunction<EngineStats> of, String... tags) {
    FunctionCounter.builder(name, backend, b -> of.applyAsDouble(b.stats()))
        .description(help)
        .tags(common.and(tags))
        .register(registry);
  }

  void gauge(String name, String help, ToDoubleFunction<EngineStats> of, String... tags) {
    Gauge.builder(name, backend, b -> of.applyAsDouble(b.stats()))
        .description(help)
        .tags(common.and(tags))
        .register(registry);
  }
}
