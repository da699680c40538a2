package dev.sgl.local.export;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.family.Families;
import dev.sgl.local.family.Purpose;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Rounding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/// Writes a model folder again, with quantized weights.
public final class Export {
  private Export() {}

  /// Called while a model is written, by one thread at a time.
  @FunctionalInterface
  public interface Progress {
    /// `done` of `total` bytes are written.
    void written(long done, long total);
  }

  /// A model that was written.
  ///
  /// @param bytes of its tensors and their headers
  /// @param before bytes of the tensors of the original
  /// @param quantized matrices that were quantized
  /// @param plain matrices that kept their numbers
  public record Written(long bytes, long before, int quantized, int plain) {}

  /// The formats of a file or folder by its name, the usual one first.
  public static List<Rounding> formats(Path out) {
    return Gguf.isNamed(out)
        ? List.of(Rounding.Q8_0, Rounding.Q4_0)
        : List.of(Rounding.INT4, Rounding.Q8_0, Rounding.FP8);
  }

  /// Something in a folder that belongs to no model; empty if the folder holds a model and nothing
  /// else.
  ///
  /// @throws IOException if the folder cannot be read
  public static Optional<Path> foreign(Path folder) throws IOException {
    return FolderExport.foreign(folder);
  }

  /// Writes the model of a folder to a file, if its name ends with `.gguf`, or else to a folder. It
  /// gets its name when it is whole.
  ///
  /// @param format one of [#formats]
  /// @param replaces whether it may take the place of an older file or folder
  /// @throws ModelException if the model cannot be read, is quantized already, or has no form in
  ///     the files
  /// @throws IOException if something cannot be written
  public static Written write(
      Path model, Path out, Rounding format, boolean replaces, Progress progress)
      throws IOException {
    if (!formats(out).contains(format)) {
      throw new IllegalArgumentException(format + " is no format of " + out);
    }
    try (Checkpoint checkpoint = Checkpoint.open(model);
        Staging staging = new Staging(out)) {
      requirePlain(checkpoint);
      Plan plan =
          Gguf.isNamed(out)
              ? new GgufExport(checkpoint, format)
              : new FolderExport(checkpoint, format, FolderExport.SHARD_BYTES);
      requireRoom(out, plan.bytes());
      plan.write(staging.path(), new Counter(plan.bytes(), progress));
      staging.finish(replaces);
      Plan.Matrices matrices = plan.matrices();
      return new Written(plan.bytes(), checkpoint.bytes(), matrices.quantized(), matrices.plain());
    }
  }

  /// Sums bytes up.
  private static final class Counter implements LongConsumer {
    private final long total;
    private final Progress progress;
    private long done;

    Counter(long total, Progress progress) {
      this.total = total;
      this.progress = progress;
    }

    @Override
    public void accept(long bytes) {
      done += bytes;
      progress.written(done, total);
    }
  }

  private static void requirePlain(Checkpoint checkpoint) {
    if (checkpoint.gguf().isPresent()) {
      throw new ModelException(
          checkpoint.folder()
              + " is a GGUF file; name the model folder, in 16 or 32 bits, that it was made of");
    }
    JsonNode config = checkpoint.json("config.json");
    if (Families.purpose(config) != Purpose.TEXT) {
      throw new ModelException(
          checkpoint.folder() + " generates no text; only models that do can be written");
    }
    if (config.hasNonNull("quantization_config")) {
      throw new ModelException(
          checkpoint.folder() + " is quantized already; name the same model in 16 or 32 bits");
    }
  }

  private static void requireRoom(Path out, long bytes) throws IOException {
    long room = Files.getFileStore(out.toAbsolutePath().getParent()).getUsableSpace();
    if (room < bytes) {
      throw new IOException(
          "it needs %,d MB, and %,d MB of the disk are free"
              .formatted(bytes / 1_000_000, room / 1_000_000));
    }
  }
}
