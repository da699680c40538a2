package dev.sgl.local.quantized;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Weight;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// The quantized weights of a model folder. The tensors of a module (`X.qweight`, `X.scales`,
/// …) become one weight, `X.weight`, by the format that `quantization_config` of `config.json`
/// names.
///
/// A module is quantized if it has such tensors; others have plain weights. Inputs are not
/// quantized, whatever the configuration says of them: they keep the precision in which the
/// device computes.
public final class QuantizedFolder {
  private static final String CONFIG = "quantization_config";

  /// Tensors that belong to a quantization, by the ends of their names.
  private static final Pattern QUANTIZED =
      Pattern.compile("(?i).*(scale|zero|packed|qweight|g_idx|quant|absmax|codebook).*");

  /// Scales of values that are not quantized here. Others than 1 change the results of a model.
  private static final Pattern NEUTRAL = Pattern.compile("([kqv]|prob|output)_scale");

  private final Path folder;
  private final Map<String, Tensor> tensors;
  private final QuantizedFormat format;

  private QuantizedFolder(Path folder, Map<String, Tensor> tensors, QuantizedFormat format) {
    this.folder = folder;
    this.tensors = tensors;
    this.format = format;
  }

  /// The quantized weights of a folder, by their names.
  ///
  /// @param tensors of the folder; those of quantized weights are removed
  /// @throws ModelException if a key or tensor of the quantization is not understood
  public static Map<String, Weight> join(
      Path folder, JsonNode config, Map<String, Tensor> tensors) {
    JsonNode keys = config.path(CONFIG);
    if (config.hasNonNull("compression_config")) {
      throw new ModelException(
          "config.json: compression_config is not supported; supported is " + CONFIG);
    }
    if (keys.isMissingNode() || keys.isNull()) {
      requirePlain(folder, tensors);
      return Map.of();
    }
    QuantizedFormat format = QuantizedFormat.of(new QuantizationKeys(CONFIG, keys));
    return new QuantizedFolder(folder, tensors, format).join();
  }

  private static void requirePlain(Path folder, Map<String, Tensor> tensors) {
    for (String name : tensors.keySet()) {
      if (name.endsWith(".qweight") || name.endsWith(".weight_packed")) {
        throw new ModelException(
            "%s: the tensor %s is quantized, but config.json has no %s"
                .formatted(folder, name, CONFIG));
      }
    }
  }

  private Map<String, Weight> join() {
    Map<String, Weight> weights = new LinkedHashMap<>();
    modules()
        .forEach(
            (name, parts) -> {
              QuantizedModule module = new QuantizedModule(folder, name, parts);
              Optional<Weight> weight = format.weight(module);
              weight.ifPresent(
                  joined -> {
                    if (module.has("weight")) {
                      throw module.wrong("has a plain weight and a quantized one");
                    }
                    weights.put(joined.name(), joined);
                    parts.keySet().stream()
                        .filter(part -> !module.has(part))
                        .forEach(part -> tensors.remove(name + "." + part));
                  });
              module.rest().forEach((part, tensor) -> requireUnderstood(part, tensor, weight));
            });
    return weights;
  }

  private Map<String, Map<String, Tensor>> modules() {
    Map<String, Map<String, Tensor>> modules = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          int dot = name.lastIndexOf('.');
          modules
              .computeIfAbsent(name.substring(0, Math.max(0, dot)), _ -> new TreeMap<>())
              .put(name.substring(dot + 1), tensor);
        });
    return modules;
  }

  private void requireUnderstood(String part, Tensor tensor, Optional<Weight> joined) {
    boolean isPlain = part.equals("bias") || joined.isEmpty() && !QUANTIZED.matcher(part).matches();
    boolean isNeutral = NEUTRAL.matcher(part).matches() && tensor.isAll(1);
    if (!isPlain && !isNeutral) {
      throw new ModelException(
          "%s: the tensor %s of a quantized model is not supported".formatted(folder, tensor));
    }
  }
}
