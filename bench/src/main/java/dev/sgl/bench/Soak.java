package dev.sgl.bench;

import dev.sgl.backend.Scheduling;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.local.engine.DeviceOption;
import dev.sgl.local.engine.EngineStats;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.LocalOptions.CacheOptions;
import dev.sgl.local.engine.Progress;
import dev.sgl.local.schedule.ScheduleOptions;
import dev.sgl.program.Program;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Runs random programs for a long time on an engine with too few pages: some are cancelled,
/// some fail. Says at the end whether anything is left over: pages, threads, memory, runs that
/// hang.
///
/// Usage: `Soak HOME [MINUTES [DEVICE]]`; by default 20 minutes, on the processor.
public final class Soak {
  private static final int TOGETHER = 24;
  private static final Duration STUCK = Duration.ofMinutes(2);
  private static final List<String> PROGRAMS =
      List.of(
          """
          program p(n: int) {
            user "Give {n} different tips about staying healthy."
            fork i in 1..n as f { assistant { "Tip {i}: " gen t: {title: string<1..40>, hard: bool} (temperature: 0.8) } }
            join f first 1
            return f
          }
          """,
          """
          program p(n: int) {
            user "Review: the lamp number {n} is nice.\\nIs the sentiment positive, negative or neutral?"
            assistant select mood from ["positive", "negative", "neutral"] by unconditional
            return mood
          }
          """,
          """
          program p(n: int) {
            for i in 1..n { user "Say {i}." assistant gen x (max_tokens: 12, temperature: 1) }
            check n < 6, "it fails on purpose"
          }
          """,
          """
          program q(n: int) { "Once there were {n} " gen x (max_tokens: 40, n: 3) return x }
          program p(n: int) { let all = [q(i) for i in 1..n] return [x.len for x in all] }
          """);

  private final LocalBackend backend;
  private final List<Program> programs = new ArrayList<>();
  private final Map<Thread, Long> running = new ConcurrentHashMap<>();
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong cancelled = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();

  private Soak(LocalBackend backend, Path home) throws IOException {
    this.backend = backend;
    for (String source : PROGRAMS) {
      programs.add(Compiler.compile("soak.sgl", source).program().orElseThrow());
    }
    for (String sample : List.of("tips.sgl", "react.sgl", "judge.sgl", "character.sgl")) {
      String source = Files.readString(home.resolve("samples").resolve(sample));
      programs.add(Compiler.compile(sample, source).program().orElseThrow());
    }
  }

  /// Runs the programs, and exits with 0 if nothing failed and nothing is left over, else with 1.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path home = Path.of(arguments[0]);
    double minutes = arguments.length > 1 ? Double.parseDouble(arguments[1]) : 20;
    String device = arguments.length > 2 ? arguments[2] : "cpu";
    LocalOptions options =
        LocalOptions.DEFAULT
            .withDevice(DeviceOption.parse(device).orElseThrow())
            .withContext(OptionalInt.of(640))
            .withCache(new CacheOptions(16, OptionalInt.of(1280), true))
            .withSchedule(ScheduleOptions.DEFAULT);
    boolean sound;
    try (LocalBackend backend =
        LocalBackend.open(home.resolve("samples/model/demo"), options, Progress.SILENT)) {
      sound = new Soak(backend, home).run(Duration.ofMillis((long) (minutes * 60_000)));
    }
    System.exit(sound ? 0 : 1);
  }

  private boolean run(Duration time) throws InterruptedException {
    System.out.println(
        "| minute | runs | failed on purpose | cancelled | hit rate | evicted pages | retractions |"
            + " threads | heap MB |\n|---|---|---|---|---|---|---|---|---|");
    SplittableRandom random = new SplittableRandom(1);
    long start = System.nanoTime();
    long nextLine = start;
    while (System.nanoTime() - start < time.toNanos()) {
      if (System.nanoTime() >= nextLine) {
        nextLine += Duration.ofMinutes(1).toNanos();
        line((System.nanoTime() - start) / 60e9);
      }
      if (running.size() < TOGETHER) {
        start(random.split());
      } else {
        Thread.sleep(2);
      }
      if (random.nextInt(400) == 0) {
        running.keySet().stream().findAny().ifPresent(Thread::interrupt);
      }
      if (isStuck()) {
        System.out.println("a run is stuck");
        return false;
      }
    }
    awaitRest();
    line(time.toNanos() / 60e9);
    return isSound();
  }

  private boolean isStuck() {
    long now = System.nanoTime();
    return running.values().stream().anyMatch(began -> now - began > STUCK.toNanos());
  }

  /// Waits until all runs have ended, at most two minutes, and the engine is idle.
  private void awaitRest() throws InterruptedException {
    for (int i = 0; i < 12_000 && !running.isEmpty(); i++) {
      Thread.sleep(10);
    }
    Thread.sleep(500);
  }

  /// Whether nothing failed and nothing is left over; prints the statistics of the engine.
  private boolean isSound() {
    EngineStats stats = backend.stats();
    boolean sound =
        running.isEmpty()
            && broken.get() == 0
            && stats.sequences().running() == 0
            && stats.sequences().waiting() == 0
            && stats.pages().free() + stats.pages().cached() == stats.pages().all();
    System.out.println((sound ? "nothing is left over: " : "something is wrong: ") + stats);
    return sound;
  }

  private void start(SplittableRandom random) {
    Program program = programs.get(random.nextInt(programs.size()));
    Map<String, Object> arguments =
        program.entry().orElseThrow().parameters().getFirst().standard().isPresent()
            ? Map.of()
            : Map.of("n", 1L + random.nextInt(7));
    RunOptions options =
        RunOptions.DEFAULT
            .withSeed(OptionalLong.of(random.nextLong(1 << 20)))
            .withScheduling(
                new Scheduling(random.nextInt(3), random.nextInt(5) == 0 ? "salt" : ""));
    Thread thread = Thread.ofVirtual().unstarted(() -> one(program, arguments, options));
    running.put(thread, System.nanoTime());
    thread.start();
  }

  private void one(Program program, Map<String, Object> arguments, RunOptions options) {
    try {
      Interpreter.run(program, arguments, backend, options);
      done.incrementAndGet();
    } catch (CancellationException e) {
      cancelled.incrementAndGet();
    } catch (RunException e) {
      if (String.valueOf(e.getMessage()).contains("on purpose")
          || String.valueOf(e.getMessage()).contains("no answer")) {
        failed.incrementAndGet();
      } else {
        broken.incrementAndGet();
        System.out.println("a run failed: " + e.getMessage());
      }
    } catch (RuntimeException | Error e) {
      broken.incrementAndGet();
      e.printStackTrace(System.out);
    } finally {
      running.remove(Thread.currentThread());
    }
  }

  private void line(double minute) {
    System.gc();
    EngineStats stats = backend.stats();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "| %.1f | %d | %d | %d | %.0f %% | %d | %d | %d | %d |%n",
        minute,
        done.get() + failed.get() + cancelled.get() + broken.get(),
        failed.get(),
        cancelled.get(),
        100 * stats.tokens().hitRate(),
        stats.pages().evicted(),
        stats.sequences().retractions(),
        Thread.activeCount(),
        (runtime.totalMemory() - runtime.freeMemory()) >> 20);
  }
}
