package dev.sgl.local.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.testing.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Copies of the small models, with changed files.
public final class ModelCopy {
  private static final Path MODELS =
      Path.of(System.getProperty("sgl.models", "src/test/resources/models"));

  private ModelCopy() {}

  /// Copies a model to a new folder.
  ///
  /// @param change of its `config.json`
  public static Path of(String model, Path folder, Consumer<ObjectNode> change) throws IOException {
    Files.createDirectory(folder);
    List<Path> files;
    try (Stream<Path> all = Files.list(MODELS.resolve(model))) {
      files = all.toList();
    }
    for (Path file : files) {
      Files.copy(file, folder.resolve(file.getFileName()));
    }
    change(folder.resolve("config.json"), change);
    return folder;
  }

  /// Changes a JSON file.
  public static void change(Path file, Consumer<ObjectNode> change) throws IOException {
    ObjectNode json = (ObjectNode) Json.read(file);
    change.accept(json);
    Files.writeString(file, json.toString());
  }

  /// The same without changes.
  public static Path of(String model, Path folder) throws IOException {
    return of(model, folder, _ -> {});
  }

  /// A copy whose parts all have a form in GGUF files: no window, and no biases of convolutions.
  public static Path forGguf(String model, Path folder) throws IOException {
    return of(
        model,
        folder,
        config -> {
          config.remove("sliding_window");
          config.replace("conv_bias", config.booleanNode(false));
          if (!model.equals("lfm2")) {
            config.remove("conv_bias");
          }
        });
  }
}
