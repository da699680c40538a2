package dev.sgl.local.tokens.bpe;

/// The characters that Java brings to normal form C in another way than the library `tokenizers`,
/// whose normalizer knows Unicode 9: marks that came later, and the scripts that came later and
/// have characters which are composed. Found by comparing both on all characters.
final class LaterMarks {
  /// The first and the last one of each range.
  private static final int[] RANGES = {
    0x7fd, 0x7fd, 0x897, 0x89f, 0x8ca, 0x8d3, 0x9fe, 0x9fe, 0xc3c, 0xc3c, 0xd3b, 0xd3c, 0xeba,
    0xeba, 0x1715, 0x1715, 0x1abf, 0x1ace, 0x1df6, 0x1dfa, 0xa82c, 0xa82c, 0x105c0, 0x105ff,
    0x10d24, 0x10d27, 0x10d69, 0x10d6d, 0x10eab, 0x10eac, 0x10efd, 0x10eff, 0x10f46, 0x10f50,
    0x10f82, 0x10f85, 0x11070, 0x11070, 0x1133b, 0x1133b, 0x11380, 0x113ff, 0x1145e, 0x1145e,
    0x11839, 0x1183a, 0x11900, 0x1195f, 0x119e0, 0x119e0, 0x11a34, 0x11a34, 0x11a47, 0x11a47,
    0x11a99, 0x11a99, 0x11d42, 0x11d42, 0x11d44, 0x11d45, 0x11d97, 0x11d97, 0x11f41, 0x11f42,
    0x16100, 0x1613f, 0x16d40, 0x16d7f, 0x16ff0, 0x16ff1, 0x1e08f, 0x1e08f, 0x1e130, 0x1e136,
    0x1e2ae, 0x1e2ae, 0x1e2ec, 0x1e2ef, 0x1e4ec, 0x1e4ef, 0x1e5ee, 0x1e5ef
  };

  private LaterMarks() {}

  /// Whether a character is one of these.
  static boolean has(int character) {
    int low = 0;
    int high = RANGES.length / 2;
    while (low < high) { // the first range that does not end before the character
      int middle = (low + high) / 2;
      if (RANGES[2 * middle + 1] < character) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < RANGES.length / 2 && RANGES[2 * low] <= character;
  }
}
