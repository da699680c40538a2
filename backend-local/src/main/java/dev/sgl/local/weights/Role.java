package dev.sgl.local.weights;

/// The role of a weight in a model, independent of its name in a file. Most roles exist in each
/// layer.
public enum Role {
  /// A row for each token.
  EMBEDDING,
  /// A row for each position.
  POSITION_EMBEDDING,
  /// A row for each text of a sequence.
  SEGMENT_EMBEDDING,
  /// The norm of the sum of the embeddings.
  EMBEDDING_NORM,
  /// Per-layer embeddings: for each token, numbers for all layers.
  LAYER_EMBEDDING,
  /// From the embedding to numbers for all layers.
  LAYER_PROJECTION,
  /// The norm of the projected numbers of a layer.
  LAYER_PROJECTION_NORM,
  /// From the last state to logits: a row for each token.
  HEAD,
  FINAL_NORM,

  ATTENTION_NORM,
  QUERY,
  KEY,
  VALUE,
  /// The norms of queries and keys: of single heads, or of all of them.
  QUERY_NORM,
  KEY_NORM,
  ATTENTION_OUTPUT,
  /// The norm of the result of attention.
  ATTENTION_AFTER_NORM,

  /// The norm before a short convolution.
  CONVOLUTION_NORM,
  /// To the gate before the convolution.
  CONVOLUTION_GATE_IN,
  /// To the gate after the convolution.
  CONVOLUTION_GATE_OUT,
  /// To the numbers that are convolved.
  CONVOLUTION_INPUT,
  /// For each channel, the factors of the last tokens.
  CONVOLUTION,
  CONVOLUTION_OUTPUT,

  /// The norm before the feed-forward part.
  FORWARD_NORM,
  GATE,
  UP,
  DOWN,
  /// The norm of the result of the feed-forward part.
  FORWARD_AFTER_NORM,

  /// From a state to a score of each expert.
  ROUTER,
  /// Summands of the scores by which experts are chosen.
  ROUTER_CORRECTION,
  EXPERT_GATE,
  EXPERT_UP,
  EXPERT_DOWN,
  /// Of the expert of all tokens.
  SHARED_GATE,
  SHARED_UP,
  SHARED_DOWN,
  /// From a state to the factor of the result of that expert.
  SHARED_FACTOR,

  /// To the gate of the per-layer embedding.
  LAYER_INPUT_GATE,
  LAYER_INPUT_OUTPUT,
  /// The norm of the result of the part that adds the per-layer embedding.
  LAYER_INPUT_AFTER_NORM,
  /// The factor of the sum at the end of a layer (`layer_scalar`).
  LAYER_FACTOR,

  /// From a state to the input of [#LABELS].
  POOLER,
  /// From a state to scores: a row for each label.
  LABELS
}
