package dev.sgl.remote.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What servers say of when they want to be asked again.
class RetryAfterTest {
  private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

  private static Optional<Duration> of(String name, String value) {
    Map<String, String> headers = Map.of(name, value);
    return RetryAfter.of(header -> Optional.ofNullable(headers.get(header)), NOW);
  }

  @Test
  void secondsMillisecondsAndDatesAreRead() {
    assertEquals(Optional.of(Duration.ofSeconds(3)), of("Retry-After", "3"));
    assertEquals(Optional.of(Duration.ofMillis(250)), of("Retry-After", "0.25"));
    assertEquals(Optional.of(Duration.ofMillis(70)), of("retry-after-ms", "70"));
    assertEquals(
        Optional.of(Duration.ofSeconds(5)), of("Retry-After", "Thu, 01 Jan 2026 12:00:05 GMT"));
    assertEquals(Optional.of(Duration.ZERO), of("Retry-After", "Thu, 01 Jan 2026 11:00:00 GMT"));
    assertEquals(Optional.empty(), of("Retry-After", "soon"));
    assertEquals(Optional.empty(), of("Other", "3"));
  }
}
