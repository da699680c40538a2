package dev.sgl.server.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A value read from files, and read again when one of them changes. Where they cannot be read,
/// such as in the midst of being written, the value before is good still. Thread-safe.
public final class Fresh<T> {
  private static final long LOOK_AGAIN = TimeUnit.SECONDS.toNanos(1);

  private final List<Path> files;
  private final Reader<T> reader;
  private T value;
  private List<FileTime> times;
  private long looked = System.nanoTime();

  /// Reads the files.
  @FunctionalInterface
  public interface Reader<T> {
    /// @throws IOException if one cannot be read, or says what cannot be
    T read() throws IOException;
  }

  /// @throws IOException if the files cannot be read
  public Fresh(List<Path> files, Reader<T> reader) throws IOException {
    this.files = List.copyOf(files);
    this.reader = reader;
    times = times();
    value = reader.read();
  }

  private List<FileTime> times() throws IOException {
    List<FileTime> found = new ArrayList<>();
    for (Path file : files) {
      if (!Files.isRegularFile(file)) { // reading a pipe could wait for ever
        throw new IOException(file + " is no regular file");
      }
      found.add(Files.getLastModifiedTime(file));
    }
    return found;
  }

  /// The value of the files as they were at most a second ago.
  public synchronized T get() {
    long now = System.nanoTime();
    if (now - looked > LOOK_AGAIN) {
      looked = now;
      try {
        List<FileTime> found = times();
        if (!found.equals(times)) {
          value = reader.read();
          times = found;
        }
      } catch (IOException e) {
        System.getLogger(Fresh.class.getName())
            .log(System.Logger.Level.WARNING, "{0} changed and is not used: {1}", files, e);
      }
    }
    return value;
  }
}
