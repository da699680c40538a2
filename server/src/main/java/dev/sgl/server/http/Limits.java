package dev.sgl.server.http;

/// What a server takes at most.
///
/// @param bodyBytes of a call
/// @param calls that are answered at the same time; more are refused
public record Limits(int bodyBytes, int calls) {
  public static final Limits DEFAULT = new Limits(32 << 20, 4096);
}
