package dev.sgl.backend;

import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.constraint.Syntax;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.Optional;
import java.util.Set;

/// How a value of a type is written.
///
/// @param layout the white space of its JSON; empty is the backend's default
/// @param onLength what happens to a value that is not complete where `max_tokens` comes near;
///     empty closes it, but no call: nobody should make one with half of its arguments
/// @param end what follows the value and is generated with it, with white space before it; empty if
///     nothing does
/// @param syntax of values that are JSON otherwise
/// @param specials names of special tokens that are a part of the value's text
public record Writing(
    Optional<Layout> layout,
    Optional<OnLength> onLength,
    String end,
    Syntax syntax,
    Set<String> specials) {
  public static final Writing DEFAULT = new Writing(Optional.empty(), Optional.empty());

  public Writing {
    specials = Set.copyOf(specials);
  }

  /// A value that nothing follows.
  public Writing(Optional<Layout> layout, Optional<OnLength> onLength) {
    this(layout, onLength, "", Syntax.JSON, Set.of());
  }

  /// What happens to a value that is longer than it may be.
  public enum OnLength {
    /// It is closed: strings end, and the rest is written as shortly as the type allows.
    CLOSE,
    /// It is cut off, which is an error.
    ERROR
  }

  /// Whether a value of this type is closed where `max_tokens` comes near.
  public boolean closes(Type type) {
    return onLength.orElse(Types.mayCall(type) ? OnLength.ERROR : OnLength.CLOSE) == OnLength.CLOSE;
  }

  /// The same for the arguments of a call, with `end` behind them. A model writes their last
  /// brace and that of the call as one token, so the value is generated with both.
  public Writing ofCall(String end) {
    return new Writing(layout, ofCall(), end, syntax, specials);
  }

  /// The same for the arguments of a call that are not written as JSON.
  public Writing ofCall(Syntax value, Set<String> names) {
    return new Writing(layout, ofCall(), end, value, names);
  }

  private Optional<OnLength> ofCall() {
    return onLength.or(() -> Optional.of(OnLength.ERROR));
  }

  /// The same with another layout.
  public Writing withLayout(Layout value) {
    return new Writing(Optional.of(value), onLength, end, syntax, specials);
  }

  /// The same with the names of special tokens as a part of the text.
  public Writing withSpecials(Set<String> names) {
    return new Writing(layout, onLength, end, syntax, names);
  }
}
