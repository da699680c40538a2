package dev.sgl.local.weights;

import java.util.Optional;

/// The weights of a model by their roles: of a model folder, say.
public interface WeightSource {

  /// The weight of a role.
  ///
  /// @param layer its number; of no account for a role that is there once
  Optional<Weight> find(Role role, int layer);

  /// The weight of a role, of the given shape.
  ///
  /// @throws ModelException if it is missing or has another shape
  Weight weight(Role role, int layer, int rows, int columns);

  /// The weight of a role of one of several experts, of the given shape.
  ///
  /// @param expert its number
  /// @throws ModelException if it is missing or has another shape
  Weight expert(Role role, int layer, int expert, int rows, int columns);

  /// The bias that belongs to the weight of a role.
  ///
  /// @throws ModelException if it is missing or has another length
  Weight bias(Role role, int layer, int length);

  /// Bytes that a device needs at least, which computes in 16 bits and keeps codes.
  long leastBytes();
}
