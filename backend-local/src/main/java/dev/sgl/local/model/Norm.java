package dev.sgl.local.model;

import dev.sgl.local.weights.Role;

/// A root-mean-square norm (Zhang and Sennrich, 2019) of groups of `length` numbers.
///
/// @param role of its weights
public record Norm(Role role, int length, float epsilon) {}
