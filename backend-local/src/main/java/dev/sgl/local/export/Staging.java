package dev.sgl.local.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A file or folder that is written under another name beside its own, and gets its own name when
/// it is whole. If that never happens, also after Ctrl-C, it is deleted.
final class Staging implements AutoCloseable {
  private final Path target;
  private final Path staged;
  private final Thread atEnd = new Thread(this::delete);

  /// @param target the file or folder, in a folder that exists
  Staging(Path target) {
    this.target = target;
    this.staged = beside(target, "part");
    Runtime.getRuntime().addShutdownHook(atEnd);
  }

  private static Path beside(Path target, String end) {
    String name = ".%s.%d.%s".formatted(target.getFileName(), ProcessHandle.current().pid(), end);
    return target.resolveSibling(name);
  }

  /// The path to write to; nothing exists there yet.
  Path path() {
    return staged;
  }

  /// Gives the file or folder its own name.
  ///
  /// @param replaces whether it takes the place of an older one
  /// @throws java.nio.file.FileAlreadyExistsException if there is an older one, and it does not
  void finish(boolean replaces) throws IOException {
    if (!replaces || !Files.exists(target)) {
      Files.move(staged, target);
    } else if (Files.isDirectory(target)) {
      Path old = beside(target, "old");
      Files.move(target, old);
      Files.move(staged, target);
      deleteAll(old);
    } else {
      Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  @Override
  public void close() {
    delete();
    try {
      Runtime.getRuntime().removeShutdownHook(atEnd);
    } catch (IllegalStateException e) {
      return; // the process ends
    }
  }

  private void delete() {
    try {
      deleteAll(staged);
    } catch (IOException e) {
      return; // a file that is left over does no harm: its name says that it is a part
    }
  }

  private static void deleteAll(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(path)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : deepestFirst) {
      Files.deleteIfExists(each);
    }
  }
}
