package dev.sgl.server.reading;

import dev.sgl.backend.Scheduling;
import dev.sgl.backend.TokenBackend;
import dev.sgl.backend.TokenBackend.ReadingCard;
import java.util.List;

/// Texts as vectors of length 1.
///
/// @param tokens that were read
public record Embedded(List<float[]> vectors, int tokens) {
  public Embedded {
    vectors = List.copyOf(vectors);
  }

  /// The vectors of texts, pooled as the model's folder says, each behind the folder's own prompt.
  ///
  /// @param truncates whether texts that are too long are cut
  /// @param dimensions of each vector
  /// @throws dev.sgl.backend.BackendException if the model makes no vectors, or a text is too long
  public static Embedded of(
      List<String> all, boolean truncates, int dimensions, TokenBackend backend) {
    ReadingCard card = backend.reading();
    String prompt = card.prompt().map(card.prompts()::get).orElse("");
    int context = backend.card().context();
    Texts texts =
        new Texts(
            all.stream()
                .map(text -> prompt + text)
                .map(t -> truncates ? backend.firstTokens(t, context) : backend.tokens(t, true))
                .toList());
    List<float[]> vectors =
        texts.vectors(backend, card.pooling(), Scheduling.DEFAULT).stream()
            .map(whole -> Vectors.first(whole, dimensions, true))
            .toList();
    return new Embedded(vectors, texts.count());
  }
}
