package dev.sgl.constraint.json;

import dev.sgl.constraint.ConstraintException;
import dev.sgl.constraint.json.document.SchemaLocation;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// The formats of a schema of which only a part is allowed, since the whole is no regular language.
/// They must not be denied: their complement holds valid strings, too.
final class NarrowedFormats {
  private final Map<Formula, String> names = new HashMap<>(); // by the assertion of a string
  private final Function<SchemaLocation, Formula> reader;

  /// @param reader gives the formula of the schema at a place
  NarrowedFormats(Function<SchemaLocation, Formula> reader) {
    this.reader = reader;
  }

  void add(Formula text, String name) {
    names.put(text, name);
  }

  /// Refuses a schema in which one of the formats may be denied.
  void requireNotDenied(Formula root) {
    denied(root).ifPresent(NarrowedFormats::refuse);
  }

  /// Refuses a formula without references that has one of the formats in it.
  void requireAbsent(Formula formula) {
    in(formula).ifPresent(NarrowedFormats::refuse);
  }

  private static void refuse(String name) {
    throw new ConstraintException(
        ("the format `%s`, of which only a part is allowed, is not supported inside of `not`,"
                + " `oneOf`, `if`, `contains` and `propertyNames`")
            .formatted(name));
  }

  /// A format that may be denied, if there is one.
  Optional<String> denied(Formula root) {
    return names.isEmpty() ? Optional.empty() : look(root, false, seen());
  }

  /// A format in a formula without references, if there is one.
  Optional<String> in(Formula formula) {
    return look(formula, true, seen());
  }

  private static List<Set<Formula>> seen() {
    return List.of(new HashSet<>(), new HashSet<>());
  }

  /// @param denied whether `formula` stands where it may have to be false
  /// @param seen the formulas that were looked at, not denied and denied
  private Optional<String> look(Formula formula, boolean denied, List<Set<Formula>> seen) {
    if (!seen.get(denied ? 1 : 0).add(formula)) {
      return Optional.empty();
    }
    return switch (formula) {
      case Formula.Not not -> look(not.inner, true, seen);
      case Formula.And and -> any(and.parts, denied, seen);
      case Formula.Or or -> any(or.parts, denied, seen);
      case Formula.One one -> any(one.parts, true, seen);
      case Formula.Ref ref -> look(reader.apply(ref.location), denied, seen);
      case Formula.Each each -> look(each.value, denied, seen);
      case Formula.Items items -> look(items.value, denied, seen);
      case Formula.Contains contains -> look(contains.value, true, seen);
      case Formula.Text text when denied -> Optional.ofNullable(names.get(text));
      case Formula.Text _,
          Formula.Constant _,
          Formula.Kinds _,
          Formula.Number _,
          Formula.Properties _,
          Formula.Length _,
          Formula.Unique _ ->
          Optional.empty();
    };
  }

  private Optional<String> any(
      Collection<? extends Formula> parts, boolean denied, List<Set<Formula>> seen) {
    return parts.stream().flatMap(part -> look(part, denied, seen).stream()).findFirst();
  }
}
