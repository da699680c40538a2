package dev.sgl.local.weights;

import java.util.Arrays;
import java.util.Optional;

/// The number format of a tensor.
public enum DType {
  F32(4),
  BF16(2),
  F16(2);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes of one number.
  public int bytes() {
    return bytes;
  }

  /// The format by the name that safetensors files use.
  static Optional<DType> of(String name) {
    return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
  }
}
