package dev.sgl.local.checkpoint;

import com.google.common.collect.Maps;
import dev.sgl.local.weights.Role;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The names of a family's weights in its files.
///
/// @param stems the names without `.weight` and `.bias`
/// @param prefixes other beginnings that names have in some files
public record Names(Map<Role, Stem> stems, List<Prefix> prefixes) {
  /// The place of the number of an expert in a name.
  public static final String EXPERT = "{expert}";

  public Names {
    stems = Map.copyOf(stems);
    prefixes = List.copyOf(prefixes);
  }

  /// The name of a tensor, and how the weight is made of it.
  ///
  /// @param text the name without its end; `{}` is the number of the layer, [#EXPERT] that of the
  ///     expert
  /// @param rows that belong to the role, if the tensor is fused of several
  /// @param headOrder of the rows of each head, as [RotaryOrder#ofHead] gives it, if it is not ours
  /// @param offset that is added to the numbers
  /// @param end of the name of the weight
  public record Stem(
      String text, Optional<Part> rows, Optional<int[]> headOrder, float offset, String end) {
    /// The name of a tensor that is the weight.
    public Stem(String text) {
      this(text, Optional.empty(), Optional.empty(), 0, ".weight");
    }

    /// The name in a layer.
    public String of(int layer) {
      return text.replace("{}", Integer.toString(layer));
    }

    /// Whether each expert has a tensor of its own; else one tensor has the rows of all, one expert
    /// after the other.
    public boolean isOfExpert() {
      return text.contains(EXPERT);
    }

    /// The name of the tensor with the weight of an expert in a layer.
    public String weight(int layer, int expert) {
      return weight(layer).replace(EXPERT, Integer.toString(expert));
    }

    /// The name of the weight in a layer.
    public String weight(int layer) {
      return of(layer) + end;
    }

    private Stem of(Part part) {
      return new Stem(text, Optional.of(part), headOrder, offset, end);
    }

    private Stem inOrder(int[] order) {
      return new Stem(text, rows, Optional.of(order), offset, end);
    }

    private Stem plus(float added) {
      return new Stem(text, rows, headOrder, added, end);
    }

    private Stem ending(String with) {
      return new Stem(text, rows, headOrder, offset, with);
    }
  }

  /// The part of a fused tensor that belongs to a role.
  public sealed interface Part {}

  /// Rows one after the other.
  public record Rows(int first, int count) implements Part {}

  /// Rows that lie apart.
  ///
  /// @param of rows of the tensor
  public record Picked(int[] rows, int of) implements Part {}

  /// A name that begins with `usual` may begin with `other`.
  public record Prefix(String usual, String other) {}

  /// The name of a role.
  ///
  /// @throws IllegalArgumentException if the family has none for it
  public Stem stem(Role role) {
    Stem stem = stems.get(role);
    if (stem == null) {
      throw new IllegalArgumentException("the family has no name for " + role);
    }
    return stem;
  }

  /// Names of whole tensors.
  public static Names of(Map<Role, String> texts, Prefix... prefixes) {
    return new Names(Maps.transformValues(texts, Stem::new), List.of(prefixes));
  }

  /// The same with another name of a role.
  public Names with(Role role, String text) {
    return with(role, new Stem(text));
  }

  /// The same, but the weight of a role is some rows of a fused tensor.
  public Names withRows(Role role, String text, int first, int count) {
    return with(role, new Stem(text).of(new Rows(first, count)));
  }

  /// The same, but the rows of a role lie apart in a fused tensor.
  public Names withPicked(Role role, String text, Picked rows) {
    return with(role, new Stem(text).of(rows));
  }

  /// The same with the name of a number that files have without the end of weights.
  public Names withBuffer(Role role, String text) {
    return with(role, new Stem(text).ending(""));
  }

  /// The same, but the rows of a role are in another order.
  ///
  /// @param headOrder as [RotaryOrder#ofHead] gives it
  public Names withHeadOrder(Role role, int[] headOrder) {
    return with(role, stem(role).inOrder(headOrder));
  }

  /// The same, but a number is added to those of a role.
  public Names withOffset(Role role, float offset) {
    return with(role, stem(role).plus(offset));
  }

  /// The same with more prefixes.
  public Names withPrefixes(List<Prefix> more) {
    return new Names(stems, Stream.concat(prefixes.stream(), more.stream()).toList());
  }

  private Names with(Role role, Stem stem) {
    Map<Role, Stem> changed = new EnumMap<>(Role.class);
    changed.putAll(stems);
    changed.put(role, stem);
    return new Names(changed, prefixes);
  }

  /// A name as files may have it, the usual one first.
  Stream<String> ways(String name) {
    return Stream.concat(
        Stream.of(name),
        prefixes.stream()
            .filter(prefix -> name.startsWith(prefix.usual()))
            .map(prefix -> prefix.other() + name.substring(prefix.usual().length())));
  }
}
