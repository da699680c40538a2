package dev.sgl.local.model;

import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
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

  /// The names of those that run on a GPU.
  public static List<String> namesOnGpu() throws IOException {
    Set<String> architectures =
        Families.supported().stream()
            .filter(Families.Supported::runsOnGpu)
            .map(Families.Supported::name)
            .collect(Collectors.toSet());
    return names().stream().filter(name -> architectures.contains(architecture(name))).toList();
  }

  private static String architecture(String name) {
    try (Checkpoint checkpoint = Checkpoint.open(folder(name))) {
      return checkpoint.json("config.json").path("architectures").path(0).asText();
    }
  }

  /// The folder of a model.
  public static Path folder(String name) {
    return FOLDER.resolve(name);
  }
}
