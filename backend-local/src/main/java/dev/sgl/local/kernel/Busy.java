package dev.sgl.local.kernel;

/// A time in which a device computed, by [System#nanoTime].
///
/// @param what it computed: `layers`, or `tokens`
public record Busy(String what, long start, long end) {}
