package dev.sgl.constraint.match;

/// Where characters end in UTF-8.
final class Utf8 {
  private Utf8() {}

  /// How many of `bytes` are whole characters, from the first on.
  static int whole(byte[] bytes) {
    int lead = bytes.length - 1;
    while (lead >= 0 && (bytes[lead] & 0xc0) == 0x80) {
      lead--;
    }
    if (lead < 0) {
      return 0;
    }
    int value = bytes[lead] & 0xff;
    int length = value < 0x80 ? 1 : value < 0xe0 ? 2 : value < 0xf0 ? 3 : 4;
    return lead + length <= bytes.length ? bytes.length : lead;
  }
}
