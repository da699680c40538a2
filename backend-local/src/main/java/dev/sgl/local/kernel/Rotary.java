package dev.sgl.local.kernel;

/// Rotary positions (Su et al., RoFormer, 2021).
///
/// @param frequencies radians per position of each pair of a head's numbers, `[headDim / 2]`
/// @param stretch the factor of rotated queries and keys
public record Rotary(float[] frequencies, float stretch) {}
