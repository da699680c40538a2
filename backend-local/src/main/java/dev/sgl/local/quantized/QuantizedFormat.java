package dev.sgl.local.quantized;

import dev.sgl.local.weights.Weight;
import java.util.Optional;

/// A format of quantized model folders. It reads the tensors of a module as one weight.
///
/// The set is closed: a format is one class and its line in [#of].
sealed interface QuantizedFormat permits AwqFormat, CompressedFormat, Fp8Format, GptqFormat {

  /// The weight of a module, whose tensors it takes; empty if the module is not quantized.
  ///
  /// @throws dev.sgl.local.weights.ModelException if the tensors do not fit each other or the
  ///     configuration
  Optional<Weight> weight(QuantizedModule module);

  /// The format that `quant_method` names.
  ///
  /// @throws dev.sgl.local.weights.ModelException if a key or its value is not supported
  static QuantizedFormat of(QuantizationKeys keys) {
    String method =
        keys.text("quant_method").orElseThrow(() -> keys.wrong("quant_method", "is missing"));
    keys.refuse("kv_cache_scheme", "quantized keys and values are not supported");
    QuantizedFormat format =
        switch (method) {
          case "awq" -> new AwqFormat(keys);
          case "compressed-tensors" -> new CompressedFormat(keys);
          case "fp8", "fbgemm_fp8" -> new Fp8Format(keys);
          case "gptq" -> new GptqFormat(keys);
          default ->
              throw keys.wrong(
                  "quant_method",
                  "is "
                      + method
                      + ", which is not supported; supported are awq, compressed-tensors, fbgemm_fp8, fp8, gptq, and models in 16 bits");
        };
    keys.requireAllKnown();
    return format;
  }
}
