package dev.sgl.cli.serve;

import dev.sgl.cli.options.UsageException;
import dev.sgl.server.trace.Tracing;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Exports spans where OpenTelemetry's environment variables say so: `OTEL_EXPORTER_OTLP_ENDPOINT`
/// and all others of its specification, such as `OTEL_SERVICE_NAME`.
final class Telemetry implements AutoCloseable {
  private final Optional<OpenTelemetrySdk> sdk;

  private Telemetry(Optional<OpenTelemetrySdk> sdk) {
    this.sdk = sdk;
  }

  /// @throws UsageException if a variable says what cannot be
  static Telemetry open(Map<String, String> environment) {
    boolean isWanted =
        Stream.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                "OTEL_TRACES_EXPORTER")
            .anyMatch(name -> !environment.getOrDefault(name, "").isBlank());
    if (!isWanted) {
      return new Telemetry(Optional.empty());
    }
    Map<String, String> standards =
        Map.of(
            "otel.service.name", "sglc",
            "otel.metrics.exporter", "none", // they are at /metrics
            "otel.logs.exporter", "none");
    try {
      return new Telemetry(
          Optional.of(
              AutoConfiguredOpenTelemetrySdk.builder()
                  .addPropertiesSupplier(() -> standards)
                  .disableShutdownHook()
                  .build()
                  .getOpenTelemetrySdk()));
    } catch (ConfigurationException e) {
      throw new UsageException("OpenTelemetry: " + e.getMessage());
    }
  }

  Tracing tracing() {
    return sdk.map(Tracing::new).orElse(Tracing.NONE);
  }

  /// Sends the last spans.
  @Override
  public void close() {
    sdk.ifPresent(OpenTelemetrySdk::close);
  }
}
