package dev.sgl.backend;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;

/// A backend whose model is at hand with its tokens: what a server needs beyond what programs do.
public interface TokenBackend extends Backend {

  /// What the model is.
  ModelCard card();

  /// The tokens of a prompt as the model sees it.
  ///
  /// @throws BackendException if there can be no such prompt
  List<Integer> tokens(Prompt prompt);

  /// The text of a conversation as the model's chat template writes it.
  ///
  /// @throws BackendException if the model has no template, or it refuses the conversation
  String text(Prompt.Chat chat);

  /// The tokens of a text by itself. The names of special tokens in it become these tokens.
  ///
  /// @param whole whether it gets the tokens that begin every text of the model
  List<Integer> tokens(String text, boolean whole);

  /// The first tokens of a whole text, between those that begin and end every text of the model.
  ///
  /// @param most tokens in all
  List<Integer> firstTokens(String text, int most);

  /// A token by its id; empty if the model has no such token.
  Optional<Token> token(int id);

  /// The token with this name, if it is a special one.
  Optional<Token> special(String name);

  /// The texts of special tokens by their roles, as tokenizers name these: `bos_token`,
  /// `eos_token`, `pad_token`, `unk_token`. A role that the model does not have is missing.
  Map<String, String> roles();

  /// The log-probabilities of the tokens of a prompt, each given those before it.
  ///
  /// @param top how many of the likeliest tokens to report at each place
  /// @return one for each token but the first
  /// @throws BackendException if the prompt is longer than the context
  List<Reply.Logprob> score(List<Integer> tokens, int top, Scheduling scheduling);

  /// The abilities of the model beside generating text.
  ReadingCard reading();

  /// The model's last hidden states of a text, pooled to one vector of [ReadingCard#dimensions]
  /// numbers.
  ///
  /// @throws BackendException if the text is longer than the context
  float[] embed(List<Integer> tokens, Pooling pooling, Scheduling scheduling);

  /// The scores of the labels of a text.
  ///
  /// @return a number for each of [ReadingCard#labels], before any activation
  /// @throws BackendException if the model has no labels, or the text is longer than the context
  float[] label(List<Integer> tokens, Scheduling scheduling);

  /// How well a document answers a query.
  ///
  /// @throws BackendException if the model does not rank, or both are longer than the context
  Relevance relevance(Comparison comparison, Scheduling scheduling);

  /// The log-probabilities of some tokens as the next one.
  ///
  /// @throws BackendException if the model generates no text, or there is no room for a token
  double[] next(List<Integer> tokens, List<Integer> candidates, Scheduling scheduling);

  /// The prefixes of earlier requests that are cached at the moment.
  ///
  /// @param most runs to show
  CacheTree cacheTree(int most);

  /// Forgets the cached prefixes of earlier requests that no running request uses.
  void flushCache();

  /// How busy it is at the moment.
  Load load();

  /// The reading of a text was broken off, since its caller was interrupted.
  final class BrokenOffException extends CancellationException {
    private static final long serialVersionUID = 1;

    private final int computedTokens;

    /// @param computedTokens of the text that the model had read by then, cached ones included
    public BrokenOffException(int computedTokens) {
      super("cancelled");
      this.computedTokens = computedTokens;
    }

    /// Tokens of the text that the model had read by then, cached ones included.
    public int computedTokens() {
      return computedTokens;
    }
  }

  /// The work of a model, and the room for it.
  ///
  /// @param running sequences that take part in batches
  /// @param waiting sequences that have no room yet
  /// @param used tokens whose states are held for running and waiting sequences
  /// @param room tokens whose states can be held at the same time, cached prefixes included
  record Load(int running, int waiting, int used, int room) {}

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

  /// The abilities of a model beside generating text.
  ///
  /// @param generates whether it also generates text
  /// @param embeds whether it was made for vectors of texts
  /// @param ranks whether it says how well a document answers a query
  /// @param pooling by which its folder pools states
  /// @param dimensions numbers of a vector
  /// @param prompts texts that come before others, by the names of their uses
  /// @param prompt the name of the one that comes before a text if nothing else is said
  /// @param labels of a classifier
  /// @param activation of their scores
  record ReadingCard(
      boolean generates,
      boolean embeds,
      boolean ranks,
      Pooling pooling,
      int dimensions,
      Map<String, String> prompts,
      Optional<String> prompt,
      List<String> labels,
      Activation activation) {
    public ReadingCard {
      prompts = Map.copyOf(prompts);
      labels = List.copyOf(labels);
    }
  }

  /// A query with a document.
  ///
  /// @param instruction that says which documents are relevant, if the model takes one
  /// @param most tokens that are kept of both
  /// @param activated whether the score goes through the function that the model's folder names
  record Comparison(
      String query,
      String document,
      Optional<String> instruction,
      OptionalInt most,
      boolean activated) {
    /// A query with a document, compared as the model's folder says.
    public static Comparison of(String query, String document) {
      return new Comparison(query, document, Optional.empty(), OptionalInt.empty(), true);
    }
  }

  /// How well a document answers a query.
  ///
  /// @param score higher is better; from 0 to 1 unless the model's folder says otherwise
  /// @param tokens that were read
  record Relevance(double score, int tokens) {}

  /// A function of the scores of labels.
  enum Activation {
    /// The scores themselves.
    NONE,
    /// Each becomes a probability of its own.
    SIGMOID,
    /// All become probabilities whose sum is 1.
    SOFTMAX;

    /// The function of all scores.
    public double[] of(float[] scores) {
      double[] all = new double[scores.length];
      double most = Double.NEGATIVE_INFINITY;
      for (float score : scores) {
        most = Math.max(most, score);
      }
      double sum = 0;
      for (int i = 0; i < all.length; i++) {
        all[i] =
            switch (this) {
              case NONE -> scores[i];
              case SIGMOID -> 1 / (1 + Math.exp(-scores[i]));
              case SOFTMAX -> Math.exp(scores[i] - most);
            };
        sum += all[i];
      }
      for (int i = 0; i < all.length && this == SOFTMAX; i++) {
        all[i] /= sum;
      }
      return all;
    }
  }

  /// How the states of all tokens become one vector.
  enum Pooling {
    /// Their mean.
    MEAN,
    /// The last one's.
    LAST,
    /// The first one's: in encoders a token for the whole text.
    FIRST,
    /// For each number its largest.
    MAX,
    /// Their sum, by the root of their number.
    MEAN_SQRT_LENGTH,
    /// Their mean, each weighted by its position, which begins at 1.
    WEIGHTED_MEAN
  }
}
