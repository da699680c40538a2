package dev.sgl.local.kernel;

import dev.sgl.local.weights.Storage;
import java.util.List;

/// A weight as a device holds it, ready for its operations; made by [Device#load].
public interface Matrix {
  /// Numbers of an output.
  int rows();

  /// Numbers of an input.
  int columns();

  /// How each of the weights that it was made of is held, in their order.
  List<Storage> storage();
}
