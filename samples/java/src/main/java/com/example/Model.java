package com.example;

import dev.sgl.backend.Backend;
import dev.sgl.local.engine.LocalBackend;
import dev.sgl.local.engine.LocalOptions;
import dev.sgl.local.engine.Progress;
import java.nio.file.Path;

/// The model that the samples talk to.
final class Model {
  private Model() {}

  /// The model of the folder that `SGL_MODEL` names, or the demo model.
  static Backend open() {
    String folder = System.getenv().getOrDefault("SGL_MODEL", "../model/demo");
    return LocalBackend.open(Path.of(folder), LocalOptions.DEFAULT, Progress.SILENT);
  }
}
