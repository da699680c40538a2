package dev.sgl.backend;

import dev.sgl.constraint.JsonStyle.Layout;
import java.util.Optional;

/// How a value of a type is written.
///
/// @param layout the white space of its JSON; empty is the backend's default
/// @param onLength what happens to a value that is not complete where `max_tokens` comes near
public record Writing(Optional<Layout> layout, OnLength onLength) {
  public static final Writing DEFAULT = new Writing(Optional.empty(), OnLength.CLOSE);

  /// What happens to a value that is longer than it may be.
  public enum OnLength {
    /// It is closed: strings end, and what has to follow is written as shortly as the type allows.
    CLOSE,
    /// It is cut off, which is an error.
    ERROR
  }

  /// The same with another layout.
  public Writing withLayout(Layout value) {
    return new Writing(Optional.of(value), onLength);
  }
}
