package dev.sgl.backend;

/// The port: everything that a program needs of a model. May be called by many threads at once.
public interface Backend extends AutoCloseable {

  /// The name of the model.
  String model();

  /// Starts a generation.
  ///
  /// @throws BackendException if it cannot be started
  Generation generate(Request request);

  /// Scores the choices as continuations of the prompt.
  ///
  /// @throws BackendException if they cannot be scored
  Selection select(Question question);

  /// Keeps the computed states of `prompt` until the pin is closed, because several requests
  /// will go on from there. It computes nothing by itself.
  ///
  /// @throws BackendException if there can be no such prompt
  default Pin pin(Prompt prompt, Scheduling scheduling) {
    return Pin.NONE;
  }

  @Override
  void close();
}
