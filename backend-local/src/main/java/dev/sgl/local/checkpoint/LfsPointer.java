package dev.sgl.local.checkpoint;

import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// What Git leaves in the place of a large file that it did not fetch.
public final class LfsPointer {
  private static final String FIRST = "version https://git-lfs.github.com/spec/";

  private LfsPointer() {}

  /// @throws ModelException if a file is only such a pointer
  public static void refuse(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      String beginning = new String(in.readNBytes(FIRST.length()), StandardCharsets.ISO_8859_1);
      if (beginning.equals(FIRST)) {
        throw new ModelException(
            file + " is only a pointer of Git LFS; fetch the file itself with `git lfs pull`");
      }
    }
  }
}
