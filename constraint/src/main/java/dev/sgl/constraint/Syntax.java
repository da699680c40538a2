package dev.sgl.constraint;

import java.util.Optional;

/// How the parts of a JSON value are written: as JSON, or as a family of models writes the
/// arguments of calls.
///
/// @param outer how the outermost object is written; empty if as JSON
/// @param inner how the objects inside of it are written; empty if as JSON
/// @param scalars how values are written that have no parts
/// @param sorted whether properties come in the order of their names, without regard to case; else
///     in that of the schema
public record Syntax(
    Optional<Members> outer, Optional<Members> inner, Scalars scalars, boolean sorted) {

  /// JSON (RFC 8259).
  public static final Syntax JSON =
      new Syntax(Optional.empty(), Optional.empty(), Scalars.JSON, false);

  /// An outermost object of its own kind, with values of JSON.
  public static Syntax of(Members outer) {
    return new Syntax(Optional.of(outer), Optional.empty(), Scalars.JSON, false);
  }

  /// JSON with properties in the order of this syntax: to follow a schema beside a text.
  public Syntax inJson() {
    return new Syntax(Optional.empty(), Optional.empty(), Scalars.JSON, sorted);
  }

  /// Whether this is JSON.
  public boolean isJson() {
    return equals(JSON);
  }

  /// The texts around the parts of an object. A name is written as it is, and ends where
  /// `afterName` comes first.
  ///
  /// @param begin of the object
  /// @param beforeName of each property
  /// @param afterName of each property; not empty
  /// @param beforeValue of each value that is not among `strings`
  /// @param afterValue of each value that is not among `strings`
  /// @param between two properties
  /// @param end of the object; not empty
  /// @param strings how a string is written that is the value of a property; empty if as other
  ///     strings are
  public record Members(
      String begin,
      String beforeName,
      String afterName,
      String beforeValue,
      String afterValue,
      String between,
      String end,
      Optional<Raw> strings) {

    /// Whether a property's name can be told from the texts around it.
    public boolean mayName(String name) {
      boolean isEnd = beforeName.isEmpty() && name.startsWith(end);
      return !isEnd && (name + afterName).indexOf(afterName) == name.length();
    }
  }

  /// A string that is written as it is, and ends where `end` comes first.
  ///
  /// @param end not empty
  public record Raw(String begin, String end) {}

  /// How values are written that have no parts.
  ///
  /// @param nothing how `null` is written
  /// @param yes how `true` is written
  /// @param no how `false` is written
  /// @param strings how strings are written; empty if as JSON
  public record Scalars(String nothing, String yes, String no, Optional<Raw> strings) {
    /// As JSON has them.
    public static final Scalars JSON = new Scalars("null", "true", "false", Optional.empty());

    /// As Python has them.
    public static final Scalars PYTHON = new Scalars("None", "True", "False", Optional.empty());
  }
}
