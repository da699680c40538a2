package dev.sgl.backend;

import dev.sgl.program.Step;
import java.util.List;

/// The port: everything that a program needs of a model. May be called by many threads at once.
public interface Backend extends AutoCloseable {

  /// The name of the model.
  String model();

  /// Starts a generation.
  ///
  /// @throws BackendException if it cannot be started
  Generation generate(Request request);

  /// Scores the choices as continuations of the prompt; `choices` is not empty.
  ///
  /// @throws BackendException if they cannot be scored
  Selection select(Prompt prompt, List<String> choices, Step.Method method);

  @Override
  void close();
}
