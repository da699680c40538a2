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

  /// A number in bf16, rounded to the nearest, ties to even.
  public static short bf16(float number) {
    int bits = Float.floatToRawIntBits(number);
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /// Bytes of one number.
  public int bytes() {
    return bytes;
  }

  /// The format by the name that safetensors files use.
  public static Optional<DType> of(String name) {
    return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
  }
}
