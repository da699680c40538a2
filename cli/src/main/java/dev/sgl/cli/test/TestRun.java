package dev.sgl.cli.test;

import dev.sgl.backend.Backend;
import dev.sgl.backend.RecordedBackend;
import dev.sgl.backend.Recording;
import dev.sgl.backend.RecordingBackend;
import dev.sgl.backend.ScriptedBackend;
import dev.sgl.cli.options.Failure;
import dev.sgl.cli.options.Host;
import dev.sgl.compiler.Compiler;
import dev.sgl.interpreter.Interpreter;
import dev.sgl.program.Program;
import dev.sgl.program.TestCase;
import dev.sgl.run.RunException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A test of a file, to be run.
record TestRun(Path file, Compiler.Result compiled, TestCase test, Recordings recorded) {
  /// Who answers.
  enum Source {
    SCRIPT,
    RECORDING,
    MODEL,
    /// The model, and what it says is recorded.
    RECORDED_MODEL;

    boolean asksAModel() {
      return this == MODEL || this == RECORDED_MODEL;
    }
  }

  boolean isRecorded() {
    return recorded.find(test.name()).isPresent();
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
      Interpreter.test(program, test, backend, host.run(file, program));
    } catch (RunException e) {
      failure = Optional.of(Failure.show(e, compiled.texts()));
    }
    if (source == Source.RECORDED_MODEL) {
      recorded.put(test.name(), recording);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new TestResult(file.toString(), test.name(), seconds, failure);
  }
}
