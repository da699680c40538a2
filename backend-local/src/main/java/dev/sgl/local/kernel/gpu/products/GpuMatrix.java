package dev.sgl.local.kernel.gpu.products;

import dev.sgl.local.kernel.Matrix;
import dev.sgl.local.kernel.gpu.port.Gpu.Memory;
import java.util.List;

/// A weight on the GPU, `[rows, columns]`, in parts one below the other.
record GpuMatrix(List<Part> parts, int rows, int columns) implements Matrix {

  /// Rows that lie in one way.
  sealed interface Part {
    int rows();

    int columns();
  }

  /// Numbers of 16 bits.
  record Plain(Memory memory, int rows, int columns) implements Part {}

  /// Codes, as `codes.cuh` says.
  ///
  /// @param factor by which all scales are to be multiplied
  record Coded(CodeLayout layout, Memory codes, Memory scales, float factor, int rows, int columns)
      implements Part {

    /// Blocks of columns.
    int blocks() {
      return CodeLayout.blocks(columns);
    }
  }
}
