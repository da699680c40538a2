package dev.sgl.local.weights;

import java.util.List;

/// The codes, scales and minimums of the blocks of GGUF files: a method for each type. Scales are
/// multiplied in the order of the `gguf` package, so that the bits of the weights are the same.
///
/// Bytes are named after their offset in the block. Small blocks hold 32 numbers: byte `i` of their
/// quants has number `i` in its low half and number `i + 16` in its high half. Large blocks hold
/// 256.
final class GgmlBlocks {
  private static final int SMALL = 32;
  private static final int LARGE = 256;

  /// The numbers that 4 bits of IQ4_NL and IQ4_XS choose from.
  static final List<Integer> NON_LINEAR =
      List.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

  /// Twice the numbers of 4 bits of MXFP4: a sign, two bits of exponent, one of fraction.
  static final List<Integer> MX_DOUBLED =
      List.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

  private GgmlBlocks() {}

  /// Decodes one block.
  @FunctionalInterface
  interface Decoder {
    /// @param at the block's first byte
    /// @param to where its first code goes
    void decode(byte[] data, int at, Quantization.Row out, int to);
  }

  private static int u8(byte[] data, int at) {
    return data[at] & 0xff;
  }

  private static int u16(byte[] data, int at) {
    return u8(data, at) | u8(data, at + 1) << 8;
  }

  private static float f16(byte[] data, int at) {
    return Float.float16ToFloat((short) u16(data, at));
  }

  /// Codes from the low halves of some bytes, and from the high ones `apart` codes behind them.
  private static void halves(byte[] data, int from, int count, byte[] codes, int to, int apart) {
    for (int i = 0; i < count; i++) {
      codes[to + i] = (byte) (data[from + i] & 15);
    }
    for (int i = 0; i < count; i++) {
      codes[to + apart + i] = (byte) (data[from + i] >> 4 & 15);
    }
  }

  /// Adds some bits of bytes to codes: those from `shift` on that are in `mask`, at `place`.
  private static void add(
      byte[] data, int from, int count, int shift, int mask, int place, byte[] codes, int to) {
    for (int i = 0; i < count; i++) {
      codes[to + i] |= (byte) ((data[from + i] >> shift & mask) << place);
    }
  }

  // --- small blocks

  static void q4_0(byte[] data, int at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    halves(data, at + 2, 16, out.codes(), to, 16);
  }

  static void q4_1(byte[] data, int at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    out.minimums()[to / SMALL] = f16(data, at + 2);
    halves(data, at + 4, 16, out.codes(), to, 16);
  }

  static void q5_0(byte[] data, int at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    fiveBits(data, at + 2, out.codes(), to);
  }

  static void q5_1(byte[] data, int at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    out.minimums()[to / SMALL] = f16(data, at + 2);
    fiveBits(data, at + 4, out.codes(), to);
  }

  /// A word of fifth bits, then the others.
  private static void fiveBits(byte[] data, int at, byte[] codes, int to) {
    halves(data, at + 4, 16, codes, to, 16);
    int high = u16(data, at) | u16(data, at + 2) << 16;
    for (int i = 0; i < SMALL; i++) {
      codes[to + i] |= (byte) ((high >> i & 1) << 4);
    }
  }

  static void q8_0(byte[] data, int at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    byte[] codes = out.codes();
    for (int i = 0; i < SMALL; i++) {
      codes[to + i] = (byte) (data[at + 2 + i] ^ 0x80);
    }
  }

  static void mxfp4(byte[] data, int at, Quantization.Row out, int to) {
    int exponent = u8(data, at);
    // half the power of two, because the table is doubled; below the normal numbers by hand
    out.scales()[to / SMALL] =
        Float.intBitsToFloat(exponent < 2 ? 0x0020_0000 << exponent : exponent - 1 << 23);
    halves(data, at + 1, 16, out.codes(), to, 16);
  }

  // --- large blocks

  /// 16 bytes of scales (low half) and minimums (high half), 64 of quants, scale, scale of
  /// minimums.
  static void q2k(byte[] data, int at, Quantization.Row out, int to) {
    float d = f16(data, at + 80);
    float dMin = f16(data, at + 82);
    for (int group = 0; group < 16; group++) {
      int scales = u8(data, at + group);
      out.scales()[to / 16 + group] = d * (scales & 15);
      out.minimums()[to / 16 + group] = -(dMin * (scales >> 4));
    }
    twoBits(data, at + 16, out.codes(), to);
  }

  /// Codes of two bits: of 128 numbers, 32 bytes have the four quarters in rising bits.
  private static void twoBits(byte[] data, int from, byte[] codes, int to) {
    for (int part = 0; part < LARGE / 32; part++) {
      int bytes = from + part / 4 * 32;
      for (int i = 0; i < 32; i++) {
        codes[to + part * 32 + i] = (byte) (data[bytes + i] >> part % 4 * 2 & 3);
      }
    }
  }

  /// 32 bytes of third bits, 64 of quants, 12 of scales, scale.
  static void q3k(byte[] data, int at, Quantization.Row out, int to) {
    float d = f16(data, at + 108);
    for (int group = 0; group < 16; group++) {
      int low = u8(data, at + 96 + group % 8) >> group / 8 * 4 & 15;
      int high = u8(data, at + 104 + group % 4) >> group / 4 * 2 & 3;
      out.scales()[to / 16 + group] = d * ((low | high << 4) - 32);
    }
    twoBits(data, at + 32, out.codes(), to);
    for (int part = 0; part < LARGE / 32; part++) {
      add(data, at, 32, part, 1, 2, out.codes(), to + part * 32);
    }
  }

  /// The scales and minimums of eight groups of 32 numbers: of Q4_K and Q5_K, which begin with a
  /// scale, the scale of minimums, and 12 bytes of both.
  private static void scales(byte[] data, int at, Quantization.Row out, int to) {
    float d = f16(data, at);
    float dMin = f16(data, at + 2);
    for (int group = 0; group < LARGE / SMALL; group++) {
      out.scales()[to / SMALL + group] = d * scale(data, at + 4, group);
      out.minimums()[to / SMALL + group] = -(dMin * min(data, at + 4, group));
    }
  }

  private static int scale(byte[] data, int scales, int group) {
    return group < 4
        ? u8(data, scales + group) & 63
        : u8(data, scales + 4 + group) & 15 | u8(data, scales + group - 4) >> 6 << 4;
  }

  private static int min(byte[] data, int scales, int group) {
    return group < 4
        ? u8(data, scales + 4 + group) & 63
        : u8(data, scales + 4 + group) >> 4 | u8(data, scales + group) >> 6 << 4;
  }

  /// Scales, then 128 bytes of quants: 32 have a group in their low halves and the next in their
  /// high halves.
  static void q4k(byte[] data, int at, Quantization.Row out, int to) {
    scales(data, at, out, to);
    for (int pair = 0; pair < 4; pair++) {
      halves(data, at + 16 + pair * 32, 32, out.codes(), to + pair * 64, 32);
    }
  }

  /// As Q4_K, with 32 bytes of fifth bits before the quants: bit `g` of each belongs to group `g`.
  static void q5k(byte[] data, int at, Quantization.Row out, int to) {
    scales(data, at, out, to);
    for (int pair = 0; pair < 4; pair++) {
      halves(data, at + 48 + pair * 32, 32, out.codes(), to + pair * 64, 32);
    }
    for (int group = 0; group < 8; group++) {
      add(data, at + 16, 32, group, 1, 4, out.codes(), to + group * 32);
    }
  }

  /// 128 bytes of low halves, 64 of two high bits, 16 scales, scale. Of 128 numbers, 64 bytes have
  /// the first half in their low halves.
  static void q6k(byte[] data, int at, Quantization.Row out, int to) {
    float d = f16(data, at + 208);
    for (int group = 0; group < 16; group++) {
      out.scales()[to / 16 + group] = d * data[at + 192 + group];
    }
    halves(data, at, 64, out.codes(), to, 64);
    halves(data, at + 64, 64, out.codes(), to + 128, 64);
    for (int part = 0; part < LARGE / 32; part++) {
      int bytes = at + 128 + part / 4 * 32;
      add(data, bytes, 32, part % 4 * 2, 3, 4, out.codes(), to + part * 32);
    }
  }

  /// Scale, 2 bytes of high bits of scales, 4 of low ones, 128 of quants: 16 bytes a group.
  static void iq4xs(byte[] data, int at, Quantization.Row out, int to) {
    float d = f16(data, at);
    int high = u16(data, at + 2);
    for (int group = 0; group < LARGE / SMALL; group++) {
      int low = u8(data, at + 4 + group / 2) >> group % 2 * 4 & 15;
      out.scales()[to / SMALL + group] = d * ((low | (high >> 2 * group & 3) << 4) - 32);
      halves(data, at + 8 + group * 16, 16, out.codes(), to + group * SMALL, 16);
    }
  }
}
