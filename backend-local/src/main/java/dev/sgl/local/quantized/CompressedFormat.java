package dev.sgl.local.quantized;

import dev.sgl.local.weights.Weight;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Folders of compressed-tensors: groups of modules, each with its format. A module belongs to
/// the group that names it, or whose pattern its name begins with, or else whose targets name
/// its class.
final class CompressedFormat implements QuantizedFormat {
  private static final String MIXED = "mixed-precision";

  private final List<Target> targets;
  private final List<ModulePattern> ignored;

  /// A target and the group that has it.
  private record Target(ModulePattern names, CompressedGroup group) {}

  CompressedFormat(QuantizationKeys keys) {
    Optional<String> format = keys.text("format").filter(name -> !name.equals(MIXED));
    targets = targets(keys, format);
    ignored = CompressedGroup.patterns(keys, "ignore");
    keys.refuse("moe_sparsity_config", "sparse experts are not supported");
    keys.refuse("transform_config", "transforms of weights are not supported");
    keys.object("sparsity_config")
        .ifPresent(
            sparsity -> {
              String kind = sparsity.text("format").orElse("dense");
              if (!kind.equals("dense")) {
                throw sparsity.wrong("format", "is " + kind + ", which is not supported");
              }
            });
    keys.ignore(List.of("global_compression_ratio", "quantization_status", "version"));
  }

  /// Names first, then patterns, each in the order of the alphabet. A target of two groups
  /// belongs to the last.
  private static List<Target> targets(QuantizationKeys keys, Optional<String> format) {
    List<Target> targets = new ArrayList<>();
    keys.objects("config_groups")
        .values()
        .forEach(
            own -> {
              CompressedGroup group = CompressedGroup.of(own, format);
              for (ModulePattern names : group.targets()) {
                targets.removeIf(
                    old ->
                        old.names().isRegex() == names.isRegex()
                            && old.names().text().equals(names.text()));
                targets.add(new Target(names, group));
              }
            });
    targets.sort(
        Comparator.comparing((Target target) -> target.names().isRegex())
            .thenComparing(target -> target.names().text()));
    return targets;
  }

  @Override
  public Optional<Weight> weight(QuantizedModule module) {
    boolean isQuantized =
        module.has("weight_packed")
            || module.has("weight", "I8")
            || module.has("weight", "F8_E4M3");
    if (!isQuantized) {
      return Optional.empty();
    }
    String kind = module.name().endsWith("embed_tokens") ? "Embedding" : "Linear";
    if (ignored.stream().anyMatch(names -> names.matches(module.name()))) {
      throw module.wrong("is quantized, but ignore of config.json has it");
    }
    CompressedGroup group =
        Stream.concat(
                targets.stream().filter(target -> target.names().matches(module.name())),
                targets.stream().filter(target -> target.names().matches(kind)))
            .map(Target::group)
            .findFirst()
            .orElseThrow(
                () ->
                    module.wrong("is quantized, but in no group of config_groups of config.json"));
    CompressedGroup.Weights weights =
        group
            .weights()
            .orElseThrow(() -> module.wrong("is quantized, but its group has no weights"));
    return Optional.of(new CompressedModule(module, weights).weight(group.format()));
  }
}
