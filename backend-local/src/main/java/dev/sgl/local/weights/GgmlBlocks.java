package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/// The codes, scales and minimums of the blocks of GGUF files: a method for each type. Scales are
/// multiplied in the order of the `gguf` package, so that the bits of the weights are the same.
///
/// Bytes are named after their offset in the block. Small blocks hold 32 numbers: byte `i` of their
/// quants has number `i` in its low half and number `i + 16` in its high half. Large blocks hold
/// 256.
final class GgmlBlocks {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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
    void decode(MemorySegment data, long at, Quantization.Row out, int to);
  }

  private static int u8(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  private static int i8(MemorySegment data, long at) {
    return data.get(ValueLayout.JAVA_BYTE, at);
  }

  private static float f16(MemorySegment data, long at) {
    return Float.float16ToFloat(data.get(SHORT, at));
  }

  /// The 4 bits of number `i` of a small block.
  private static int nibble(MemorySegment data, long quants, int i) {
    return i < SMALL / 2 ? u8(data, quants + i) & 15 : u8(data, quants + i - SMALL / 2) >> 4;
  }

  // --- small blocks

  static void q4_0(MemorySegment data, long at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    nibbles(data, at + 2, out, to);
  }

  private static void nibbles(MemorySegment data, long quants, Quantization.Row out, int to) {
    for (int i = 0; i < SMALL; i++) {
      out.codes()[to + i] = (byte) nibble(data, quants, i);
    }
  }

  static void q4_1(MemorySegment data, long at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    out.minimums()[to / SMALL] = f16(data, at + 2);
    nibbles(data, at + 4, out, to);
  }

  static void q5_0(MemorySegment data, long at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    fiveBits(data, at + 2, out, to);
  }

  static void q5_1(MemorySegment data, long at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    out.minimums()[to / SMALL] = f16(data, at + 2);
    fiveBits(data, at + 4, out, to);
  }

  /// A word of fifth bits, then the others.
  private static void fiveBits(MemorySegment data, long at, Quantization.Row out, int to) {
    int high = data.get(INT, at);
    for (int i = 0; i < SMALL; i++) {
      out.codes()[to + i] = (byte) (nibble(data, at + 4, i) | (high >>> i & 1) << 4);
    }
  }

  static void q8_0(MemorySegment data, long at, Quantization.Row out, int to) {
    out.scales()[to / SMALL] = f16(data, at);
    for (int i = 0; i < SMALL; i++) {
      out.codes()[to + i] = (byte) (u8(data, at + 2 + i) ^ 0x80);
    }
  }

  static void mxfp4(MemorySegment data, long at, Quantization.Row out, int to) {
    int exponent = u8(data, at);
    // half the power of two, because the table is doubled; below the normal numbers by hand
    out.scales()[to / SMALL] =
        Float.intBitsToFloat(exponent < 2 ? 0x0020_0000 << exponent : exponent - 1 << 23);
    nibbles(data, at + 1, out, to);
  }

  // --- large blocks

  /// 16 bytes of scales (low half) and minimums (high half), 64 of quants, scale, scale of
  /// minimums.
  static void q2k(MemorySegment data, long at, Quantization.Row out, int to) {
    float d = f16(data, at + 80);
    float dMin = f16(data, at + 82);
    for (int group = 0; group < 16; group++) {
      int scales = u8(data, at + group);
      out.scales()[to / 16 + group] = d * (scales & 15);
      out.minimums()[to / 16 + group] = -(dMin * (scales >> 4));
    }
    for (int i = 0; i < LARGE; i++) {
      out.codes()[to + i] = (byte) twoBits(data, at + 16, i);
    }
  }

  /// Two bits of number `i`: of 128 numbers, 32 bytes have the four quarters in rising bits.
  private static int twoBits(MemorySegment data, long quants, int i) {
    return u8(data, quants + i / 128 * 32 + i % 32) >> i % 128 / 32 * 2 & 3;
  }

  /// 32 bytes of third bits, 64 of quants, 12 of scales, scale.
  static void q3k(MemorySegment data, long at, Quantization.Row out, int to) {
    float d = f16(data, at + 108);
    for (int group = 0; group < 16; group++) {
      int low = u8(data, at + 96 + group % 8) >> group / 8 * 4 & 15;
      int high = u8(data, at + 104 + group % 4) >> group / 4 * 2 & 3;
      out.scales()[to / 16 + group] = d * ((low | high << 4) - 32);
    }
    for (int i = 0; i < LARGE; i++) {
      int third = u8(data, at + i % 32) >> i / 32 & 1;
      out.codes()[to + i] = (byte) (twoBits(data, at + 32, i) | third << 2);
    }
  }

  /// The scales and minimums of eight groups of 32 numbers: of Q4_K and Q5_K, which begin with a
  /// scale, the scale of minimums, and 12 bytes of both.
  private static void scales(MemorySegment data, long at, Quantization.Row out, int to) {
    float d = f16(data, at);
    float dMin = f16(data, at + 2);
    for (int group = 0; group < LARGE / SMALL; group++) {
      out.scales()[to / SMALL + group] = d * scale(data, at + 4, group);
      out.minimums()[to / SMALL + group] = -(dMin * min(data, at + 4, group));
    }
  }

  private static int scale(MemorySegment data, long scales, int group) {
    return group < 4
        ? u8(data, scales + group) & 63
        : u8(data, scales + 4 + group) & 15 | u8(data, scales + group - 4) >> 6 << 4;
  }

  private static int min(MemorySegment data, long scales, int group) {
    return group < 4
        ? u8(data, scales + 4 + group) & 63
        : u8(data, scales + 4 + group) >> 4 | u8(data, scales + group) >> 6 << 4;
  }

  /// The 4 bits of number `i`: 32 bytes have a group in their low halves and the next in their high
  /// halves.
  private static int half(MemorySegment data, long quants, int i) {
    return u8(data, quants + i / 64 * 32 + i % 32) >> i / 32 % 2 * 4 & 15;
  }

  /// Scales, then 128 bytes of quants.
  static void q4k(MemorySegment data, long at, Quantization.Row out, int to) {
    scales(data, at, out, to);
    for (int i = 0; i < LARGE; i++) {
      out.codes()[to + i] = (byte) half(data, at + 16, i);
    }
  }

  /// As Q4_K, with 32 bytes of fifth bits before the quants: bit `g` of each belongs to group `g`.
  static void q5k(MemorySegment data, long at, Quantization.Row out, int to) {
    scales(data, at, out, to);
    for (int i = 0; i < LARGE; i++) {
      int fifth = u8(data, at + 16 + i % 32) >> i / 32 & 1;
      out.codes()[to + i] = (byte) (half(data, at + 48, i) | fifth << 4);
    }
  }

  /// 128 bytes of low halves, 64 of two high bits, 16 scales, scale. Of 128 numbers, 64 bytes have
  /// the first half in their low halves.
  static void q6k(MemorySegment data, long at, Quantization.Row out, int to) {
    float d = f16(data, at + 208);
    for (int group = 0; group < 16; group++) {
      out.scales()[to / 16 + group] = d * i8(data, at + 192 + group);
    }
    for (int i = 0; i < LARGE; i++) {
      int low = u8(data, at + i / 128 * 64 + i % 64) >> i % 128 / 64 * 4 & 15;
      out.codes()[to + i] = (byte) (low | twoBits(data, at + 128, i) << 4);
    }
  }

  /// Scale, 2 bytes of high bits of scales, 4 of low ones, 128 of quants: 16 bytes a group.
  static void iq4xs(MemorySegment data, long at, Quantization.Row out, int to) {
    float d = f16(data, at);
    int high = data.get(SHORT, at + 2) & 0xffff;
    for (int group = 0; group < LARGE / SMALL; group++) {
      int low = u8(data, at + 4 + group / 2) >> group % 2 * 4 & 15;
      out.scales()[to / SMALL + group] = d * ((low | (high >> 2 * group & 3) << 4) - 32);
      nibbles(data, at + 8 + group * 16, out, to + group * SMALL);
    }
  }
}
