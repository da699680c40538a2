package dev.sgl.local.weights;

/// What a weight is for in a model, whatever a file calls it. Most are in each layer.
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
