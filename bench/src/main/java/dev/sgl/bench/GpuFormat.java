package dev.sgl.bench;

import dev.sgl.local.kernel.KvCacheType;
import dev.sgl.local.weights.Rounding;
import java.util.Locale;
import java.util.Optional;

/// The formats of a measurement on a GPU: `bf16`, or the name of a rounding. With `+kv` behind
/// it, as in `fp8+kv`, keys and values are in e4m3.
///
/// @param rounding by which weights are quantized
/// @param kept the format of keys and values
record GpuFormat(Optional<Rounding> rounding, KvCacheType kept) {
  private static final String PLAIN = "bf16";
  private static final String KEPT = "+kv";

  static final GpuFormat BF16 = of(PLAIN);

  static GpuFormat of(String name) {
    boolean isKept = name.endsWith(KEPT);
    String weights = isKept ? name.substring(0, name.length() - KEPT.length()) : name;
    return new GpuFormat(
        weights.equals(PLAIN)
            ? Optional.empty()
            : Optional.of(Rounding.valueOf(weights.toUpperCase(Locale.ROOT))),
        isKept ? KvCacheType.FP8 : KvCacheType.AUTO);
  }
}
