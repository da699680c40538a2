package dev.sgl.local.weights;

/// Weights whose numbers are codes. Kernels may keep the codes; others read the numbers.
public interface Quantized {
  /// The meaning of the codes.
  Quantization scheme();

  /// Reads the codes, scales and minimums of the first `columns` columns of a row.
  ///
  /// @throws ModelException if a block of numbers does not end there
  void read(int row, int columns, Quantization.Row out);
}
