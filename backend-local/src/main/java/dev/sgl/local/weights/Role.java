package dev.sgl.local.weights;

/// The role of a weight in a model, independent of its name in a file. Most roles exist in each
/// layer.
public enum Role {
  /// A row for each token.
  EMBEDDING,
  /// From the last state to logits: a row for each token.
  HEAD,
  FINAL_NORM,

  ATTENTION_NORM,
  QUERY,
  KEY,
  VALUE,
  /// The norms of single heads.
  QUERY_NORM,
  KEY_NORM,
  ATTENTION_OUTPUT,

  /// The norm before the feed-forward part.
  FORWARD_NORM,
  GATE,
  UP,
  DOWN
}
