package dev.sgl.local.weights;

import java.util.Locale;

/// How a device holds the numbers of a weight.
///
/// @param form the type of plain numbers, or the size of codes
/// @param bits of a number or code
/// @param bytes of the device's memory; 0 if the weight stays in the file that it is mapped from
public record Storage(String form, int bits, long bytes) {

  /// Plain numbers.
  public static Storage plain(DType type, long bytes) {
    return new Storage(type.name().toLowerCase(Locale.ROOT), 8 * type.bytes(), bytes);
  }

  /// Codes, with their scales.
  public static Storage codes(int bits, long bytes) {
    return new Storage(bits + " bits", bits, bytes);
  }

  /// The mapped file.
  public static Storage mapped(Weight weight) {
    return new Storage(weight.encoding().format(), weight.encoding().bits(), 0);
  }
}
