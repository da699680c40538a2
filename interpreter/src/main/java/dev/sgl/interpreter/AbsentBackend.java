package dev.sgl.interpreter;

import dev.sgl.backend.Backend;
import dev.sgl.backend.Generation;
import dev.sgl.backend.Question;
import dev.sgl.backend.Request;
import dev.sgl.backend.Selection;
import dev.sgl.backend.UnavailableException;

/// No model: every request is refused with an error that no `retry` of a program handles.
final class AbsentBackend implements Backend {
  @Override
  public String model() {
    return "none";
  }

  @Override
  public Generation generate(Request request) {
    throw new UnavailableException("there is no model");
  }

  @Override
  public Selection select(Question question) {
    throw new UnavailableException("there is no model");
  }

  @Override
  public void close() {}
}
