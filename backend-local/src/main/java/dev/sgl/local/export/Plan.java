package dev.sgl.local.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/// A model that is about to be written: its tensors, and the sizes and places of all of them.
interface Plan {
  /// Bytes of all tensors and headers.
  long bytes();

  /// The count of the matrices, by whether they are quantized.
  Matrices matrices();

  /// Writes the model.
  ///
  /// @param path of the file or folder, which does not exist
  /// @param written is called after each piece with its bytes, by one thread at a time
  /// @throws IOException if something cannot be written
  void write(Path path, LongConsumer written) throws IOException;

  /// Counts of matrices.
  ///
  /// @param plain that keep their numbers, because their columns are no groups of the format, or
  ///     because the format leaves them
  record Matrices(int quantized, int plain) {}
}
