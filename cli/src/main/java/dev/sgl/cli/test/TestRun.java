package dev.sgl.cli.test;

import dev.sgl.backend.Backend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.backend.recording.RecordedBackend;
import dev.sgl.backend.recording.Recording;
import dev.sgl.backend.recording.RecordingBackend;
import dev.sgl.cli.options.Failure;
import dev.sgl.cli.options.Host;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.program.Program;
import dev.sgl.program.TestCase;
import dev.sgl.run.RunException;
import dev.sgl.run.RunOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A test of a file, to be run.
record TestRun(Path file, Compiler.Result compiled, TestCase test, Recordings recorded) {
  private static final long RECORDING_SEED = 0;

  /// Who answers.
  enum Source {
    SCRIPT,
    RECORDING,
    MODEL,
    /// The model, whose replies are recorded.
    RECORDED_MODEL;

    boolean asksAModel() {
      return this == MODEL || this == RECORDED_MODEL;
    }
  }

  boolean isRecorded() {
    return recorded.find(test.name()).isPresent();
  }

  /// A script is read in the order of the program; a recording is asked with the same seeds as the
  /// model that was recorded.
  private static RunOptions options(Source source, RunOptions given) {
    return switch (source) {
      case SCRIPT -> given.withSequential(true);
      case RECORDING, RECORDED_MODEL ->
          given.withSeed(OptionalLong.of(given.seed().orElse(RECORDING_SEED)));
      case MODEL -> given;
    };
  }

  private static Optional<String> leftOver(Backend backend) {
    return backend instanceof ScriptedBackend script && script.left() > 0
        ? Optional.of(
            script.left() == 1
                ? "a reply of `given model` was not asked for"
                : script.left() + " replies of `given model` were not asked for")
        : Optional.empty();
  }

  /// Runs the test.
  ///
  /// @param model is asked if nobody else is
  TestResult run(Source source, Backend model, Host host) {
    long start = System.nanoTime();
    Optional<String> failure = Optional.empty();
    Recording recording = new Recording(List.of());
    try {
      Program program = compiled.program().orElseThrow();
      Backend backend =
          switch (source) {
            case SCRIPT -> new ScriptedBackend(Interpreter.replies(program, test));
            case RECORDING -> new RecordedBackend(recorded.find(test.name()).orElseThrow());
            case MODEL -> model;
            case RECORDED_MODEL -> new RecordingBackend(model, recording);
          };
      Interpreter.test(program, test, backend, options(source, host.run(file, program)));
      failure = leftOver(backend);
    } catch (RunException e) {
      failure = Optional.of(Failure.show(e, compiled.texts()));
    } catch (RuntimeException | StackOverflowError e) {
      failure = Optional.of("the test could not be run: " + e);
    }
    if (source == Source.RECORDED_MODEL) {
      recorded.put(test.name(), recording);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new TestResult(file.toString(), test.name(), seconds, failure);
  }
}
