package dev.sgl.local.checkpoint;

import dev.sgl.local.weights.ModelException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The bytes of the tensors of a file, which no two tensors share.
final class Ranges {
  private final Path file;
  private final List<Range> ranges = new ArrayList<>();

  /// The addresses of a tensor's bytes.
  private record Range(String name, long begin, long end) {}

  Ranges(Path file) {
    this.file = file;
  }

  /// @param data the bytes of the tensor, in the mapped file
  void add(String name, MemorySegment data) {
    if (data.byteSize() > 0) {
      ranges.add(new Range(name, data.address(), data.address() + data.byteSize()));
    }
  }

  /// @throws ModelException if two tensors overlap
  void requireApart() {
    ranges.sort(Comparator.comparingLong(Range::begin));
    for (int i = 1; i < ranges.size(); i++) {
      if (ranges.get(i).begin() < ranges.get(i - 1).end()) {
        throw new ModelException(
            "%s: the tensors %s and %s overlap"
                .formatted(file, ranges.get(i - 1).name(), ranges.get(i).name()));
      }
    }
  }
}
