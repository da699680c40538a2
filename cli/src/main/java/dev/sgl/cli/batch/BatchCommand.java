package dev.sgl.cli.batch;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Pin;
import dev.sgl.backend.Scheduling;
import dev.sgl.backend.UnavailableException;
import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.Host;
import dev.sgl.cli.options.HostOptions;
import dev.sgl.cli.options.Interruption;
import dev.sgl.cli.options.ModelOptions;
import dev.sgl.cli.options.Reasons;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.cli.options.Terminal;
import dev.sgl.cli.options.UsageException;
import dev.sgl.interpreter.Arguments;
import dev.sgl.interpreter.Prefix;
import dev.sgl.local.engine.EngineStats;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.program.Program;
import dev.sgl.program.TypeException;
import dev.sgl.remote.RemoteBackend;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
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
public final class BatchCommand implements Callable<Integer> {
  /// Failed lines that are named at the end.
  private static final int NAMED = 10;

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

  @Mixin HostOptions host = new HostOptions();

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress.")
  boolean quiet;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException {
    try {
      return batch();
    } catch (IOException e) {
      throw new UsageException(output + " cannot be written: " + Reasons.of(e));
    }
  }

  private int batch() throws IOException, InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    UsageException.requirePositive("--parallel", parallel);
    Program program = SourceFile.read(file).program(err);
    List<BatchLine> lines = BatchLine.read(input);
    requireFile(output);
    if (Files.exists(output) && Files.isSameFile(input, output)) {
      throw new UsageException("--output is the input itself");
    }
    BatchFile.Done done = overwrite ? BatchFile.Done.NOTHING : BatchFile.existing(output, lines);
    if (retryFailed && !done.failed().isEmpty()) {
      return retry(program, lines, err);
    }
    if (done.count() == lines.size() && !lines.isEmpty()) {
      err.println("all " + done.count() + " lines of " + output + " are done already");
      return reportFailed(err, done.failed(), lines.size());
    }
    int code = run(program, lines, output, done, Collections.emptyIterator(), err);
    Files.deleteIfExists(retried()); // it belonged to another output
    return code;
  }

  /// A batch continues behind the last line of its output, so the output must be a file.
  private static void requireFile(Path output) {
    Path folder = Optional.ofNullable(output.toAbsolutePath().getParent()).orElse(output);
    if (output.toString().equals("-") || Files.exists(output) && !Files.isRegularFile(output)) {
      throw new UsageException("--output must be a file; " + output + " is none");
    }
    if (!Files.isDirectory(folder)) {
      throw new UsageException("--output: there is no folder " + folder);
    }
  }

  /// Writes a new output beside the old one and replaces the old one when the new one is whole.
  /// Only lines that failed are run again.
  private int retry(Program program, List<BatchLine> lines, PrintWriter err)
      throws IOException, InterruptedException {
    BatchFile.Done done =
        BatchFile.goesOn(output, retried())
            ? BatchFile.existing(retried(), lines) // by a retry that was broken off
            : BatchFile.Done.NOTHING;
    try (Stream<String> all = Files.lines(output)) {
      Iterator<String> known = all.skip(done.count()).iterator();
      int code = run(program, lines, retried(), done, known, err);
      Files.move(retried(), output, StandardCopyOption.REPLACE_EXISTING);
      return code;
    }
  }

  private Path retried() {
    return output.resolveSibling(output.getFileName() + ".retried");
  }

  /// Runs the lines that `target` does not have yet, and returns the exit code.
  private int run(
      Program program,
      List<BatchLine> lines,
      Path target,
      BatchFile.Done done,
      Iterator<String> known,
      PrintWriter err)
      throws IOException, InterruptedException {
    if (done.count() > 0 && !quiet) {
      err.println("continuing " + target + ", which has " + done.count() + " lines");
    }
    long start = System.nanoTime();
    boolean loading = Terminal.detect().err() && !quiet;
    try (Host given = host.open(List.of(program), err, loading);
        Backend backend = model.open(err, loading);
        Pin _ = Prefix.pin(program, arguments(program, lines), backend, Scheduling.DEFAULT);
        BatchFile out = BatchFile.open(target, done.count())) {
      BatchRun run = new BatchRun(program, backend, parallel, given.run(file, program));
      try (ProgressBar progress = progress(lines.size(), done.count());
          Interruption _ =
              new Interruption(() -> interrupted(out.written(), lines.size(), target), err)) {
        run.run(lines, out, known, progress::step);
      }
      report(err, run.ran(), System.nanoTime() - start, backend);
      SortedMap<Integer, String> failed = new TreeMap<>(done.failed());
      failed.putAll(run.failed());
      return reportFailed(err, failed, lines.size());
    } catch (UnavailableException e) {
      String way = "run the batch again with --retry-failed";
      throw new UnavailableException(e.getMessage() + "; what was done is written, " + way, e);
    }
  }

  /// The message for an interrupted batch: its progress, and how to go on.
  private String interrupted(int written, int lines, Path target) {
    return "interrupted: %d of %d lines are done and written to %s; the same command%s continues with line %d"
        .formatted(written, lines, target, overwrite ? " without --overwrite" : "", written + 1);
  }

  /// The arguments of the lines that have some.
  private static List<Map<String, Object>> arguments(Program program, List<BatchLine> lines) {
    List<Map<String, Object>> arguments = new ArrayList<>();
    for (BatchLine line : lines) {
      try {
        arguments.add(Arguments.readJson(program.entry().orElseThrow(), line.text()));
      } catch (TypeException e) {
        continue; // the line will fail, and says why
      }
    }
    return arguments;
  }

  /// A bar with the rate and the time that is left, where there is a terminal to show it.
  private ProgressBar progress(int lines, int from) {
    ProgressBarBuilder builder =
        new ProgressBarBuilder()
            .setTaskName(String.valueOf(input.getFileName()))
            .setInitialMax(lines)
            .startsFrom(from, Duration.ZERO)
            .setStyle(ProgressBarStyle.UNICODE_BLOCK)
            .setUpdateIntervalMillis(200)
            .setUnit(" lines", 1)
            .showSpeed()
            .clearDisplayOnFinish();
    if (!Terminal.detect().err() || quiet) {
      builder.setConsumer(new DelegatingProgressBarConsumer(_ -> {}));
    }
    return builder.build();
  }

  private void report(PrintWriter err, int ran, long nanos, Backend backend) {
    if (quiet) {
      return;
    }
    double seconds = nanos / 1e9;
    err.printf("%d lines in %.1f s, %.1f a second", ran, seconds, ran / seconds);
    if (backend instanceof RemoteBackend remote && remote.spent().requests() > 0) {
      err.print("; " + remote.spent().words());
    }
    if (backend instanceof LocalBackend local) {
      EngineStats stats = local.stats();
      err.printf(
          "; %d tokens generated, %.0f %% of the prompts' tokens from the cache",
          stats.tokens().generated() + stats.tokens().forced(), 100 * stats.tokens().hitRate());
    }
    err.println();
  }

  /// Names the lines that failed, now or before, and returns the exit code.
  private static int reportFailed(PrintWriter err, SortedMap<Integer, String> failed, int lines) {
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
    return failed.isEmpty() ? ExitCode.OK : ExitCode.DIAGNOSTICS;
  }
}
