package dev.sgl.local.checkpoint;

import dev.sgl.local.weights.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The bytes of the tensors of a file, which no two tensors share.
final class Ranges {
  private final Path file;
  private final List<Range> ranges = new ArrayList<>();

  private record Range(String name, long begin, long end) {}

  Ranges(Path file) {
    this.file = file;
  }

  void add(String name, long begin, long bytes) {
    if (bytes > 0) {
      ranges.add(new Range(name, begin, begin + bytes));
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
