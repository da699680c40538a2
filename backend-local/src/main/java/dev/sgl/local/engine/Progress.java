package dev.sgl.local.engine;

/// Hears how far the loading of a model is.
@FunctionalInterface
public interface Progress {
  /// Hears nothing.
  Progress SILENT = (_, _, _) -> {};

  /// `done` of `total` bytes are ready; `what` is being done.
  void loading(String what, long done, long total);

  /// The model is computed by `name`.
  default void device(String name) {}
}
