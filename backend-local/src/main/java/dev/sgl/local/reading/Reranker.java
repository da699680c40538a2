package dev.sgl.local.reading;

import dev.sgl.backend.TokenBackend.Comparison;
import dev.sgl.local.tokens.Tokenizer;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// A model that was trained to answer by `yes` or `no` whether a document answers a query, in the
/// form of Qwen3-Reranker (Zhang et al., 2025).
///
/// @param yes the token of this answer
/// @param no the token of the other
public record Reranker(int yes, int no) {
  private static final String BEGIN =
      """
      <|im_start|>system
      Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
      <|im_start|>user
      <Instruct>:\s""";

  private static final String USUAL =
      "Given a web search query, retrieve relevant passages that answer the query";

  private static final String END = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";

  /// The reranker that a model is: its name says so, and both answers are tokens.
  public static Optional<Reranker> of(String model, Tokenizer tokenizer) {
    OptionalInt yes = token(tokenizer, "yes");
    OptionalInt no = token(tokenizer, "no");
    boolean isNamed = model.toLowerCase(Locale.ROOT).contains("reranker");
    return isNamed && yes.isPresent() && no.isPresent()
        ? Optional.of(new Reranker(yes.getAsInt(), no.getAsInt()))
        : Optional.empty();
  }

  private static OptionalInt token(Tokenizer tokenizer, String answer) {
    int[] tokens = tokenizer.encode(answer);
    return tokens.length == 1 ? OptionalInt.of(tokens[0]) : OptionalInt.empty();
  }

  /// The question for the model.
  public String prompt(Comparison asked) {
    return BEGIN
        + asked.instruction().orElse(USUAL)
        + "\n<Query>: "
        + asked.query()
        + "\n<Document>: "
        + asked.document()
        + END;
  }
}
