package dev.sgl.cli.options;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Finds the folder of a model.
public final class ModelFolder {
  private ModelFolder() {}

  /// The folder that is named, or that `SGL_MODEL` names, or that of the demo model.
  ///
  /// @throws UsageException if there is none
  public static Path find(Optional<String> model) {
    Optional<String> named = model.or(() -> Optional.ofNullable(System.getenv("SGL_MODEL")));
    if (named.isPresent()) {
      Path folder = Path.of(named.get());
      if (!Files.isDirectory(folder)) {
        throw new UsageException("there is no model folder " + folder);
      }
      return folder;
    }
    Path demo = Path.of(System.getProperty("sgl.home", ".")).resolve("samples/model/demo");
    if (!Files.isDirectory(demo)) {
      throw new UsageException(
          "the demo model is not beside the program; name a model folder with --model");
    }
    return demo;
  }
}
