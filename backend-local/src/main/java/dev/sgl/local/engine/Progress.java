package dev.sgl.local.engine;

/// Called while a model is loaded.
@FunctionalInterface
public interface Progress {
  /// Does nothing.
  Progress SILENT = (_, _, _) -> {};

  /// `done` of `total` bytes are ready; `what` is being done.
  void loading(String what, long done, long total);

  /// The model is computed by `name`, which also says why it is not by a GPU, if it is not.
  default void device(String name) {}
}
