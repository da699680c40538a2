package dev.sgl.local.quantized;

import dev.sgl.local.weights.Codes;
import dev.sgl.local.weights.Grouped;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Scales;
import dev.sgl.local.weights.Weight;
import java.util.List;
import java.util.Optional;

/// AWQ's layout `gemm` (Lin et al. 2023, arXiv 2306.00978): codes of 4 bits, of which 8 rows
/// share a word, those with an even number first.
///
/// `qweight` is `[columns, rows / 8]`, `qzeros` `[groups, rows / 8]`, `scales` `[groups,
/// rows]`.
final class AwqFormat implements QuantizedFormat {
  private static final int BITS = 4;
  private static final int PACKED = 8;

  private final int group;

  AwqFormat(QuantizationKeys keys) {
    int bits = keys.size("bits").orElse(BITS);
    if (bits != BITS) {
      throw keys.wrong("bits", "is " + bits + ", which is not supported; supported is " + BITS);
    }
    group = keys.group("group_size").orElse(128);
    String version = keys.text("version").orElse("gemm");
    if (!version.equalsIgnoreCase("gemm")) {
      throw keys.wrong("version", "is " + version + ", which is not supported; supported is gemm");
    }
    keys.flag("zero_point", true);
    keys.texts("modules_to_not_convert");
    keys.refuse("desc_act", "columns in groups of any order are not supported");
    keys.ignore(GptqFormat.HISTORY);
    keys.ignore(List.of("do_fuse", "fuse_max_seq_len", "modules_to_fuse", "sym"));
  }

  @Override
  public Optional<Weight> weight(QuantizedModule module) {
    if (!module.has("qweight")) {
      return Optional.empty();
    }
    Tensor words = module.matrix("qweight", "I32");
    int columns = words.shape().getFirst();
    int across = words.shape().getLast();
    int rows = module.size(words, (long) across * PACKED);
    int width = group == -1 ? columns : group;
    int groups = (columns + width - 1) / width;
    Tensor scale = module.take("scales");
    module.require(scale, groups, rows);
    Tensor zeros = module.matrix("qzeros", "I32");
    module.require(zeros, groups, across);
    Scales scales = module.scales(scale, 1, rows);
    return Optional.of(
        module.weight(
            rows,
            columns,
            new Grouped(
                "AWQ " + BITS + " bit",
                Quantization.withMinimums(BITS, width),
                codes(words, across),
                scales,
                Optional.of(codes(zeros, across)),
                new int[0])));
  }

  private static Codes codes(Tensor words, int across) {
    return new Codes(Codes.Packing.INTERLEAVED_ROWS, BITS, 0, words.data(), 1, across);
  }
}
