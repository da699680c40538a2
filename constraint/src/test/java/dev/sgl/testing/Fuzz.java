package dev.sgl.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/// Checks a claim on random inputs until the time is over, each input within a time limit.
///
/// `-Dfuzz.seconds=N` sets the time of each fuzzer, 2 seconds by default, and `-Dfuzz.first=N` the
/// first of the seeds, which count up from 1 by default. A failure names the seed of its input,
/// `-Dfuzz.seed=N` runs that input alone, and the input is saved in `target/fuzz`, with the seed of
/// the last input that was tried, for the case that the process dies. Inputs that fail at the same
/// line of the project count as one finding.
public final class Fuzz {
  private static final int SECONDS = Integer.getInteger("fuzz.seconds", 2);
  private static final Path FINDINGS = Path.of("target", "fuzz");
  private static final int FRAMES = 40; // of a stack trace that are shown

  private Fuzz() {}

  /// A claim about an input: it holds unless something is thrown.
  @FunctionalInterface
  public interface Claim<I> {
    void check(I input) throws Exception;
  }

  /// Checks `claim` on inputs that `inputs` makes of random numbers.
  ///
  /// @param limit the time that each input has
  public static <I> void run(Duration limit, Function<SplittableRandom, I> inputs, Claim<I> claim) {
    Long only = Long.getLong("fuzz.seed");
    long first = only != null ? only : Long.getLong("fuzz.first", 1);
    Map<String, String> findings = new LinkedHashMap<>();
    long tried = 0;
    long end = Long.MAX_VALUE; // the first input, for which classes are loaded, does not count
    while (tried == 0 || only == null && System.nanoTime() < end) {
      long seed = first + tried++;
      save("last-seed", Long.toString(seed));
      I input = inputs.apply(new SplittableRandom(seed));
      Throwable failure = failure(limit, input, claim);
      if (failure != null
          && findings.putIfAbsent(place(failure), report(seed, input, failure)) == null) {
        save(seed + ".txt", input.toString());
      }
      if (tried == 1) {
        end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      }
      if (failure instanceof TimeoutException) {
        break; // its thread goes on, so the times of other inputs would mean nothing
      }
    }
    System.out.printf(
        "fuzz: %,d inputs from seed %d, %d findings%n", tried, first, findings.size());
    if (!findings.isEmpty()) {
      throw new AssertionError(String.join("\n\n", findings.values()));
    }
  }

  /// What `claim` throws; null if it holds.
  private static <I> Throwable failure(Duration limit, I input, Claim<I> claim) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("fuzz")
            .start(
                () -> {
                  try {
                    claim.check(input);
                    result.complete(null);
                  } catch (Throwable e) {
                    result.completeExceptionally(e);
                  }
                });
    try {
      result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (TimeoutException e) {
      e.setStackTrace(thread.getStackTrace());
      return e;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The kind of a failure, and the line of the project that it comes from.
  private static String place(Throwable failure) {
    for (StackTraceElement frame : failure.getStackTrace()) {
      if (frame.getClassName().startsWith("dev.sgl.")) {
        return failure.getClass() + " at " + frame;
      }
    }
    return failure.toString();
  }

  private static String report(long seed, Object input, Throwable failure) {
    List<String> lines = new ArrayList<>();
    boolean hangs = failure instanceof TimeoutException;
    lines.add("-Dfuzz.seed=" + seed + ": " + (hangs ? "no end within the time limit" : failure));
    List<StackTraceElement> frames = List.of(failure.getStackTrace());
    frames.stream().limit(FRAMES).forEach(frame -> lines.add("\tat " + frame));
    lines.add("input: " + shortened(input.toString()));
    return String.join("\n", lines);
  }

  private static String shortened(String text) {
    return text.length() <= 2000 ? text : text.substring(0, 2000) + "… of " + text.length();
  }

  private static void save(String name, String text) {
    try {
      Files.createDirectories(FINDINGS);
      Files.write(FINDINGS.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
