package dev.sgl.local.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The tiny models whose logits `transformers` recorded, one of each family at least.
public final class RecordedModels {
  private static final Path FOLDER = Path.of("src/test/resources/models");

  private RecordedModels() {}

  /// The names of all.
  public static List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(FOLDER)) {
      return all.filter(folder -> Files.exists(folder.resolve("expected.json")))
          .map(folder -> String.valueOf(folder.getFileName()))
          .sorted()
          .toList();
    }
  }

  /// The folder of a model.
  public static Path folder(String name) {
    return FOLDER.resolve(name);
  }
}
