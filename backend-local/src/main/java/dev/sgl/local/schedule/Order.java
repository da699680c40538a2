package dev.sgl.local.schedule;

/// In which order waiting requests of the same priority come.
public enum Order {
  /// The sequence with the longest cached prefix comes first, unless another has waited longer than
  /// the scheduler's patience.
  LONGEST_PREFIX,
  /// The sequence that was submitted first comes first.
  FIRST_COME
}
