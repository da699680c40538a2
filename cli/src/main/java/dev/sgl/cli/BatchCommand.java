package dev.sgl.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.backend.Backend;
import dev.sgl.backend.BackendException;
import dev.sgl.interpreter.Arguments;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.interpreter.RunException;
import dev.sgl.interpreter.RunListener;
import dev.sgl.interpreter.RunOptions;
import dev.sgl.local.engine.EngineStats;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.program.Program;
import dev.sgl.program.Routine;
import dev.sgl.program.TypeException;
import dev.sgl.program.Values;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `sglc batch FILE --input data.jsonl --output out.jsonl`
@Command(
    name = "batch",
    description = {
      "Runs a program once for each line of a file, many at once.",
      "",
      "A line of the input is a JSON object with the program's arguments. A line of the output has the"
          + " number of its line, the input, and the `result`, or the `error`. The order is kept. An"
          + " output that is there already is continued behind its last line."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BatchCommand implements Callable<Integer> {
  /// Lines that may be done before one that takes long is.
  private static final int AHEAD = 4096;

  /// Errors of the model in a row after which it is taken for gone.
  private static final int GONE = 20;

  /// Failed lines that are named at the end.
  private static final int NAMED = 10;

  private static final long MAX_BYTES = 1L << 30;

  @Parameters(index = "0", paramLabel = "FILE", description = "The .sgl file.")
  Path file = Path.of("");

  @Option(
      names = {"-i", "--input"},
      required = true,
      paramLabel = "FILE",
      description = "The arguments, one JSON object a line.")
  Path input = Path.of("");

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The results, one JSON object a line, in the order of the input.")
  Path output = Path.of("");

  @Option(
      names = {"-p", "--parallel"},
      paramLabel = "N",
      description = "Runs at the same time. Default: ${DEFAULT-VALUE}.")
  int parallel = 32;

  @Option(names = "--retry-failed", description = "Run the lines again that failed before.")
  boolean retryFailed;

  @Option(names = "--overwrite", description = "Begin anew, whatever the output holds.")
  boolean overwrite;

  @Mixin ModelOptions model = new ModelOptions();

  @Option(names = "--seed", paramLabel = "N", description = "Makes the batch repeatable.")
  Optional<Long> seed = Optional.empty();

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress.")
  boolean quiet;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  private final AtomicInteger ran = new AtomicInteger();
  private final AtomicBoolean gone = new AtomicBoolean();
  private final AtomicInteger modelErrors = new AtomicInteger(); // in a row
  private final Map<Integer, String> failed = new ConcurrentSkipListMap<>(); // by line

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    if (parallel < 1) {
      throw new UsageException("--parallel must be at least 1");
    }
    Optional<Program> program = SourceFile.read(file).program(err);
    if (program.isEmpty()) {
      return Main.DIAGNOSTICS;
    }
    List<String> lines = lines();
    if (Files.exists(output) && Files.isSameFile(input, output)) {
      throw new UsageException("--output is the input itself");
    }
    if (overwrite) {
      Files.deleteIfExists(output);
    }
    List<JsonNode> done = BatchFile.existing(output, lines);
    for (JsonNode line : done) {
      if (line.has("error") && !retryFailed) {
        failed.put(line.path("line").asInt(), line.path("error").asText());
      }
    }
    boolean again = retryFailed && done.stream().anyMatch(line -> line.has("error"));
    if (done.size() == lines.size() && !again) {
      err.println("all " + lines.size() + " lines of " + output + " are done already");
      return reportFailed(err, lines.size());
    }
    if (!done.isEmpty() && !quiet) {
      err.println("continuing " + output + ", which has " + done.size() + " lines");
    }
    Terminal terminal = Terminal.detect();
    long start = System.nanoTime();
    try (Backend backend = model.open(err, terminal.err() && !quiet)) {
      run(program.get(), lines, again ? done : List.of(), again ? 0 : done.size(), backend);
      report(err, System.nanoTime() - start, backend);
    }
    if (gone.get()) {
      throw new BackendException(
          "the model failed "
              + GONE
              + " times in a row; "
              + output
              + " holds what was done before"
              + (again ? "" : ", and goes on from there"));
    }
    return reportFailed(err, lines.size());
  }

  private List<String> lines() throws IOException {
    try {
      if (!Files.isRegularFile(input)) {
        throw new UsageException("there is no file " + input);
      }
      if (Files.size(input) > MAX_BYTES) {
        throw new UsageException(input + " is larger than " + (MAX_BYTES >> 20) + " MiB");
      }
      return Files.readAllLines(input).stream().filter(line -> !line.isBlank()).toList();
    } catch (CharacterCodingException e) {
      throw new UsageException(input + " is not a text in UTF-8");
    }
  }

  /// Runs all lines from `from` on; those that `known` has a result for are copied. A file that is
  /// made anew takes the old one's place when it is whole.
  private void run(
      Program program, List<String> lines, List<JsonNode> known, int from, Backend backend)
      throws IOException, InterruptedException {
    Path target =
        known.isEmpty() ? output : output.resolveSibling(output.getFileName() + ".retried");
    if (!known.isEmpty()) {
      Files.deleteIfExists(target);
    }
    Semaphore free = new Semaphore(parallel);
    Optional<ProgressBar> progress = progress(lines.size(), from);
    try (BatchFile out = BatchFile.append(target, from);
        ExecutorService runs = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = from; i < lines.size() && !gone.get(); i++) {
        int index = i;
        if (i < known.size() && !known.get(i).has("error")) {
          out.put(i, (ObjectNode) known.get(i));
          progress.ifPresent(ProgressBar::step);
          continue;
        }
        free.acquire();
        out.await(i, AHEAD);
        runs.execute(
            () -> {
              try {
                out.put(index, line(program, index, lines.get(index), backend));
                progress.ifPresent(ProgressBar::step);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              } finally {
                free.release();
              }
            });
      }
    }
    progress.ifPresent(ProgressBar::close);
    if (!known.isEmpty() && !gone.get()) {
      Files.move(target, output, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// A bar with the rate and the time that is left, where there is a terminal to show it.
  private Optional<ProgressBar> progress(int lines, int from) {
    if (!Terminal.detect().err() || quiet) {
      return Optional.empty();
    }
    return Optional.of(
        new ProgressBarBuilder()
            .setTaskName(String.valueOf(input.getFileName()))
            .setInitialMax(lines)
            .startsFrom(from, Duration.ZERO)
            .setStyle(ProgressBarStyle.UNICODE_BLOCK)
            .setUpdateIntervalMillis(200)
            .setUnit(" lines", 1)
            .showSpeed()
            .clearDisplayOnFinish()
            .build());
  }

  /// One line of the output.
  private ObjectNode line(Program program, int index, String line, Backend backend) {
    ran.incrementAndGet();
    Routine entry = program.entry().orElseThrow();
    OptionalLong runSeed =
        seed.isPresent() ? OptionalLong.of(seed.get() + index) : OptionalLong.empty();
    try {
      Object value =
          Interpreter.run(
              program,
              Arguments.readJson(entry, line),
              backend,
              new RunOptions(RunListener.SILENT, runSeed));
      modelErrors.set(0);
      return BatchFile.result(index, line, Values.json(value));
    } catch (TypeException e) {
      return failed(index, line, String.valueOf(e.getMessage()));
    } catch (RunException e) {
      if (e.getCause() instanceof BackendException) {
        if (modelErrors.incrementAndGet() >= GONE) {
          gone.set(true);
        }
      }
      return failed(index, line, e.getMessage() + " (in " + e.branch() + ")");
    } catch (RuntimeException e) {
      return failed(index, line, "a mistake of sglc itself, please report it: " + e);
    }
  }

  private ObjectNode failed(int index, String line, String message) {
    failed.put(index + 1, message);
    return BatchFile.error(index, line, message);
  }

  private void report(PrintWriter err, long nanos, Backend backend) {
    if (quiet) {
      return;
    }
    double seconds = nanos / 1e9;
    err.printf("%d lines in %.1f s, %.1f a second", ran.get(), seconds, ran.get() / seconds);
    if (backend instanceof LocalBackend local) {
      EngineStats stats = local.stats();
      err.printf(
          "; %d tokens generated, %.0f %% of the prompts' tokens from the cache",
          stats.generatedTokens() + stats.forcedTokens(), 100 * stats.hitRate());
    }
    err.println();
  }

  /// Names the lines that failed, now or before, and returns the exit code.
  private int reportFailed(PrintWriter err, int lines) {
    failed.entrySet().stream()
        .limit(NAMED)
        .forEach(line -> err.println("line " + line.getKey() + ": " + line.getValue()));
    if (failed.size() > NAMED) {
      err.println("… and " + (failed.size() - NAMED) + " more");
    }
    if (!failed.isEmpty()) {
      err.println(
          failed.size() + " of " + lines + " lines failed; run them again with --retry-failed");
    }
    return failed.isEmpty() ? Main.OK : Main.DIAGNOSTICS;
  }
}
