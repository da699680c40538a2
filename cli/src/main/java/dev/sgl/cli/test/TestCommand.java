package dev.sgl.cli.test;

import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.Host;
import dev.sgl.cli.options.HostOptions;
import dev.sgl.cli.options.ModelOptions;
import dev.sgl.cli.options.SourceFile;
import dev.sgl.cli.options.Terminal;
import dev.sgl.cli.options.UsageException;
import dev.sgl.compiler.Compiler;
import dev.sgl.program.Program;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `sglc test FILE…`
@Command(
    name = "test",
    description = {
      "Runs the `test` blocks of programs.",
      "",
      "A test with `given model` needs no model, nor does one whose replies were recorded. The others"
          + " ask the model that --model or --endpoint names, or the demo model."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class TestCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The .sgl files.")
  List<Path> files = List.of();

  @Option(
      names = {"-f", "--filter"},
      paramLabel = "TEXT",
      description = "Run only the tests whose name holds this text.")
  String filter = "";

  @Option(
      names = {"-p", "--parallel"},
      paramLabel = "N",
      description = "Tests at the same time. Default: ${DEFAULT-VALUE}.")
  int parallel = 8;

  @Option(
      names = "--junit",
      paramLabel = "FILE",
      description = "Write the results as JUnit's XML, too.")
  Optional<Path> junit = Optional.empty();

  @Option(
      names = "--record",
      description =
          "Ask the model, and write what it says beside the file: of judge.sgl into judge.replies.json; later runs take it from there.")
  boolean record;

  @Option(names = "--live", description = "Ask the model also where its replies were recorded.")
  boolean live;

  @Mixin ModelOptions model = new ModelOptions();

  @Mixin HostOptions host = new HostOptions();

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    UsageException.requirePositive("--parallel", parallel);
    List<TestRun> tests = new ArrayList<>();
    List<Program> programs = new ArrayList<>();
    List<Recordings> recorded = new ArrayList<>();
    for (Path file : files) {
      Compiler.Result compiled = SourceFile.read(file).correct(err);
      Program program = compiled.program().orElseThrow();
      programs.add(program);
      recorded.add(Recordings.of(file, record));
      program.tests().stream()
          .filter(test -> test.name().contains(filter))
          .forEach(test -> tests.add(new TestRun(file, compiled, test, recorded.getLast())));
    }
    if (tests.isEmpty()) {
      err.println(filter.isEmpty() ? "there are no tests" : "no test is called so: " + filter);
      return filter.isEmpty() ? ExitCode.OK : ExitCode.USAGE;
    }
    List<TestResult> results = run(tests, programs, err);
    TestResult.show(results, out);
    junit.ifPresent(file -> TestResult.write(results, file));
    if (record) {
      recorded.forEach(Recordings::save);
    }
    return results.stream().allMatch(TestResult::passed) ? ExitCode.OK : ExitCode.DIAGNOSTICS;
  }

  private TestRun.Source source(TestRun test) {
    if (!test.test().replies().isEmpty()) {
      return TestRun.Source.SCRIPT;
    }
    if (record) {
      return TestRun.Source.RECORDED_MODEL;
    }
    return test.isRecorded() && !live ? TestRun.Source.RECORDING : TestRun.Source.MODEL;
  }

  private List<TestResult> run(List<TestRun> tests, List<Program> programs, PrintWriter err)
      throws InterruptedException {
    boolean asksAModel = tests.stream().anyMatch(test -> source(test).asksAModel());
    try (Host given = host.open(programs, err, Terminal.detect().err());
        Backend backend =
            asksAModel
                ? model.open(err, Terminal.detect().err())
                : new ScriptedBackend(List.of())) {
      return run(tests, backend, given);
    }
  }

  private List<TestResult> run(List<TestRun> tests, Backend backend, Host given)
      throws InterruptedException {
    Semaphore free = new Semaphore(parallel);
    try (ExecutorService runs = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<TestResult>> running = new ArrayList<>();
      for (TestRun test : tests) {
        free.acquire();
        running.add(
            runs.submit(
                () -> {
                  try {
                    return test.run(source(test), backend, given);
                  } finally {
                    free.release();
                  }
                }));
      }
      List<TestResult> results = new ArrayList<>();
      for (Future<TestResult> result : running) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException error
          ? error
          : new IllegalStateException(e.getCause());
    }
  }
}
