package dev.sgl.cli;

import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.interpreter.RunException;
import dev.sgl.interpreter.RunOptions;
import dev.sgl.program.Program;
import dev.sgl.program.TestCase;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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
      "A test with `given model` needs no model. The others are asked of the model that --model or"
          + " --endpoint names, or of the demo model."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TestCommand implements Callable<Integer> {
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

  @Mixin ModelOptions model = new ModelOptions();

  @Mixin ToolOptions tools = new ToolOptions();

  @Mixin AccessOptions access = new AccessOptions();

  @Option(names = "--seed", paramLabel = "N", description = "Makes the tests repeatable.")
  Optional<Long> seed = Optional.empty();

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  /// A test of a file, and what it needs to run.
  private record Planned(
      Path file, Program program, TestCase test, List<String> replies, Map<String, String> texts) {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (parallel < 1) {
      throw new UsageException("--parallel must be at least 1");
    }
    List<Planned> planned = new ArrayList<>();
    for (Path file : files) {
      Compiler.Result compiled = SourceFile.read(file).checked(err);
      if (compiled.program().isEmpty()) {
        return Main.DIAGNOSTICS;
      }
      plan(file, compiled, planned);
    }
    if (planned.isEmpty()) {
      err.println(filter.isEmpty() ? "there are no tests" : "no test is called so: " + filter);
      return filter.isEmpty() ? Main.OK : Main.USAGE;
    }
    List<TestResult> results = run(planned, err);
    TestResult.show(results, out);
    junit.ifPresent(file -> TestResult.write(results, file));
    return results.stream().allMatch(TestResult::passed) ? Main.OK : Main.DIAGNOSTICS;
  }

  private void plan(Path file, Compiler.Result compiled, List<Planned> planned) {
    Program program = compiled.program().orElseThrow();
    for (TestCase test : program.tests()) {
      if (test.name().contains(filter)) {
        List<String> replies = Interpreter.replies(program, test);
        planned.add(new Planned(file, program, test, replies, compiled.texts()));
      }
    }
  }

  private List<TestResult> run(List<Planned> planned, PrintWriter err) throws InterruptedException {
    boolean asksAModel = planned.stream().anyMatch(p -> p.test().replies().isEmpty());
    try (Backend backend =
        asksAModel ? model.open(err, Terminal.detect().err()) : new ScriptedBackend(List.of())) {
      return run(planned, backend);
    }
  }

  private List<TestResult> run(List<Planned> planned, Backend backend) throws InterruptedException {
    Semaphore free = new Semaphore(parallel);
    try (ExecutorService runs = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<TestResult>> running = new ArrayList<>();
      for (Planned test : planned) {
        free.acquire();
        running.add(
            runs.submit(
                () -> {
                  try {
                    return run(test, backend);
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
      throw new IllegalStateException(e.getCause());
    }
  }

  private TestResult run(Planned planned, Backend backend) {
    RunOptions options =
        RunOptions.DEFAULT
            .withSeed(seed.isPresent() ? OptionalLong.of(seed.get()) : OptionalLong.empty())
            .withTools(tools.bindKnown(planned.program()))
            .withPictures(access.pictures(planned.file()));
    TestCase test = planned.test();
    long start = System.nanoTime();
    Optional<String> failure = Optional.empty();
    try (ScriptedBackend scripted = new ScriptedBackend(planned.replies())) {
      Backend asked = test.replies().isEmpty() ? backend : scripted;
      Interpreter.test(planned.program(), test, asked, options);
    } catch (RunException e) {
      failure = Optional.of(RunCommand.show(e, planned.texts()));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new TestResult(planned.file().toString(), test.name(), seconds, failure);
  }
}
