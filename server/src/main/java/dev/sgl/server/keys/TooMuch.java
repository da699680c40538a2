package dev.sgl.server.keys;

import java.time.Duration;

/// A refusal of a call whose caller has no requests or tokens left.
///
/// @param kind `requests` or `tokens`, of which none are left
/// @param isQuota whether the day's tokens are spent, so that trying again soon is of no use
/// @param pause after which there is room again
public record TooMuch(String kind, boolean isQuota, Duration pause, String message) {}
