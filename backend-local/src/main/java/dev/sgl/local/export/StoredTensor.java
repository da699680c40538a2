package dev.sgl.local.export;

import java.util.List;

/// A tensor as it will lie in a file: rows of the same number of bytes.
///
/// @param type the name of its number format in such files
/// @param shape its dimensions, the slowest first
record StoredTensor(String name, String type, List<Integer> shape, int rows, long rowBytes) {
  StoredTensor {
    shape = List.copyOf(shape);
  }

  long bytes() {
    return rows * rowBytes;
  }
}
