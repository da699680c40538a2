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
  public Names {
    stems = Map.copyOf(stems);
    prefixes = List.copyOf(prefixes);
  }

  /// The name of a tensor; `{}` is the number of the layer.
  ///
  /// @param rows that belong to the role, if the tensor is fused of several
  public record Stem(String text, Optional<Rows> rows) {
    /// The name in a layer.
    public String of(int layer) {
      return text.replace("{}", Integer.toString(layer));
    }
  }

  /// Some rows of a tensor.
  public record Rows(int first, int count) {}

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

  /// Names that each stand for a whole tensor.
  public static Names of(Map<Role, String> texts, Prefix... prefixes) {
    return new Names(
        Maps.transformValues(texts, text -> new Stem(text, Optional.empty())), List.of(prefixes));
  }

  /// The same, but the weight of a role is some rows of a fused tensor.
  public Names withRows(Role role, String text, int first, int count) {
    Map<Role, Stem> changed = new EnumMap<>(stems);
    changed.put(role, new Stem(text, Optional.of(new Rows(first, count))));
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
