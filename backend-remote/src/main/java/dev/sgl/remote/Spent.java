package dev.sgl.remote;

/// What all requests to an endpoint have cost so far, those that were made again included.
///
/// @param requests that were answered, well or not
/// @param repeated those of them that were made again
/// @param cost by the prices that are known; 0 without any
public record Spent(
    long requests,
    long repeated,
    long promptTokens,
    long cachedTokens,
    long generatedTokens,
    double cost) {
  static final Spent NOTHING = new Spent(0, 0, 0, 0, 0, 0);
}
