package dev.sgl.backend;

/// How a request stands beside others.
///
/// @param priority requests with a higher one come first
/// @param cacheSalt requests with different salts share no computed states
public record Scheduling(int priority, String cacheSalt) {
  public static final Scheduling DEFAULT = new Scheduling(0, "");
}
