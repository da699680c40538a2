package dev.sgl.local.kernel;

/// The numbers that a layer keeps of each sequence, whatever its length, in single precision. A
/// sequence begins with zeros.
///
/// @param length of the numbers of a sequence
public record State(int length) {}
