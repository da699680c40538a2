package dev.sgl.backend;

import dev.sgl.constraint.JsonStyle.Layout;
import dev.sgl.program.Type;
import dev.sgl.program.Types;
import java.util.Optional;

/// How a value of a type is written.
///
/// @param layout the white space of its JSON; empty is the backend's default
/// @param onLength what happens to a value that is not complete where `max_tokens` comes near;
///     empty closes it, but no call: nobody should make one with half of its arguments
/// @param end what follows the value and is generated with it, with white space before it; empty if
///     nothing does
public record Writing(Optional<Layout> layout, Optional<OnLength> onLength, String end) {
  public static final Writing DEFAULT = new Writing(Optional.empty(), Optional.empty());

  /// A value that nothing follows.
  public Writing(Optional<Layout> layout, Optional<OnLength> onLength) {
    this(layout, onLength, "");
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
    return new Writing(layout, onLength.or(() -> Optional.of(OnLength.ERROR)), end);
  }

  /// The same with another layout.
  public Writing withLayout(Layout value) {
    return new Writing(Optional.of(value), onLength, end);
  }
}
