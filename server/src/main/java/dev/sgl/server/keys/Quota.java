package dev.sgl.server.keys;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.EstimationProbe;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

/// How much of the [Rates] of a caller is left. A call is let in as long as there is anything left;
/// the tokens of its prompt and its answer are taken when it is over, even if they are more.
final class Quota {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration DAY = Duration.ofDays(1);

  /// How long a caller waits who has too many calls in flight.
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Rates rates;
  private final Optional<Bucket> requests;
  private final Optional<Bucket> tokens;
  private final Optional<Bucket> day;
  private final AtomicInteger calls = new AtomicInteger();

  Quota(Rates rates) {
    this.rates = rates;
    requests = bucket(rates.requestsPerMinute().stream().asLongStream().findFirst());
    tokens = bucket(rates.tokensPerMinute());
    day = rates.tokensPerDay().isEmpty() ? Optional.empty() : Optional.of(daily(rates));
  }

  private static Optional<Bucket> bucket(OptionalLong perMinute) {
    return perMinute.isEmpty()
        ? Optional.empty()
        : Optional.of(
            Bucket.builder()
                .addLimit(
                    limit ->
                        limit
                            .capacity(perMinute.getAsLong())
                            .refillGreedy(perMinute.getAsLong(), MINUTE))
                .build());
  }

  private static Bucket daily(Rates rates) {
    long most = rates.tokensPerDay().orElseThrow();
    Instant midnight =
        LocalDate.now(ZoneOffset.UTC).plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC);
    return Bucket.builder()
        .addLimit(limit -> limit.capacity(most).refillIntervallyAligned(most, DAY, midnight))
        .build();
  }

  Rates rates() {
    return rates;
  }

  /// Lets a call in, or says why not. One that is let in has to [leave][#leave()].
  Optional<TooMuch> enter() {
    if (calls.incrementAndGet() > rates.parallel().orElse(Integer.MAX_VALUE)) {
      calls.decrementAndGet();
      String message =
          "this key may have %d calls at the same time".formatted(rates.parallel().orElseThrow());
      return Optional.of(new TooMuch("requests", false, SOON, message));
    }
    Optional<TooMuch> refused = exhausted().or(this::takeRequest);
    refused.ifPresent(_ -> calls.decrementAndGet());
    return refused;
  }

  /// Why no more tokens may come; empty if some are left.
  Optional<TooMuch> exhausted() {
    return spent(day, "tokens", true, "the %d tokens of this key for today are spent", day())
        .or(
            () ->
                spent(
                    tokens,
                    "tokens",
                    false,
                    "the %d tokens a minute of this key are spent",
                    minute()));
  }

  /// Counts a call that outlasts its answer; it has to [leave][#leave()], too.
  void stay() {
    calls.incrementAndGet();
  }

  private long day() {
    return rates.tokensPerDay().orElse(0);
  }

  private long minute() {
    return rates.tokensPerMinute().orElse(0);
  }

  private static Optional<TooMuch> spent(
      Optional<Bucket> bucket, String what, boolean isQuota, String message, long most) {
    return bucket
        .map(Quota::estimate)
        .filter(probe -> !probe.canBeConsumed())
        .map(
            probe ->
                new TooMuch(
                    what,
                    isQuota,
                    Duration.ofNanos(probe.getNanosToWaitForRefill()),
                    message.formatted(most)));
  }

  private static EstimationProbe estimate(Bucket bucket) {
    return bucket.estimateAbilityToConsume(1);
  }

  private Optional<TooMuch> takeRequest() {
    return requests
        .map(bucket -> bucket.tryConsumeAndReturnRemaining(1))
        .filter(probe -> !probe.isConsumed())
        .map(
            probe ->
                new TooMuch(
                    "requests",
                    false,
                    Duration.ofNanos(probe.getNanosToWaitForRefill()),
                    "the %d requests a minute of this key are spent"
                        .formatted(rates.requestsPerMinute().orElseThrow())));
  }

  void leave() {
    calls.decrementAndGet();
  }

  void spend(long count) {
    tokens.ifPresent(bucket -> bucket.consumeIgnoringRateLimits(count));
    day.ifPresent(bucket -> bucket.consumeIgnoringRateLimits(count));
  }

  /// The requests and tokens that are left, as headers of an answer by the names that OpenAI's API
  /// has for them.
  Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    requests.ifPresent(
        bucket -> add(headers, "requests", bucket, rates.requestsPerMinute().orElseThrow()));
    tokens.ifPresent(
        bucket -> add(headers, "tokens", bucket, rates.tokensPerMinute().orElseThrow()));
    return headers;
  }

  private static void add(Map<String, String> headers, String what, Bucket bucket, long most) {
    long left = Math.max(0, bucket.getAvailableTokens());
    long millis = (most - bucket.getAvailableTokens()) * MINUTE.toMillis() / most;
    headers.put("x-ratelimit-limit-" + what, "" + most);
    headers.put("x-ratelimit-remaining-" + what, "" + left);
    headers.put("x-ratelimit-reset-" + what, millis + "ms");
  }
}
