package dev.sgl.backend;

/// A prefix that a backend keeps, so that requests that continue it need not compute it again.
public interface Pin extends AutoCloseable {
  /// Keeps nothing.
  Pin NONE = () -> {};

  /// Releases the prefix.
  @Override
  void close();
}
