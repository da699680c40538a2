package dev.sgl.local.kernel;

/// An interval in which a device computed, in nanoseconds of [System#nanoTime].
///
/// @param what the work: `layers`, or `tokens`
public record Busy(String what, long start, long end) {}
