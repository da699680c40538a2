package dev.sgl.local.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.primitives.Ints;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.TokenBackend.Activation;
import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.embedding.EmbeddingFolder;
import dev.sgl.local.family.Families;
import dev.sgl.local.family.Purpose;
import dev.sgl.local.model.Decoder;
import dev.sgl.local.model.DenseLayers;
import dev.sgl.local.model.Scorer;
import dev.sgl.local.schedule.Sequence;
import dev.sgl.local.weights.ModelException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Reads texts for their vectors, or for the scores of labels.
public final class TextReader {
  private final Purpose purpose;
  private final EmbeddingFolder folder;
  private final Optional<Scorer> scorer;
  private final DenseLayers scoring;
  private final Activation activation;
  private final Activation ranking;
  private final Decoder decoder;
  private final String architecture;
  private final boolean hasSegments;

  /// Runs sequences.
  public interface Runner {
    /// Waits for the outcome of a sequence.
    <T> T run(ReadSequence<T> sequence);
  }

  /// Reads the settings of a model's folder.
  ///
  /// @throws dev.sgl.local.weights.ModelException if it says something that is not supported, or a
  ///     weight is missing
  public TextReader(Checkpoint model) {
    JsonNode config = model.json("config.json");
    purpose = Families.purpose(config);
    architecture = config.path("architectures").path(0).asText();
    decoder = Families.decoder(config);
    folder = EmbeddingFolder.read(model, decoder.hidden());
    scorer = purpose == Purpose.LABELS ? Optional.of(Families.scorer(config)) : Optional.empty();
    scoring =
        scorer
            .map(of -> DenseLayers.load(of.layers(), Families.weights(model)))
            .orElse(DenseLayers.NONE);
    Optional<Activation> named = named(model, config);
    boolean regresses = config.path("problem_type").asText("").equals("regression");
    activation = regresses ? Activation.NONE : named.orElse(usual(config, labels().size()));
    ranking = named.orElse(Activation.SIGMOID);
    JsonNode inputs = model.json("tokenizer_config.json").path("model_input_names");
    hasSegments = inputs.isMissingNode() || inputs.toString().contains("\"token_type_ids\"");
  }

  /// The activation that a folder names, in the order of places in which `sentence-transformers`
  /// looks for it.
  private static Optional<Activation> named(Checkpoint model, JsonNode config) {
    return Stream.of(
            model.json("config_sentence_transformers.json").path("activation_fn"),
            config.path("sentence_transformers").path("activation_fn"),
            config.path("sbert_ce_default_activation_function"))
        .filter(JsonNode::isTextual)
        .findFirst()
        .map(JsonNode::asText)
        .map(
            name ->
                switch (name.substring(name.lastIndexOf('.') + 1)) {
                  case "Identity" -> Activation.NONE;
                  case "Sigmoid" -> Activation.SIGMOID;
                  case "Softmax" -> Activation.SOFTMAX;
                  default ->
                      throw new ModelException("the activation " + name + " is not supported");
                });
  }

  /// The activation that `transformers` takes for as many labels.
  private static Activation usual(JsonNode config, int labels) {
    boolean independent =
        config.path("problem_type").asText("").equals("multi_label_classification");
    return labels == 1 || independent ? Activation.SIGMOID : Activation.SOFTMAX;
  }

  /// Whether it was made for vectors: it has no other use, or the folder says how to pool.
  public boolean isEmbedder() {
    return purpose == Purpose.STATES || folder.pooling().isPresent();
  }

  /// Whether it scores a query with a document: an encoder with one label. Decoders with one label
  /// judge conversations, or take pairs in forms that their files do not name.
  public boolean ranks() {
    return decoder.seesAhead() && labels().size() == 1;
  }

  /// Whether its architecture is that of Qwen3-Reranker.
  public boolean mayJudge() {
    return architecture.equals("Qwen3ForCausalLM");
  }

  /// The function of the score of a pair.
  public Activation ranking() {
    return ranking;
  }

  /// The texts of a pair that the model tells apart: those of RoBERTa are one, and so are those
  /// of a tokenizer whose inputs leave them out.
  public int[] segments(int[] segments) {
    int known =
        hasSegments ? decoder.embedding().learned().map(Decoder.Learned::segments).orElse(1) : 1;
    return IntStream.of(segments).map(segment -> Math.min(segment, known - 1)).toArray();
  }

  /// The purpose of the model.
  public Purpose purpose() {
    return purpose;
  }

  /// The folder's settings for vectors.
  public EmbeddingFolder folder() {
    return folder;
  }

  /// The labels of a classifier.
  public List<String> labels() {
    return scorer.map(Scorer::labels).orElse(List.of());
  }

  /// The function of the scores of labels.
  public Activation activation() {
    return activation;
  }

  /// The pooling of the folder; if it says nothing, the last state of a decoder that only reads,
  /// and the mean of all states of others.
  public Pooling pooling() {
    return folder
        .pooling()
        .orElse(decoder.seesAhead() || purpose == Purpose.TEXT ? Pooling.MEAN : Pooling.LAST);
  }

  /// The vector of a text.
  public float[] embed(Runner runner, int[] tokens, Pooling how, Sequence.Terms terms) {
    int[] segments = new int[tokens.length];
    return folder.layers().of(runner.run(new EmbeddedPrompt(tokens, segments, how, terms)));
  }

  /// The tokens of a text whose labels are scored: without padding, and with the token that ends
  /// such texts.
  public List<Integer> labeled(List<Integer> tokens) {
    int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
    return scorer.map(by -> Ints.asList(by.read(ids))).orElse(tokens);
  }

  /// The scores of the labels of a text, or of two together.
  ///
  /// @param segments which of them each token belongs to
  /// @throws BackendException if the model has no labels
  public float[] label(Runner runner, int[] tokens, int[] segments, Sequence.Terms terms) {
    Scorer by = scorer.orElseThrow(() -> new BackendException("the model has no labels to score"));
    Pooling how = by.state() == Scorer.State.FIRST ? Pooling.FIRST : Pooling.LAST;
    int[] read = Arrays.copyOf(tokens, by.length(tokens));
    return scoring.of(runner.run(new EmbeddedPrompt(read, segments, how, terms)));
  }
}
