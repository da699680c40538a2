package dev.sgl.local.kernel;

/// The state that a layer keeps of each sequence, in single precision. Its size does not depend on
/// the length of the sequence. A sequence starts with zeros.
///
/// @param length the count of numbers
public record State(int length) {}
