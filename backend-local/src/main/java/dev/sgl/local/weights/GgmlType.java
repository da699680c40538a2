package dev.sgl.local.weights;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/// The types of the blocks in GGUF files that are supported, by their names and numbers there. A
/// block holds some neighbouring numbers of a row.
public enum GgmlType {
  /// Scale; 4 bits each, minus 8.
  Q4_0(2, 32, 18, Quantization.symmetric(4, 32), GgmlBlocks::q4_0),
  /// Scale and minimum; 4 bits each.
  Q4_1(3, 32, 20, Quantization.withMinimums(4, 32), GgmlBlocks::q4_1),
  /// Scale; 5 bits each, minus 16.
  Q5_0(6, 32, 22, Quantization.symmetric(5, 32), GgmlBlocks::q5_0),
  /// Scale and minimum; 5 bits each.
  Q5_1(7, 32, 24, Quantization.withMinimums(5, 32), GgmlBlocks::q5_1),
  /// Scale; 8 bits each.
  Q8_0(8, 32, 34, Quantization.symmetric(8, 32), GgmlBlocks::q8_0),
  /// Scales and minima of 4 bits for 16 numbers; 2 bits each.
  Q2_K(10, 256, 84, Quantization.withMinimums(2, 16), GgmlBlocks::q2k),
  /// Scales of 6 bits for 16 numbers; 3 bits each.
  Q3_K(11, 256, 110, Quantization.symmetric(3, 16), GgmlBlocks::q3k),
  /// Scales and minima of 6 bits for 32 numbers; 4 bits each.
  Q4_K(12, 256, 144, Quantization.withMinimums(4, 32), GgmlBlocks::q4k),
  /// Scales and minima of 6 bits for 32 numbers; 5 bits each.
  Q5_K(13, 256, 176, Quantization.withMinimums(5, 32), GgmlBlocks::q5k),
  /// Scales of 8 bits for 16 numbers; 6 bits each.
  Q6_K(14, 256, 210, Quantization.symmetric(6, 16), GgmlBlocks::q6k),
  /// Scale; 4 bits each, which choose from a table.
  IQ4_NL(20, 32, 18, Quantization.codebook(32, GgmlBlocks.NON_LINEAR), GgmlBlocks::q4_0),
  /// Scales of 6 bits for 32 numbers; 4 bits each, which choose from the same table.
  IQ4_XS(23, 256, 136, Quantization.codebook(32, GgmlBlocks.NON_LINEAR), GgmlBlocks::iq4xs),
  /// A power of two; 4 bits each: floating-point numbers of 4 bits (OCP Microscaling, 2023).
  MXFP4(39, 32, 17, Quantization.codebook(32, GgmlBlocks.MX_DOUBLED), GgmlBlocks::mxfp4);

  /// Names of types that are not supported, by their numbers.
  private static final Map<Integer, String> OTHERS =
      Map.ofEntries(
          Map.entry(9, "Q8_1"),
          Map.entry(15, "Q8_K"),
          Map.entry(16, "IQ2_XXS"),
          Map.entry(17, "IQ2_XS"),
          Map.entry(18, "IQ3_XXS"),
          Map.entry(19, "IQ1_S"),
          Map.entry(21, "IQ3_S"),
          Map.entry(22, "IQ2_S"),
          Map.entry(24, "I8"),
          Map.entry(25, "I16"),
          Map.entry(26, "I32"),
          Map.entry(27, "I64"),
          Map.entry(28, "F64"),
          Map.entry(29, "IQ1_M"),
          Map.entry(34, "TQ1_0"),
          Map.entry(35, "TQ2_0"),
          Map.entry(40, "NVFP4"),
          Map.entry(41, "Q1_0"));

  private final int number;
  private final int numbers;
  private final int bytes;
  private final Quantization scheme;
  private final GgmlBlocks.Decoder decoder;

  GgmlType(int number, int numbers, int bytes, Quantization scheme, GgmlBlocks.Decoder decoder) {
    this.number = number;
    this.numbers = numbers;
    this.bytes = bytes;
    this.scheme = scheme;
    this.decoder = decoder;
  }

  /// The type of a number in a file; empty if it is not supported.
  public static Optional<GgmlType> of(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /// The type of plain numbers of a number in a file; empty for blocks.
  public static Optional<DType> plain(int number) {
    return switch (number) {
      case 0 -> Optional.of(DType.F32);
      case 1 -> Optional.of(DType.F16);
      case 30 -> Optional.of(DType.BF16);
      default -> Optional.empty();
    };
  }

  /// The number of a type of plain numbers in a file.
  public static int number(DType plain) {
    return switch (plain) {
      case F32 -> 0;
      case F16 -> 1;
      case BF16 -> 30;
    };
  }

  /// Its number in a file.
  public int number() {
    return number;
  }

  /// The name of a type that is not supported.
  public static String name(int number) {
    return OTHERS.getOrDefault(number, "type " + number);
  }

  /// Numbers of a block.
  public int numbers() {
    return numbers;
  }

  /// Bytes of a block.
  public int bytes() {
    return bytes;
  }

  /// The meaning of its codes.
  public Quantization scheme() {
    return scheme;
  }

  GgmlBlocks.Decoder decoder() {
    return decoder;
  }
}
