package dev.sgl.server;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import java.util.stream.DoubleStream;

/// Gives times buckets, so that percentiles can be computed over several servers.
final class Histograms implements MeterFilter {
  private static final double NANOS = 1e9;

  private static final double[] TIMES =
      DoubleStream.of(
              0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
              2.5, 5, 10, 25, 50, 100)
          .map(seconds -> seconds * NANOS)
          .toArray();

  @Override
  public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
    return id.getType() == Meter.Type.TIMER
        ? DistributionStatisticConfig.builder().serviceLevelObjectives(TIMES).build().merge(config)
        : config;
  }
}
