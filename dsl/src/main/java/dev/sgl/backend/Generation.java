package dev.sgl.backend;

import java.util.List;
import java.util.Optional;

/// A running generation, read by one thread.
public interface Generation extends AutoCloseable {

  /// The next piece of text, in whole characters; waits for it. Empty at the end.
  ///
  /// @throws BackendException if the generation failed
  Optional<String> next();

  /// The log-probabilities that came with the last piece of text, where the backend has them by
  /// then; all of them are in the reply.
  default List<Reply.Logprob> logprobs() {
    return List.of();
  }

  /// Tokens that were generated up to the last piece of text, where the backend counts them.
  default int generatedTokens() {
    return 0;
  }

  /// The tokens that the generation has cost so far, where the backend counts them: of the prompt
  /// those that were computed or cached, of the text all that were generated, also those that were
  /// not read yet. From any thread.
  default Reply.Usage spent() {
    return Reply.Usage.NONE;
  }

  /// The finished generation; waits for the end.
  ///
  /// @throws BackendException if the generation failed
  Reply reply();

  /// Ends the generation if it still runs, and frees its resources.
  @Override
  void close();
}
