package dev.sgl.cli.batch;

import dev.sgl.backend.Backend;
import dev.sgl.backend.UnavailableException;
import dev.sgl.interpreter.Arguments;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.program.Program;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/// Runs a program for the lines of a batch, many at once, and writes the results to the output.
final class BatchRun {
  /// Lines that may be done before one that takes long is.
  private static final int AHEAD = 4096;

  /// Times in a row that the model could not be asked, after which it is taken for gone.
  private static final int GONE = 20;

  private final Program program;
  private final Backend backend;
  private final int parallel;
  private final RunOptions options;
  private final AtomicInteger ran = new AtomicInteger();
  private final AtomicInteger unavailable = new AtomicInteger(); // in a row
  private final CompletableFuture<Void> end = new CompletableFuture<>(); // fails if it must stop
  private final Map<Integer, String> failed = new ConcurrentHashMap<>(); // by line

  /// @param parallel runs at the same time
  /// @param options of the first line; the seeds of the others follow its
  BatchRun(Program program, Backend backend, int parallel, RunOptions options) {
    this.program = program;
    this.backend = backend;
    this.parallel = parallel;
    this.options = options;
  }

  /// Lines that were run.
  int ran() {
    return ran.get();
  }

  /// The errors of the lines that failed, by the number of the line.
  Map<Integer, String> failed() {
    return failed;
  }

  /// Runs all lines that `out` does not have yet.
  ///
  /// @param known lines of an earlier output for the same ones; results among them are taken
  ///     over
  /// @param onLine is called after each line
  /// @throws UnavailableException if the model was gone; the results before that are written
  void run(List<BatchLine> lines, BatchFile out, Iterator<String> known, Runnable onLine)
      throws IOException, InterruptedException {
    Semaphore free = new Semaphore(parallel);
    try (ExecutorService runs = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = out.written(); i < lines.size() && !end.isDone(); i++) {
        int index = i;
        String earlier = known.hasNext() ? known.next() : "";
        if (BatchFile.hasResult(earlier)) {
          out.put(i, earlier);
          onLine.run();
          continue;
        }
        out.await(i, AHEAD);
        free.acquire();
        runs.execute(
            () -> {
              try {
                line(index, lines.get(index), out);
                onLine.run();
              } finally {
                free.release();
              }
            });
      }
    }
    if (end.isDone()) {
      switch (end.exceptionNow()) {
        case IOException error -> throw error;
        case RuntimeException error -> throw error;
        case Error error -> throw error;
        case Throwable error -> throw new IllegalStateException(error);
      }
    }
  }

  private void line(int index, BatchLine line, BatchFile out) {
    try {
      ran.incrementAndGet();
      out.put(index, answer(index, line));
    } catch (Throwable e) { // of this program, not of the line's
      stop(e, out);
    } finally {
      if (unavailable.get() >= GONE) {
        stop(new UnavailableException("the model could not be asked " + GONE + " times"), out);
      }
    }
  }

  private void stop(Throwable reason, BatchFile out) {
    end.completeExceptionally(reason);
    out.abandon();
  }

  /// The line of the output for one of the input.
  private String answer(int index, BatchLine line) {
    try {
      Map<String, Object> arguments =
          Arguments.readJson(program.entry().orElseThrow(), line.text());
      OptionalLong seed = options.seed();
      OptionalLong own =
          seed.isPresent() ? OptionalLong.of(seed.getAsLong() + index) : OptionalLong.empty();
      Object value = Interpreter.run(program, arguments, backend, options.withSeed(own));
      unavailable.set(0);
      return BatchFile.result(line, Values.json(value));
    } catch (TypeException e) {
      return failed(line, String.valueOf(e.getMessage()));
    } catch (RunException e) {
      if (e.getCause() instanceof UnavailableException) {
        unavailable.incrementAndGet();
      }
      return failed(line, e.getMessage() + " (in " + e.shownBranch() + ")");
    } catch (RuntimeException | StackOverflowError e) {
      return failed(line, "a mistake of sglc itself, please report it: " + e);
    }
  }

  private String failed(BatchLine line, String message) {
    failed.put(line.number(), message);
    return BatchFile.error(line, message);
  }
}
