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
    Optional<Names.Rows> part = names.stem(role).rows();
    return find(names.stem(role).of(layer) + ".weight")
        .map(
            weight ->
                part.isPresent() && weight.rows() >= part.get().first() + part.get().count()
                    ? weight.rows(part.get().first(), part.get().count())
                    : weight);
  }

  private Optional<Weight> find(String name) {
    return names.ways(name).flatMap(way -> checkpoint.find(way).stream()).findFirst();
  }

  @Override
  public Weight weight(Role role, int layer, int rows, int columns) {
    Weight weight =
        find(role, layer).orElseThrow(() -> missing(names.stem(role).of(layer) + ".weight"));
    return checked(weight, rows, columns);
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
    Optional<Names.Rows> part = names.stem(role).rows();
    if (part.isPresent() && bias.columns() >= part.get().first() + part.get().count()) {
      bias = bias.columns(part.get().first(), part.get().count());
    }
    return checked(bias, 1, length);
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
