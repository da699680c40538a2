package dev.sgl.local.quantized;

import dev.sgl.local.weights.Encoding;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Scales;
import dev.sgl.local.weights.Weight;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The tensors of one module of a folder by the ends of their names: `qweight`, say. A tensor
/// that has been taken is understood.
final class QuantizedModule {
  private final Path folder;
  private final String name;
  private final Map<String, Tensor> parts;

  QuantizedModule(Path folder, String name, Map<String, Tensor> parts) {
    this.folder = folder;
    this.name = name;
    this.parts = new TreeMap<>(parts);
  }

  String name() {
    return name;
  }

  /// The tensors that have not been taken.
  Map<String, Tensor> rest() {
    return parts;
  }

  boolean has(String part) {
    return parts.containsKey(part);
  }

  boolean has(String part, String format) {
    Tensor tensor = parts.get(part);
    return tensor != null && tensor.format().equals(format);
  }

  Optional<Tensor> find(String part) {
    return Optional.ofNullable(parts.remove(part));
  }

  /// @throws ModelException if there is no such tensor
  Tensor take(String part) {
    return find(part)
        .orElseThrow(
            () ->
                new ModelException(
                    "%s: the tensor %s.%s is missing".formatted(folder, name, part)));
  }

  /// A matrix of a format.
  ///
  /// @throws ModelException if there is no such tensor, or it is no matrix of the format
  Tensor matrix(String part, String format) {
    Tensor tensor = take(part);
    if (!tensor.format().equals(format)
        || tensor.shape().size() != 2
        || tensor.shape().contains(0)) {
      throw wrong(tensor, "is no matrix of the format " + format);
    }
    return tensor;
  }

  /// Scales of a tensor whose strides are known.
  ///
  /// @throws ModelException if the tensor has no format of scales
  Scales scales(Tensor tensor, long rowStride, long groupStride) {
    Scales.Format format =
        tensor.scales().orElseThrow(() -> wrong(tensor, "has a format that scales do not have"));
    return new Scales(format, tensor.data(), rowStride, groupStride);
  }

  /// Takes tensors that say how inputs are quantized: they change no weight.
  void ignore(String... inputs) {
    for (String input : inputs) {
      parts.remove(input);
    }
  }

  /// The weight that the tensors make.
  Weight weight(int rows, int columns, Encoding encoding) {
    return Weight.of(name + ".weight", List.of(rows, columns), encoding);
  }

  /// @throws ModelException if `size` is too large
  int size(Tensor tensor, long size) {
    if (size > 1 << 30) {
      throw wrong(tensor, "is too large");
    }
    return (int) size;
  }

  /// @throws ModelException if a tensor has another shape
  void require(Tensor tensor, long... shape) {
    if (!tensor.has(shape)) {
      throw wrong(tensor, "should have the shape " + Arrays.toString(shape));
    }
  }

  /// A refusal that names a tensor, its format and shape.
  ModelException wrong(Tensor tensor, String why) {
    return new ModelException("%s: the tensor %s %s".formatted(folder, tensor, why));
  }

  /// A refusal that names the module.
  ModelException wrong(String why) {
    return new ModelException("%s: the module %s %s".formatted(folder, name, why));
  }
}
