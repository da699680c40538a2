package dev.sgl.local.kernel.gpu;

import java.util.Arrays;

/// Integers that grow in number.
final class Ints {
  private int[] values = new int[64];
  private int size;

  /// Appends integers and returns the place of the first.
  int add(int... more) {
    if (size + more.length > values.length) {
      values = Arrays.copyOf(values, Math.max(2 * values.length, size + more.length));
    }
    System.arraycopy(more, 0, values, size, more.length);
    size += more.length;
    return size - more.length;
  }

  /// Appends the bits of numbers and returns the place of the first.
  int add(float[] more) {
    int first = size;
    for (float number : more) {
      add(Float.floatToRawIntBits(number));
    }
    return first;
  }

  /// Appends a set of bits, the lower half of each word first.
  int add(long[] bits) {
    int[] halves = new int[2 * bits.length];
    for (int i = 0; i < bits.length; i++) {
      halves[2 * i] = (int) bits[i];
      halves[2 * i + 1] = (int) (bits[i] >>> 32);
    }
    return add(halves);
  }

  /// Appends zeros until the size is a multiple of `count`.
  void align(int count) {
    while (size % count != 0) {
      add(0);
    }
  }

  void set(int place, int[] more) {
    System.arraycopy(more, 0, values, place, more.length);
  }

  int size() {
    return size;
  }

  int[] array() {
    return Arrays.copyOf(values, size);
  }
}
