package dev.sgl.constraint;

/// How JSON is laid out.
///
/// @param layout the white space between its parts
/// @param anyOrder whether properties may come in any order, not only in that of the schema
/// @param written whether numbers are written in the usual way only: integers without a fraction,
///     listed numbers without zeros at the end, others with as many digits as a double can hold
/// @param syntax of the parts
public record JsonStyle(Layout layout, boolean anyOrder, boolean written, Syntax syntax) {

  /// The white space between the parts of a JSON text.
  public enum Layout {
    /// The writer's own: at each place where JSON allows white space there may be none, a blank, or
    /// a line end with an indentation of at most four blanks or one tab for each level of nesting.
    FREE("", ""),
    /// A blank after each comma and colon, and no other white space.
    SPACED(", ", ": "),
    /// No white space.
    COMPACT(",", ":");

    private final String comma;
    private final String colon;

    Layout(String comma, String colon) {
      this.comma = comma;
      this.colon = colon;
    }

    /// The text between two items or properties, where the layout fixes it.
    public String comma() {
      return comma;
    }

    /// The text between a name and its value, where the layout fixes it.
    public String colon() {
      return colon;
    }
  }

  /// White space as the writer likes.
  public static final JsonStyle FREE = written(Layout.FREE, Syntax.JSON);

  /// Without any white space.
  public static final JsonStyle COMPACT = written(Layout.COMPACT, Syntax.JSON);

  /// With a blank after each comma and colon.
  public static final JsonStyle SPACED = written(Layout.SPACED, Syntax.JSON);

  /// For checking a value that others have written, once it is parsed and printed again: no white
  /// space, any order.
  public static final JsonStyle ANY_ORDER = new JsonStyle(Layout.COMPACT, true, false, Syntax.JSON);

  /// As a model writes it: in the order of the schema, numbers in the usual way.
  public static JsonStyle written(Layout layout, Syntax syntax) {
    return new JsonStyle(layout, false, true, syntax);
  }
}
