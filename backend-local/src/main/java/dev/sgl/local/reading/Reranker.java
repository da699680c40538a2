package dev.sgl.local.reading;

import com.google.common.primitives.Ints;
import dev.sgl.backend.TokenBackend.Comparison;
import dev.sgl.local.tokens.Tokenizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// A model that was trained to answer by `yes` or `no` whether a document answers a query, in
/// the form of Qwen3-Reranker (Zhang et al., 2025): the beginning, the question and the end of
/// the prompt become tokens by themselves, and a question that is too long is cut.
///
/// @param yes the token of this answer
/// @param no the token of the other
/// @param begin tokens before the question
/// @param end tokens after it
public record Reranker(int yes, int no, int[] begin, int[] end) {
  private static final String BEGIN =
      """
      <|im_start|>system
      Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
      <|im_start|>user
      """;

  private static final String END = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";

  private static final String INSTRUCTION =
      "Given a web search query, retrieve relevant passages that answer the query";

  /// The reranker that a model is: its name says so, and both answers are tokens.
  public static Optional<Reranker> of(String model, Tokenizer tokenizer) {
    OptionalInt yes = token(tokenizer, "yes");
    OptionalInt no = token(tokenizer, "no");
    boolean isNamed = model.toLowerCase(Locale.ROOT).contains("reranker");
    return isNamed && yes.isPresent() && no.isPresent()
        ? Optional.of(
            new Reranker(
                yes.getAsInt(), no.getAsInt(), tokenizer.encode(BEGIN), tokenizer.encode(END)))
        : Optional.empty();
  }

  private static OptionalInt token(Tokenizer tokenizer, String answer) {
    int[] tokens = tokenizer.encode(answer);
    return tokens.length == 1 ? OptionalInt.of(tokens[0]) : OptionalInt.empty();
  }

  /// The prompt for a query with a document.
  ///
  /// @param most tokens of the prompt
  public int[] prompt(Comparison asked, Tokenizer tokenizer, int most) {
    int[] question =
        tokenizer.encode(
            "<Instruct>: "
                + asked.instruction().orElse(INSTRUCTION)
                + "\n<Query>: "
                + asked.query()
                + "\n<Document>: "
                + asked.document());
    int room = Math.max(0, most - begin.length - end.length);
    int[] kept = Arrays.copyOf(question, Math.min(room, question.length));
    return Ints.concat(begin, kept, end);
  }
}
