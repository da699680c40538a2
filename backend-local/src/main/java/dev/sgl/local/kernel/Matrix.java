package dev.sgl.local.kernel;

/// A weight as a device holds it, ready for its operations; made by [Device#load].
public interface Matrix {
  /// Numbers of an output.
  int rows();

  /// Numbers of an input.
  int columns();
}
