package dev.sgl.cli;

import dev.sgl.backend.Backend;
import dev.sgl.cli.options.ExitCode;
import dev.sgl.cli.options.Failure;
import dev.sgl.cli.options.Host;
import dev.sgl.cli.options.HostOptions;
import dev.sgl.cli.options.Interruption;
import dev.sgl.cli.options.ModelOptions;
import dev.sgl.cli.options.Terminal;
import dev.sgl.cli.options.UsageException;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.program.Program;
import dev.sgl.program.Values;
import dev.sgl.remote.RemoteBackend;
import dev.sgl.run.RunException;
import dev.sgl.run.RunListener;
import dev.sgl.run.RunOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `sglc run FILE [name=value …]`
@Command(
    name = "run",
    description = "Runs a program and prints the value that it returns, as JSON.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RunCommand implements Callable<Integer> {
  @Mixin ProgramCall called = new ProgramCall();

  @Mixin ModelOptions model = new ModelOptions();

  @Mixin HostOptions host = new HostOptions();

  @Option(names = "--json", description = "Print the result alone, as JSON on one line.")
  boolean json;

  @Option(
      names = "--stream",
      description =
          "Show the conversation while it is generated, also where standard output is no terminal.")
  boolean stream;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Write what happens when: programs, branches, requests, batches. Chrome (chrome://tracing) and Perfetto open it.")
  Optional<Path> trace = Optional.empty();

  @Option(names = "--explain", description = "Show how requests are put to the endpoint.")
  boolean explain;

  @Option(
      names = {"-q", "--quiet"},
      description = "Show nothing but the result.")
  boolean quiet;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Compiler.Result compiled = called.compile(err);
    Program program = compiled.program().orElseThrow();
    Map<String, Object> values = called.arguments(program);
    Terminal terminal = Terminal.detect();
    boolean live = (stream || terminal.out()) && !quiet && !json;
    LiveText text =
        new LiveText(program.entry().orElseThrow().name(), out, err, live, terminal.colors());
    boolean progress = terminal.err() && !quiet;
    ReachedStatements reached = new ReachedStatements();
    try (Host given = host.open(List.of(program), err, progress);
        Interruption _ = new Interruption(() -> reached.show(compiled.texts()), err)) {
      RunListener both = RunListener.both(text, reached);
      print(
          run(program, values, progress, given.run(called.file(), program).withListener(both)),
          out);
      return ExitCode.OK;
    } catch (RunException e) {
      err.println(Failure.show(e, compiled.texts()));
      return ExitCode.of(e);
    }
  }

  private Object run(
      Program program, Map<String, Object> values, boolean progress, RunOptions options) {
    PrintWriter err = spec.commandLine().getErr();
    if (trace.isEmpty()) {
      try (Backend backend = model.open(err, progress)) {
        return run(program, values, backend, options);
      }
    }
    try (TraceFile file = new TraceFile(trace.get());
        Backend backend = model.open(err, progress)) {
      if (backend instanceof LocalBackend local) {
        local.listen(file);
      }
      RunListener both = RunListener.both(options.listener(), file);
      return run(program, values, backend, options.withListener(both));
    }
  }

  private Object run(
      Program program, Map<String, Object> values, Backend backend, RunOptions options) {
    if (!(backend instanceof RemoteBackend remote)) {
      return Interpreter.run(program, values, backend, options);
    }
    PrintWriter err = spec.commandLine().getErr();
    Backend asked = explain ? new Explained(remote, err) : remote;
    try {
      return Interpreter.run(program, values, asked, options);
    } finally {
      if (!quiet && remote.spent().requests() > 0) {
        err.println(remote.spent().words());
      }
    }
  }

  private void print(Object value, PrintWriter out) {
    if (json) {
      out.println(Values.json(value));
    } else if (value != Values.NONE) {
      out.println(Values.pretty(value));
    }
    if (out.checkError()) { // it flushes first
      throw new UsageException("the result could not be written to standard output");
    }
  }
}
