package dev.sgl.remote.http;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// How long a server asks to be left alone: `retry-after-ms`, or `Retry-After` as seconds or as a
/// date.
///
/// Reference: RFC 9110, section 10.2.3.
public final class RetryAfter {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

  private RetryAfter() {}

  /// The time to wait; empty if the server does not say.
  ///
  /// @param header gives the value of a header, if it is there
  /// @param now the time from which dates are counted
  public static Optional<Duration> of(Function<String, Optional<String>> header, Instant now) {
    return header
        .apply("retry-after-ms")
        .flatMap(text -> number(text, 1))
        .or(() -> header.apply("Retry-After").flatMap(text -> number(text, 1000)))
        .or(() -> header.apply("Retry-After").flatMap(text -> date(text, now)));
  }

  private static Optional<Duration> number(String text, int millis) {
    return NUMBER.matcher(text.strip()).matches()
        ? Optional.of(Duration.ofMillis(Math.round(Double.parseDouble(text.strip()) * millis)))
        : Optional.empty();
  }

  private static Optional<Duration> date(String text, Instant now) {
    try {
      Instant until =
          ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(until.isBefore(now) ? Duration.ZERO : Duration.between(now, until));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
