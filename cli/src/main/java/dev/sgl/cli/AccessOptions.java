package dev.sgl.cli;

import dev.sgl.interpreter.Pictures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// What a program may touch besides its arguments and the files below its own folder.
final class AccessOptions {
  @Option(
      names = "--allow-read",
      paramLabel = "DIR",
      description = "Let the program show pictures of this folder, too.")
  List<Path> folders = List.of();

  @Option(
      names = "--allow-net",
      paramLabel = "HOST",
      description = "Let the program name pictures of this host.")
  List<String> hosts = List.of();

  /// The pictures that the program of `file` may show.
  Pictures pictures(Path file) {
    List<Path> all = new ArrayList<>();
    all.add(Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/")));
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new UsageException("--allow-read: there is no folder " + folder);
      }
      all.add(folder.toAbsolutePath());
    }
    return new Pictures(all, new HashSet<>(hosts));
  }
}
