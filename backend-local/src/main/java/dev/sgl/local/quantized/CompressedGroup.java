package dev.sgl.local.quantized;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One of the `config_groups` of compressed-tensors: which modules it quantizes, and how.
///
/// @param weights empty if the group leaves weights as they are
record CompressedGroup(List<ModulePattern> targets, String format, Optional<Weights> weights) {
  private static final List<String> FORMATS =
      List.of(
          "float-quantized",
          "int-quantized",
          "mxfp4-pack-quantized",
          "mxfp8-quantized",
          "naive-quantized",
          "pack-quantized");

  /// Which numbers share a scale.
  enum Strategy {
    TENSOR,
    CHANNEL,
    GROUP,
    BLOCK
  }

  /// How weights are quantized.
  ///
  /// @param group columns of a group
  /// @param block rows and columns of a block
  /// @param isReordered whether columns are in groups of any order
  record Weights(
      int bits,
      boolean isFloat,
      boolean isSymmetric,
      Strategy strategy,
      int group,
      List<Integer> block,
      boolean isReordered) {
    static Weights of(QuantizationKeys keys) {
      int bits = keys.size("num_bits").orElse(8);
      boolean isFloat = keys.oneOf("type", "int", "float").equals("float");
      if (bits != 4 && bits != 8) {
        throw keys.wrong("num_bits", "is " + bits + ", which is not supported; supported are 4, 8");
      }
      keys.refuse("dynamic", "weights have no dynamic scales");
      keys.ignore(List.of("observer", "observer_kwargs", "scale_dtype", "zp_dtype"));
      int group = keys.group("group_size").orElse(0);
      Strategy strategy = strategy(keys, group);
      List<Integer> block = keys.block("block_structure").orElse(List.of());
      if (strategy == Strategy.GROUP && group < 1) {
        throw keys.wrong("group_size", "is missing");
      }
      if (strategy == Strategy.BLOCK && block.isEmpty()) {
        throw keys.wrong("block_structure", "is missing");
      }
      return new Weights(
          bits, isFloat, keys.flag("symmetric", true), strategy, group, block, order(keys));
    }

    private static Strategy strategy(QuantizationKeys keys, int group) {
      String usual = group > 0 ? "group" : group == -1 ? "channel" : "tensor";
      return switch (keys.text("strategy").orElse(usual)) {
        case "tensor" -> Strategy.TENSOR;
        case "channel" -> Strategy.CHANNEL;
        case "group" -> Strategy.GROUP;
        case "block" -> Strategy.BLOCK;
        default ->
            throw keys.wrong(
                "strategy", "is not supported; supported are tensor, channel, group, block");
      };
    }

    private static boolean order(QuantizationKeys keys) {
      if (keys.isFlag("actorder")) {
        return keys.flag("actorder", false);
      }
      String order = keys.oneOf("actorder", "none", "weight", "static", "group", "dynamic");
      return order.equals("group") || order.equals("dynamic");
    }
  }

  /// @param standard the format of groups that name none; empty if each must name one
  static CompressedGroup of(QuantizationKeys keys, Optional<String> standard) {
    List<ModulePattern> targets = patterns(keys, "targets");
    Optional<Weights> weights = keys.object("weights").map(CompressedGroup::weights);
    keys.ignore(List.of("input_activations", "output_activations"));
    Optional<String> format = keys.text("format").or(() -> standard);
    if (weights.isPresent() && !FORMATS.contains(format.orElse(""))) {
      throw keys.wrong(
          "format",
          format.map(name -> "is " + name + ", which is not supported").orElse("is missing")
              + "; supported are "
              + String.join(", ", FORMATS));
    }
    keys.requireAllKnown();
    return new CompressedGroup(targets, format.orElse(""), weights);
  }

  private static Weights weights(QuantizationKeys keys) {
    Weights weights = Weights.of(keys);
    keys.requireAllKnown();
    return weights;
  }

  /// The names and patterns of a list.
  static List<ModulePattern> patterns(QuantizationKeys keys, String key) {
    List<ModulePattern> patterns = new ArrayList<>();
    for (String text : keys.texts(key)) {
      patterns.add(
          ModulePattern.of(text)
              .orElseThrow(() -> keys.wrong(key, "has " + text + ", which is no pattern")));
    }
    return patterns;
  }
}
