package dev.sgl.local.schedule;

/// In which order waiting requests of the same priority come.
public enum Order {
  /// What has the longest beginning in the cache comes first; nobody waits longer than the
  /// scheduler's patience because of it.
  LONGEST_PREFIX,
  /// What came first comes first.
  FIRST_COME
}
