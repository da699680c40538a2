package dev.sgl.local.family;

/// The results of a model, by the end of its architecture's name.
public enum Purpose {
  /// More text.
  TEXT("ForCausalLM"),
  /// States, which are pooled to a vector.
  STATES("Model"),
  /// Scores of labels.
  LABELS("ForSequenceClassification");

  private final String end;

  Purpose(String end) {
    this.end = end;
  }

  String end() {
    return end;
  }
}
