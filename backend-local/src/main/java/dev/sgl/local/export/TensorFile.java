package dev.sgl.local.export;

import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/// A file of tensors whose places are known before its first byte is written. Rows are made by all
/// threads, some at a time, and go to their places in any order; so memory is needed for some rows
/// of each thread, and not for a tensor.
///
/// @param header the bytes before the tensors
/// @param places the first byte of each tensor in the file, by its name
/// @param size bytes of the file
record TensorFile(byte[] header, List<RowSource> sources, Map<String, Long> places, long size) {
  /// Bytes of the rows that a thread makes at a time.
  private static final long PIECE = 1 << 20;

  /// Writes the file.
  ///
  /// @param written is called after each piece with its bytes, by one thread at a time
  /// @throws IOException if the file exists, or cannot be written
  void write(Path path, LongConsumer written) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      put(channel, ByteBuffer.wrap(header), 0);
      Object lock = new Object();
      for (RowSource source : sources) {
        long rowBytes = source.bytes() / source.rows();
        int rows = Math.clamp(PIECE / rowBytes, 1, source.rows());
        IntStream.range(0, (source.rows() + rows - 1) / rows)
            .parallel()
            .forEach(
                piece -> {
                  int first = piece * rows;
                  int count = Math.min(rows, source.rows() - first);
                  putRows(channel, source, first, count);
                  synchronized (lock) {
                    written.accept(count * rowBytes);
                  }
                });
      }
      if (channel.size() < size) { // the padding behind the last tensor
        put(channel, ByteBuffer.allocate(1), size - 1);
      }
      channel.force(true);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void putRows(FileChannel channel, RowSource source, int first, int count) {
    List<ByteBuffer> buffers =
        source.tensors().stream()
            .map(tensor -> ByteBuffer.allocate(Math.toIntExact(count * tensor.rowBytes())))
            .map(buffer -> buffer.order(ByteOrder.LITTLE_ENDIAN))
            .toList();
    try {
      for (int row = first; row < first + count; row++) {
        source.write(row, buffers);
      }
    } catch (ModelException e) {
      throw new ModelException(source.tensors().getFirst().name() + ": " + e.getMessage(), e);
    }
    try {
      for (int i = 0; i < buffers.size(); i++) {
        StoredTensor tensor = source.tensors().get(i);
        long at = place(tensor) + first * tensor.rowBytes();
        put(channel, buffers.get(i).flip(), at);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long place(StoredTensor tensor) {
    return Objects.requireNonNull(places.get(tensor.name()), tensor.name());
  }

  private static void put(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
    long place = at;
    while (bytes.hasRemaining()) {
      place += channel.write(bytes, place);
    }
  }
}
