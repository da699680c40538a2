package dev.sgl.backend;

/// A beginning that a backend keeps, so that what goes on from it need not be computed anew.
public interface Pin extends AutoCloseable {
  /// Keeps nothing.
  Pin NONE = () -> {};

  /// The beginning is no longer needed.
  @Override
  void close();
}
