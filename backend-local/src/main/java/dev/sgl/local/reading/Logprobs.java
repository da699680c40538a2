package dev.sgl.local.reading;

import dev.sgl.backend.Reply;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.local.kernel.Picked;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Log-probabilities of tokens as callers read them.
public final class Logprobs {
  private Logprobs() {}

  /// @param picked whose candidates could have come in the token's place
  public static Reply.Logprob of(int token, double logprob, Picked picked, Vocabulary vocabulary) {
    List<Reply.Candidate> top = new ArrayList<>();
    for (int i = 0; i < picked.candidates().length; i++) {
      int candidate = picked.candidates()[i];
      double its = picked.candidateLogprobs()[i];
      top.add(new Reply.Candidate(candidate, text(candidate, vocabulary), its));
    }
    return new Reply.Logprob(token, text(token, vocabulary), logprob, top);
  }

  /// The log-probability of a forced token, which no logits were computed for: 0, without
  /// candidates.
  public static Reply.Logprob forced(int token, Vocabulary vocabulary) {
    return new Reply.Logprob(token, text(token, vocabulary), 0, List.of());
  }

  private static String text(int token, Vocabulary vocabulary) {
    return new String(vocabulary.bytes(token), StandardCharsets.UTF_8);
  }
}
