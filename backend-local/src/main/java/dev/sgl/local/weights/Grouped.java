package dev.sgl.local.weights;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Codes, of which some columns of a row share a scale and a zero: the layouts of GPTQ, AWQ
/// and compressed-tensors. A number is `scale · (code − zero)`, or `scale` times the number of
/// a codebook that the code chooses.
///
/// @param name of the checkpoint's format, as people know it
/// @param scheme of the codes; if it has minimums, they are `−scale · zero`
/// @param zeros the code of the value 0, for each row and group; empty if all have that of the
///     scheme
/// @param groups the group of each column; empty if groups are neighbouring columns
public record Grouped(
    String name,
    Quantization scheme,
    Codes codes,
    Scales scales,
    Optional<Codes> zeros,
    int[] groups)
    implements Encoding {
  /// Floating-point numbers of 4 bits with a power of two for 32 columns (OCP Microscaling,
  /// 2023).
  public static final Quantization MXFP4 = Quantization.codebook(32, GgmlBlocks.MX_DOUBLED);

  /// Numbers of the scheme [#MXFP4], two in a byte, the first one in its low half.
  ///
  /// @param scales the halves of the powers of two
  public static Grouped mxfp4(MemorySegment bytes, int columns, Scales scales) {
    Codes codes = new Codes(Codes.Packing.BYTES, 4, 0, bytes, (columns + 1) / 2, 1);
    return new Grouped("MXFP4", MXFP4, codes, scales, Optional.empty(), new int[0]);
  }

  @Override
  public List<MemorySegment> parts() {
    return Stream.concat(Stream.of(codes.data(), scales.data()), zeros.stream().map(Codes::data))
        .toList();
  }

  /// The codes, if groups are neighbouring columns.
  @Override
  public Optional<Quantized> quantized() {
    return groups.length == 0 ? Optional.of(new GroupedCodes(this)) : Optional.empty();
  }

  @Override
  public void read(int row, int columns, float[] out, int at) {
    byte[] numbers = new byte[columns];
    codes.read(row, columns, numbers);
    int count = groupsOf(columns);
    float[] factors = new float[count];
    int[] offsets = new int[count];
    for (int g = 0; g < count; g++) {
      factors[g] = scales.get(row, g);
      offsets[g] = zero(row, g);
    }
    if (groups.length > 0) {
      for (int c = 0; c < columns; c++) {
        out[at + c] = factors[groups[c]] * ((numbers[c] & 0xff) - offsets[groups[c]]);
      }
      return;
    }
    int[] table = scheme.codebook().stream().mapToInt(Integer::intValue).toArray();
    for (int g = 0; g < count; g++) {
      int end = Math.min(columns, (g + 1) * scheme.group());
      for (int c = g * scheme.group(); c < end; c++) {
        int code = numbers[c] & 0xff;
        out[at + c] = factors[g] * (table.length > 0 ? table[code] : code - offsets[g]);
      }
    }
  }

  /// Groups of the first columns.
  private int groupsOf(int columns) {
    int last = -1;
    if (groups.length == 0) {
      return (columns + scheme.group() - 1) / scheme.group();
    }
    for (int c = 0; c < columns; c++) {
      last = Math.max(last, groups[c]);
    }
    return last + 1;
  }

  private int zero(int row, int group) {
    return zeros.isPresent() ? zeros.get().get(row, group) : scheme.zero();
  }

  /// Some of its rows and columns.
  ///
  /// @throws ModelException if a word of codes or a group would be divided
  @Override
  public Grouped view(int firstRow, int rows, int firstColumn, int columns) {
    Codes some = codes.view(firstRow, rows, firstColumn, columns);
    if (groups.length > 0) {
      int[] part = Arrays.copyOfRange(groups, firstColumn, firstColumn + columns);
      int all = Arrays.stream(part).max().orElse(-1) + 1;
      return new Grouped(
          name, scheme, some, scales(firstRow, rows, 0, all), zeros(firstRow, rows, 0, all), part);
    }
    int group = scheme.group();
    int first = firstColumn / group;
    int count = columns == 0 ? 0 : (firstColumn + columns - 1) / group - first + 1;
    if (firstColumn % group != 0 && count > 1) {
      throw new ModelException(
          "weights in groups of %d columns are divided by %d only, not at %d"
              .formatted(group, group, firstColumn));
    }
    return new Grouped(
        name,
        scheme,
        some,
        scales(firstRow, rows, first, count),
        zeros(firstRow, rows, first, count),
        groups);
  }

  private Scales scales(int firstRow, int rows, int firstGroup, int count) {
    return scales.view(firstRow, rows, firstGroup, count);
  }

  private Optional<Codes> zeros(int firstRow, int rows, int firstGroup, int count) {
    return zeros.map(all -> all.view(firstRow, rows, firstGroup, count));
  }

  private record GroupedCodes(Grouped of) implements Quantized {
    @Override
    public Quantization scheme() {
      return of.scheme;
    }

    @Override
    public void read(int row, int columns, Quantization.Row out) {
      of.codes.read(row, columns, out.codes());
      for (int g = 0; g < of.groupsOf(columns); g++) {
        out.scales()[g] = of.scales.get(row, g);
        out.minimums()[g] = of.zeros.isPresent() ? -(out.scales()[g] * of.zero(row, g)) : 0;
      }
    }
  }
}
