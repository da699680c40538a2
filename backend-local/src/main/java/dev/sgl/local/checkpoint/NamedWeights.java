package dev.sgl.local.checkpoint;

import com.google.common.base.Joiner;
import dev.sgl.local.weights.DType;
import dev.sgl.local.weights.GgmlType;
import dev.sgl.local.weights.ModelException;
import dev.sgl.local.weights.Role;
import dev.sgl.local.weights.Weight;
import dev.sgl.local.weights.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The weights of a checkpoint by the names that its family gives them.
public final class NamedWeights implements WeightSource {
  private final Checkpoint checkpoint;
  private final Names names;

  /// The weights of `checkpoint`, whose tensors have the names of the family.
  public NamedWeights(Checkpoint checkpoint, Names names) {
    this.checkpoint = checkpoint;
    this.names = names;
  }

  @Override
  public Optional<Weight> find(Role role, int layer) {
    Names.Stem stem = names.stem(role);
    return find(stem.weight(layer)).map(tensor -> ours(tensor, stem).plus(stem.offset()));
  }

  /// The rows of a tensor that belong to a role, in our order. Of too few rows in a row it is the
  /// tensor itself, whose shape is refused later.
  private static Weight ours(Weight tensor, Names.Stem stem) {
    Weight weight = stem.rows().map(part -> part(tensor, part)).orElse(tensor);
    return stem.headOrder().isPresent() ? ordered(weight, stem.headOrder().get()) : weight;
  }

  private static Weight part(Weight tensor, Names.Part part) {
    return switch (part) {
      case Names.Rows(int first, int count) -> {
        if (tensor.rows() >= first + count) {
          yield tensor.rows(first, count);
        }
        boolean isVector = tensor.shape().size() == 1 && tensor.columns() >= first + count;
        yield isVector ? tensor.columns(first, count) : tensor;
      }
      case Names.Picked(int[] rows, int of) -> {
        if (tensor.shape().isEmpty() || tensor.shape().getFirst() != of) {
          throw new ModelException(
              "the tensor %s has the shape %s, but config.json wants %d rows"
                  .formatted(tensor.name(), tensor.shape(), of));
        }
        yield tensor.reordered(rows);
      }
    };
  }

  private static Weight ordered(Weight weight, int[] headOrder) {
    int rows = weight.shape().isEmpty() ? 0 : weight.shape().getFirst();
    return rows % headOrder.length == 0
        ? weight.reordered(RotaryOrder.ofAll(rows, headOrder))
        : weight; // its shape is refused later
  }

  private Optional<Weight> find(String name) {
    return names.ways(name).flatMap(way -> checkpoint.find(way).stream()).findFirst();
  }

  @Override
  public Weight weight(Role role, int layer, int rows, int columns) {
    Weight weight = find(role, layer).orElseThrow(() -> missing(names.stem(role).weight(layer)));
    return checked(weight, rows, columns);
  }

  @Override
  public Weight expert(Role role, int layer, int expert, int rows, int columns) {
    Names.Stem stem = names.stem(role);
    String name = stem.weight(layer, expert);
    Weight tensor = find(name).orElseThrow(() -> missing(name));
    Weight own = stem.isOfExpert() ? tensor : ofExpert(tensor, expert);
    return checked(ours(own, stem), rows, columns);
  }

  /// The rows of an expert, of a tensor that has those of all.
  private static Weight ofExpert(Weight tensor, int expert) {
    boolean isThere = tensor.shape().size() == 3 && expert < tensor.shape().getFirst();
    return isThere
        ? tensor.rows(expert * tensor.shape().get(1), tensor.shape().get(1))
        : tensor; // its shape is refused later
  }

  private Weight checked(Weight weight, int rows, int columns) {
    if (weight.rows() != rows || weight.columns() != columns) {
      throw new ModelException(
          "%s: the tensor %s is %d × %d, but config.json wants %d × %d"
              .formatted(
                  checkpoint.folder(),
                  weight.name(),
                  weight.rows(),
                  weight.columns(),
                  rows,
                  columns));
    }
    return weight;
  }

  @Override
  public Weight bias(Role role, int layer, int length) {
    String name = names.stem(role).of(layer) + ".bias";
    Weight bias = find(name).orElseThrow(() -> missing(name));
    return checked(ours(bias, names.stem(role)), 1, length);
  }

  /// The formats of the checkpoint's kind of files.
  private List<Enum<?>> supported() {
    List<Enum<?>> formats = new ArrayList<>(List.of(DType.values()));
    if (checkpoint.gguf().isPresent()) {
      formats.addAll(List.of(GgmlType.values()));
    }
    return formats;
  }

  private ModelException missing(String name) {
    String why =
        names
            .ways(name)
            .flatMap(way -> checkpoint.unread(way).stream())
            .findFirst()
            .map(
                format ->
                    "is in the format %s, which is not supported; supported are %s"
                        .formatted(format, Joiner.on(", ").join(supported())))
            .orElse("is missing");
    return new ModelException("%s: the tensor %s %s".formatted(checkpoint.folder(), name, why));
  }

  @Override
  public long leastBytes() {
    return checkpoint.leastBytes();
  }
}
