package dev.sgl.local.quantized;

import dev.sgl.local.weights.Scaled;
import dev.sgl.local.weights.Scales;
import dev.sgl.local.weights.Weight;
import java.util.List;
import java.util.Optional;

/// Weights in e4m3 (`F8_E4M3`), with a scale for each block, row or matrix: DeepSeek's and
/// Qwen's folders, and those of AutoFP8 and FBGEMM.
final class Fp8Format implements QuantizedFormat {
  private static final String WEIGHT = "weight";

  private final Optional<List<Integer>> block;
  private final boolean hasPowers; // scales of one byte

  Fp8Format(QuantizationKeys keys) {
    block = keys.block("weight_block_size");
    hasPowers = keys.oneOf("scale_fmt", "float", "ue8m0").equals("ue8m0");
    keys.oneOf("fmt", "e4m3");
    keys.oneOf("expert_dtype", "fp8");
    keys.oneOf("activation_scheme", "dynamic", "static");
    keys.texts("modules_to_not_convert");
    keys.texts("ignored_layers");
    keys.texts("modules_to_convert");
    keys.ignore(List.of("activation_scale_ub", "dequantize", "is_checkpoint_fp8_serialized"));
  }

  @Override
  public Optional<Weight> weight(QuantizedModule module) {
    if (!module.has(WEIGHT, "F8_E4M3")) {
      return Optional.empty();
    }
    Tensor weight = module.matrix(WEIGHT, "F8_E4M3");
    Tensor scale =
        module
            .find("weight_scale_inv")
            .or(() -> module.find("weight_scale"))
            .orElseThrow(() -> module.wrong("has no weight_scale_inv and no weight_scale"));
    module.ignore("activation_scale", "input_scale", "input_scale_ub");
    return Optional.of(weight(module, weight, scale));
  }

  private Weight weight(QuantizedModule module, Tensor weight, Tensor scale) {
    int rows = weight.shape().getFirst();
    int columns = weight.shape().getLast();
    int high = Math.min(rows, block.map(List::getFirst).orElse(rows));
    int wide = Math.min(columns, block.map(List::getLast).orElse(columns));
    long across = (columns + wide - 1) / wide;
    if (block.isPresent() && scale.has((rows + high - 1) / high, across)) {
      return weight(module, weight, scales(module, scale, across, 1), high, wide);
    }
    if (scale.isScalar()) {
      return weight(module, weight, scales(module, scale, 0, 0), rows, columns);
    }
    if (scale.has(rows, 1) || scale.has(rows)) {
      return weight(module, weight, scales(module, scale, 1, 0), 1, columns);
    }
    throw module.wrong(scale, "does not fit the weight, " + weight.shape());
  }

  private Scales scales(QuantizedModule module, Tensor scale, long rowStride, long groupStride) {
    return hasPowers && scale.format().equals("U8")
        ? new Scales(Scales.Format.E8M0, scale.data(), rowStride, groupStride)
        : module.scales(scale, rowStride, groupStride);
  }

  private static Weight weight(
      QuantizedModule module, Tensor weight, Scales scales, int high, int wide) {
    int columns = weight.shape().getLast();
    return module.weight(
        weight.shape().getFirst(), columns, Scaled.of(weight.data(), columns, scales, high, wide));
  }
}
