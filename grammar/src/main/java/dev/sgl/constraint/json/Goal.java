package dev.sgl.constraint.json;

import java.util.List;

/// Something that can be written to its end, or cannot.
interface Goal {

  /// The ways to the end: each is a list of what has to be written on it. Those that are likely to
  /// succeed come first.
  Iterable<List<Goal>> ways();
}
