package dev.sgl.local.quantized;

import dev.sgl.local.weights.Codes;
import dev.sgl.local.weights.Grouped;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Scales;
import dev.sgl.local.weights.Weight;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/// The tensors of a module as compressed-tensors lays them out: `weight_packed` or `weight`,
/// with `weight_scale` and, if there are zeros, `weight_zero_point`.
final class CompressedModule {
  private static final int WORD = 32;

  private final QuantizedModule module;
  private final CompressedGroup.Weights scheme;

  CompressedModule(QuantizedModule module, CompressedGroup.Weights scheme) {
    this.module = module;
    this.scheme = scheme;
  }

  /// @throws dev.sgl.local.weights.ModelException if the tensors do not fit the format
  Weight weight(String format) {
    module.ignore("input_scale", "input_zero_point", "input_global_scale");
    return switch (format) {
      case "pack-quantized" -> packed();
      case "int-quantized" -> integers();
      case "float-quantized" -> floats();
      case "mxfp4-pack-quantized" -> mxfp4();
      case "mxfp8-quantized" -> mxfp8();
      case "naive-quantized" -> scheme.isFloat() ? floats() : integers();
      default -> throw module.wrong("has the format " + format + ", which is not supported");
    };
  }

  private void requireFloat(boolean isFloat) {
    if (scheme.isFloat() != isFloat) {
      throw module.wrong("has a format and a type that do not fit each other");
    }
  }

  // --- integers

  private Weight packed() {
    requireFloat(false);
    int count = WORD / scheme.bits();
    Tensor words = module.matrix("weight_packed", "I32");
    int rows = words.shape().getFirst();
    int across = words.shape().getLast();
    int columns = columns(rows, words, (long) across * count);
    Codes codes = new Codes(Codes.Packing.COLUMNS, scheme.bits(), 0, words.data(), across, 1);
    return grouped(rows, columns, codes);
  }

  /// The columns that `weight_shape` names.
  private int columns(int rows, Tensor words, long most) {
    Tensor shape = module.take("weight_shape");
    if (!shape.format().equals("I64") && !shape.format().equals("I32")) {
      throw module.wrong(shape, "has no whole numbers");
    }
    module.require(shape, 2);
    long[] sizes = shape.integers();
    boolean fits = sizes[0] == rows && sizes[1] <= most && sizes[1] > most - WORD / scheme.bits();
    if (!fits) {
      throw module.wrong(words, "is not packed from [" + sizes[0] + ", " + sizes[1] + "]");
    }
    return module.size(words, sizes[1]);
  }

  private Weight integers() {
    requireFloat(false);
    Tensor bytes = module.matrix("weight", "I8");
    int rows = bytes.shape().getFirst();
    int columns = bytes.shape().getLast();
    Codes codes = new Codes(Codes.Packing.BYTES, 8, 128, bytes.data(), columns, 1);
    return grouped(rows, columns, codes);
  }

  private Weight grouped(int rows, int columns, Codes codes) {
    int width = width(columns);
    int groups = (columns + width - 1) / width;
    Scales scales = scales(rows, groups);
    Optional<Codes> zeros = zeros(rows, groups, codes.bits());
    int[] order =
        scheme.isReordered() ? ColumnGroups.of(module, "weight_g_idx", columns, width) : new int[0];
    Quantization quantization =
        zeros.isPresent()
            ? Quantization.withMinimums(codes.bits(), width)
            : Quantization.symmetric(codes.bits(), width);
    return module.weight(
        rows,
        columns,
        new Grouped(
            "compressed-tensors " + codes.bits() + " bit",
            quantization,
            codes,
            scales,
            zeros,
            order));
  }

  private int width(int columns) {
    return switch (scheme.strategy()) {
      case TENSOR, CHANNEL -> columns;
      case GROUP -> Math.min(columns, scheme.group());
      case BLOCK -> throw module.wrong("has blocks of whole numbers, which are not supported");
    };
  }

  private Scales scales(int rows, int groups) {
    Tensor scale = module.take("weight_scale");
    requireGrid(scale, rows, groups);
    return scheme.strategy() == CompressedGroup.Strategy.TENSOR
        ? module.scales(scale, 0, 0)
        : module.scales(scale, groups, 1);
  }

  private void requireGrid(Tensor tensor, int rows, int groups) {
    boolean fits =
        switch (scheme.strategy()) {
          case TENSOR -> tensor.isScalar();
          case CHANNEL -> tensor.has(rows) || tensor.has(rows, 1);
          case GROUP, BLOCK -> tensor.has(rows, groups);
        };
    if (!fits) {
      throw module.wrong(tensor, "does not fit " + rows + " rows of " + groups + " groups");
    }
  }

  /// Zeros are packed as the codes are, but along rows; or they are signed bytes.
  private Optional<Codes> zeros(int rows, int groups, int bits) {
    Optional<Tensor> zero = module.find("weight_zero_point");
    if (zero.isEmpty() && !scheme.isSymmetric()) {
      module.take("weight_zero_point");
    }
    return zero.map(
        tensor -> {
          if (tensor.format().equals("I32")) {
            int count = WORD / bits;
            module.require(tensor, (rows + count - 1) / count, groups);
            return new Codes(Codes.Packing.ROWS, bits, 0, tensor.data(), groups, 1);
          }
          if (!tensor.format().equals("I8")) {
            throw module.wrong(tensor, "has a format that zeros do not have");
          }
          requireGrid(tensor, rows, groups);
          boolean isOne = scheme.strategy() == CompressedGroup.Strategy.TENSOR;
          long stride = isOne ? 0 : groups;
          return new Codes(
              Codes.Packing.BYTES, 8, 1 << bits - 1, tensor.data(), stride, isOne ? 0 : 1);
        });
  }

  // --- floating-point numbers

  private Weight floats() {
    requireFloat(true);
    Tensor bytes = module.matrix("weight", "F8_E4M3");
    int rows = bytes.shape().getFirst();
    int columns = bytes.shape().getLast();
    boolean isBlock = scheme.strategy() == CompressedGroup.Strategy.BLOCK;
    int high =
        switch (scheme.strategy()) {
          case TENSOR -> rows;
          case CHANNEL, GROUP -> 1;
          case BLOCK -> Math.min(rows, scheme.block().getFirst());
        };
    int wide = isBlock ? Math.min(columns, scheme.block().getLast()) : width(columns);
    Scales scales = scales((rows + high - 1) / high, (columns + wide - 1) / wide);
    module
        .find("weight_zero_point")
        .filter(zero -> !isZero(zero))
        .ifPresent(
            zero -> {
              throw module.wrong(zero, "is not zero");
            });
    return module.weight(rows, columns, Scaled.of(bytes.data(), columns, scales, high, wide));
  }

  private static boolean isZero(Tensor tensor) {
    for (long i = 0; i < tensor.data().byteSize(); i++) {
      if (tensor.data().get(ValueLayout.JAVA_BYTE, i) != 0) {
        return false;
      }
    }
    return true;
  }

  private Scales powers(Scales.Format format, int rows, int groups) {
    Tensor scale = module.matrix("weight_scale", "U8");
    module.require(scale, rows, groups);
    return new Scales(format, scale.data(), groups, 1);
  }

  private Weight mxfp8() {
    requireFloat(true);
    Tensor bytes = module.matrix("weight", "F8_E4M3");
    int rows = bytes.shape().getFirst();
    int columns = bytes.shape().getLast();
    int width = width(columns);
    Scales scales = powers(Scales.Format.E8M0, rows, (columns + width - 1) / width);
    return module.weight(rows, columns, Scaled.of(bytes.data(), columns, scales, 1, width));
  }

  private Weight mxfp4() {
    requireFloat(true);
    Tensor bytes = module.matrix("weight_packed", "U8");
    int rows = bytes.shape().getFirst();
    int columns = module.size(bytes, 2L * bytes.shape().getLast());
    int groups = (columns + Grouped.MXFP4.group() - 1) / Grouped.MXFP4.group();
    if (width(columns) != Math.min(columns, Grouped.MXFP4.group())) {
      throw module.wrong("has groups of another size than " + Grouped.MXFP4.group());
    }
    return module.weight(
        rows,
        columns,
        Grouped.mxfp4(bytes.data(), columns, powers(Scales.Format.HALF_E8M0, rows, groups)));
  }
}
