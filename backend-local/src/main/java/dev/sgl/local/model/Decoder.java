package dev.sgl.local.model;

import dev.sgl.local.kernel.Kernels.AttentionShape;
import java.util.Collections;
import java.util.List;

/// A decoder as data: what a family adds to the plain transformer, layer by layer.
///
/// @param queryBias whether queries, keys and values have a bias
/// @param outputBias whether the attention's output has one
/// @param forwardBias whether the feed-forward part has one
/// @param headNorm whether queries and keys are normed head by head
/// @param windows for each layer the furthest that a token sees
public record Decoder(
    DecoderConfig config,
    boolean queryBias,
    boolean outputBias,
    boolean forwardBias,
    boolean headNorm,
    List<Integer> windows) {

  public Decoder {
    windows = List.copyOf(windows);
  }

  /// Every layer sees everything.
  static List<Integer> noWindows(DecoderConfig config) {
    return Collections.nCopies(config.layers(), AttentionShape.ALL);
  }
}
