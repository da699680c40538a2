package dev.sgl.local.reading;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.backend.BackendException;
import dev.sgl.backend.TokenBackend.Activation;
import dev.sgl.backend.TokenBackend.Pooling;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.embedding.EmbeddingFolder;
import dev.sgl.local.family.Families;
import dev.sgl.local.family.Purpose;
import dev.sgl.local.model.DenseLayers;
import dev.sgl.local.model.Scorer;
import dev.sgl.local.schedule.Sequence;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Reads texts for their vectors, or for the scores of labels.
public final class TextReader {
  private final Purpose purpose;
  private final EmbeddingFolder folder;
  private final Optional<Scorer> scorer;
  private final DenseLayers scoring;
  private final Activation activation;
  private final boolean isEncoder;

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
    isEncoder = Families.decoder(config).seesAhead();
    folder = EmbeddingFolder.read(model, Families.decoder(config).hidden());
    scorer = purpose == Purpose.LABELS ? Optional.of(Families.scorer(config)) : Optional.empty();
    scoring =
        scorer
            .map(of -> DenseLayers.load(of.layers(), Families.weights(model)))
            .orElse(DenseLayers.NONE);
    activation = activation(config, labels().size());
  }

  /// The activation that `config.json` names, or that `transformers` and `sentence-transformers`
  /// take for as many labels.
  private static Activation activation(JsonNode config, int labels) {
    String named =
        config
            .path("sentence_transformers")
            .path("activation_fn")
            .asText(config.path("sbert_ce_default_activation_function").asText(""));
    if (named.endsWith(".Identity") || labels == 0) {
      return Activation.NONE;
    }
    boolean apart = config.path("problem_type").asText("").equals("multi_label_classification");
    return labels == 1 || apart ? Activation.SIGMOID : Activation.SOFTMAX;
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
        .orElse(isEncoder || purpose == Purpose.TEXT ? Pooling.MEAN : Pooling.LAST);
  }

  /// The vector of a text.
  public float[] embed(Runner runner, int[] tokens, Pooling how, Sequence.Terms terms) {
    int[] segments = new int[tokens.length];
    return folder.layers().of(runner.run(new EmbeddedPrompt(tokens, segments, how, terms)));
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
