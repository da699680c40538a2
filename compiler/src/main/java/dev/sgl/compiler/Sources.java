package dev.sgl.compiler;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/// The files that a program may read while it is compiled: modules, schemas and grammars beside it.
public interface Sources {
  /// Larger files are not read.
  long MAX_BYTES = 16L << 20;

  /// No files.
  Sources NONE =
      (_, path) -> {
        throw new IOException("a program without a file of its own cannot read `" + path + "`");
      };

  /// Files of `folder` and of the folders in it; links that lead out of it do not count.
  static Sources below(Path folder) {
    return (from, path) -> {
      Path beside = Optional.ofNullable(Path.of(from).getParent()).orElse(Path.of(""));
      Path file = readable(folder, beside, path);
      return new Source(file.toString(), content(file));
    };
  }

  /// A text, and the name of the file that holds it.
  record Source(String file, String text) {}

  /// Reads a file that the file `from` names `path`.
  ///
  /// @throws IOException if it may not be read, or cannot be; the message is for the user
  Source read(String from, String path) throws IOException;

  /// The file that `path` names from the folder `beside`, which must be below `folder`.
  private static Path readable(Path folder, Path beside, String path) throws IOException {
    try {
      Path file = beside.resolve(path).normalize();
      if (!file.toRealPath().startsWith(folder.toRealPath())) {
        throw new IOException("`" + path + "` is not below the program's own folder");
      }
      return file;
    } catch (NoSuchFileException e) {
      throw new IOException("there is no file `" + path + "`", e);
    } catch (InvalidPathException e) {
      throw new IOException("`" + path + "` is no path", e);
    }
  }

  private static String content(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("`" + file.getFileName() + "` is no file");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException("`" + file.getFileName() + "` is larger than 16 MiB");
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new IOException("`" + file.getFileName() + "` is not a text in UTF-8", e);
    }
  }
}
