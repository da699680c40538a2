package dev.sgl.local.kernel;

/// The keys and values of all sequences, in pages of a fixed number of tokens, and the states of
/// sequences, each in a slot. Which sequence owns which page and slot is the engine's to know.
public interface KvPool {
  /// Number of pages.
  int pages();

  /// Tokens of a page.
  int pageSize();

  /// Number of slots; 0 if the model keeps no states.
  int slots();

  /// Takes memory for a page in all layers, if it has none yet.
  void prepare(int page);

  /// Copies the keys and values of the first `tokens` tokens of a page, in all layers.
  void copy(int from, int to, int tokens);
}
