package dev.sgl.local.quantized;

import dev.sgl.local.weights.Codes;
import dev.sgl.local.weights.Grouped;
import dev.sgl.local.weights.Quantization;
import dev.sgl.local.weights.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// GPTQ's layout (Frantar et al. 2022, arXiv 2210.17323): codes of 4 or 8 bits, of which
/// neighbouring columns share a word.
///
/// `qweight` is `[columns · bits / 32, rows]`, `qzeros` `[groups, rows · bits / 32]`, `scales`
/// `[groups, rows]`, `g_idx` the group of each column. Zeros of the first version are one less
/// than the zero.
final class GptqFormat implements QuantizedFormat {
  private static final int WORD = 32;

  /// Keys that describe how a model was made, or how it should be loaded.
  static final List<String> HISTORY =
      List.of(
          "act_group_aware",
          "backend",
          "batch_size",
          "block_name_to_quantize",
          "cache_block_outputs",
          "damp_auto_increment",
          "damp_percent",
          "dataset",
          "disable_exllama",
          "exllama_config",
          "lm_head",
          "max_input_length",
          "meta",
          "method",
          "model_file_base_name",
          "model_name_or_path",
          "model_seqlen",
          "module_name_preceding_first_block",
          "modules_in_block_to_quantize",
          "mse",
          "pad_token_id",
          "static_groups",
          "tokenizer",
          "true_sequential",
          "use_cuda_fp16",
          "use_exllama");

  private final Scheme scheme;
  private final int plus; // to the zeros
  private final List<Deviation> deviations;

  /// @param isReordered whether columns may be in groups of any order
  private record Scheme(int bits, int group, boolean isReordered) {
    static Scheme of(QuantizationKeys keys, Optional<Scheme> standard) {
      int bits =
          keys.size("bits")
              .or(() -> standard.map(Scheme::bits))
              .orElseThrow(() -> keys.wrong("bits", "is missing"));
      if (bits != 4 && bits != 8) {
        throw keys.wrong("bits", "is " + bits + ", which is not supported; supported are 4, 8");
      }
      int group =
          keys.group("group_size")
              .or(() -> standard.map(Scheme::group))
              .orElseThrow(() -> keys.wrong("group_size", "is missing"));
      boolean isReordered = keys.flag("desc_act", standard.map(Scheme::isReordered).orElse(false));
      keys.flag("sym", true);
      return new Scheme(bits, group, isReordered);
    }
  }

  /// A scheme of some modules; empty if they are not quantized.
  private record Deviation(ModulePattern names, Optional<Scheme> scheme) {}

  GptqFormat(QuantizationKeys keys) {
    scheme = Scheme.of(keys, Optional.empty());
    String old = keys.oneOf("format", "gptq", "gptq_v2");
    String version =
        keys.text("checkpoint_format").isPresent()
            ? keys.oneOf("checkpoint_format", "gptq", "gptq_v2")
            : old;
    plus = version.equals("gptq") ? 1 : 0;
    keys.oneOf("pack_dtype", "int32");
    keys.refuse("is_marlin_format", "the layout of Marlin is not supported");
    deviations = deviations(keys, scheme);
    keys.texts("modules_to_not_convert");
    keys.ignore(HISTORY);
  }

  private static List<Deviation> deviations(QuantizationKeys keys, Scheme scheme) {
    List<Deviation> deviations = new ArrayList<>();
    keys.objects("dynamic")
        .forEach(
            (name, own) -> {
              boolean isPlain = name.startsWith("-:");
              ModulePattern names =
                  ModulePattern.regex(name.replaceFirst("^[-+]:", ""))
                      .orElseThrow(() -> keys.wrong("dynamic", "has " + name + ", no pattern"));
              deviations.add(
                  new Deviation(
                      names,
                      isPlain
                          ? Optional.empty()
                          : Optional.of(Scheme.of(own, Optional.of(scheme)))));
              own.ignore(List.of("damp_percent", "mse", "static_groups", "true_sequential"));
              own.requireAllKnown();
            });
    return deviations;
  }

  @Override
  public Optional<Weight> weight(QuantizedModule module) {
    if (!module.has("qweight")) {
      return Optional.empty();
    }
    for (Deviation deviation : deviations) {
      if (deviation.names().matches(module.name())) {
        Scheme own =
            deviation
                .scheme()
                .orElseThrow(() -> module.wrong("is quantized, but not by dynamic of config.json"));
        return Optional.of(weight(module, own));
      }
    }
    return Optional.of(weight(module, scheme));
  }

  private Weight weight(QuantizedModule module, Scheme scheme) {
    int packed = WORD / scheme.bits();
    Tensor words = module.matrix("qweight", "I32");
    int rows = words.shape().getLast();
    int columns = module.size(words, (long) words.shape().getFirst() * packed);
    int width = scheme.group() == -1 ? columns : Math.min(columns, scheme.group());
    int groups = (columns + width - 1) / width;
    Tensor scale = module.take("scales");
    module.require(scale, groups, rows);
    int across = (rows + packed - 1) / packed;
    Tensor zeroWords = module.matrix("qzeros", "I32");
    module.require(zeroWords, groups, across);
    Codes zeros = new Codes(Codes.Packing.ROWS, scheme.bits(), plus, zeroWords.data(), 1, across);
    Codes codes = new Codes(Codes.Packing.COLUMNS, scheme.bits(), 0, words.data(), 1, rows);
    int[] order = order(module, scheme, columns, width);
    Optional<Integer> zero = common(zeros, rows, groups);
    return module.weight(
        rows,
        columns,
        new Grouped(
            "GPTQ " + scheme.bits() + " bit",
            zero.map(one -> new Quantization(scheme.bits(), width, one, false, List.of()))
                .orElse(Quantization.withMinimums(scheme.bits(), width)),
            codes,
            module.scales(scale, 1, rows),
            zero.isPresent() ? Optional.empty() : Optional.of(zeros),
            order));
  }

  /// The group of each column; empty if groups are neighbouring columns.
  private static int[] order(QuantizedModule module, Scheme scheme, int columns, int width) {
    if (!module.has("g_idx") && !scheme.isReordered()) {
      return new int[0];
    }
    return ColumnGroups.of(module, "g_idx", columns, width);
  }

  /// The zero that all groups have, as in symmetric schemes.
  private static Optional<Integer> common(Codes zeros, int rows, int groups) {
    int first = zeros.get(0, 0);
    boolean isCommon =
        IntStream.range(0, groups)
            .allMatch(g -> IntStream.range(0, rows).allMatch(row -> zeros.get(row, g) == first));
    return isCommon ? Optional.of(first) : Optional.empty();
  }
}
