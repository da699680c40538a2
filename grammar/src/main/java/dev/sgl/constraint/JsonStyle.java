package dev.sgl.constraint;

/// How JSON is laid out.
///
/// @param comma what stands between items and between properties
/// @param colon what stands between a name and its value
/// @param space most characters of white space after a bracket, comma or colon and before a closing
///     bracket, besides the above
/// @param anyOrder whether properties may come in any order, not only in that of the schema
/// @param written whether numbers are written in the usual way only: integers without a fraction,
///     listed numbers without zeros at the end
public record JsonStyle(String comma, String colon, int space, boolean anyOrder, boolean written) {
  /// Without any white space.
  public static final JsonStyle COMPACT = new JsonStyle(",", ":", 0, false, true);

  /// With a space after each comma and colon.
  public static final JsonStyle SPACED = new JsonStyle(", ", ": ", 0, false, true);

  /// For checking what others have written, once it is parsed and printed again: no white space,
  /// any order.
  public static final JsonStyle ANY_ORDER = new JsonStyle(",", ":", 0, true, false);

  /// This style with up to `characters` of white space.
  public JsonStyle withSpace(int characters) {
    return new JsonStyle(comma, colon, characters, anyOrder, written);
  }
}
