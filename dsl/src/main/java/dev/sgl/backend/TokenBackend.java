package dev.sgl.backend;

import java.util.List;
import java.util.Optional;

/// A backend whose model is at hand with its tokens: what a server needs beyond what programs do.
public interface TokenBackend extends Backend {

  /// What the model is.
  ModelCard card();

  /// The tokens of a prompt as the model sees it.
  ///
  /// @throws BackendException if there can be no such prompt
  List<Integer> tokens(Prompt prompt);

  /// The tokens of a text by itself. The names of special tokens in it become these tokens.
  ///
  /// @param whole whether it gets the tokens that begin every text of the model
  List<Integer> tokens(String text, boolean whole);

  /// A token by its id; empty if the model has no such token.
  Optional<Token> token(int id);

  /// The token with this name, if it is a special one.
  Optional<Token> special(String name);

  /// The log-probabilities of the tokens of a prompt, each given those before it.
  ///
  /// @param top how many of the likeliest tokens to report at each place
  /// @return one for each token but the first
  /// @throws BackendException if the prompt is longer than the context
  List<Reply.Logprob> score(List<Integer> tokens, int top, Scheduling scheduling);

  /// The model's last hidden states of a text, pooled to one vector of [ModelCard#hidden] numbers.
  ///
  /// @throws BackendException if the text is longer than the context
  float[] embed(List<Integer> tokens, Pooling pooling, Scheduling scheduling);

  /// The prefixes of earlier requests that are cached at the moment.
  ///
  /// @param most runs to show
  CacheTree cacheTree(int most);

  /// Forgets the cached prefixes of earlier requests that no running request uses.
  void flushCache();

  /// What a model is.
  ///
  /// @param path where it was loaded from
  /// @param family the architecture that its configuration names
  /// @param context most tokens of a prompt and its continuation
  /// @param vocabulary tokens
  /// @param hidden numbers of a hidden state
  /// @param chatTemplate the source of its chat template, if it has one
  record ModelCard(
      String name,
      String path,
      String family,
      int context,
      int vocabulary,
      int hidden,
      Optional<String> chatTemplate) {}

  /// A token.
  ///
  /// @param bytes its text as bytes; special tokens have none
  record Token(int id, String text, List<Byte> bytes) {
    public Token {
      bytes = List.copyOf(bytes);
    }
  }

  /// How the states of all tokens become one vector.
  enum Pooling {
    /// Their mean.
    MEAN,
    /// The last one's.
    LAST
  }
}
