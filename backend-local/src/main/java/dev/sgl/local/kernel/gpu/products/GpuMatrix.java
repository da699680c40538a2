package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.Storage;
import java.util.List;

/// A weight on the GPU, `[rows, columns]`, in parts one below the other.
record GpuMatrix(List<Part> parts, int rows, int columns, List<Storage> storage) implements Matrix {

  /// Rows that lie in one way.
  sealed interface Part {
    int rows();

    int columns();

    /// How some of the rows are held.
    Storage storage(int rows);
  }

  /// Numbers of 16 bits.
  record Plain(DType type, Memory memory, int rows, int columns) implements Part {
    @Override
    public Storage storage(int rows) {
      return Storage.plain(type, (long) rows * columns * type.bytes());
    }
  }

  /// Codes and scales, as `codes.cuh` says.
  ///
  /// @param factor by which all scales are to be multiplied
  record Codes(Memory codes, Memory scales, float factor) {}

  /// A matrix of codes.
  record Coded(CodeLayout layout, Codes codes, int rows, int columns) implements Part {
    @Override
    public Storage storage(int rows) {
      long bytes = codes.codes().bytes() + codes.scales().bytes();
      return Storage.codes(layout.kind().bits(), bytes * rows / this.rows);
    }

    /// Blocks of columns.
    int blocks() {
      return CodeLayout.blocks(columns);
    }
  }
}
