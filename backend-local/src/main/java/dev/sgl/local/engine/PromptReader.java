package dev.sgl.local.engine;

import dev.sgl.backend.Prompt;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.tokens.ChatFormat;
import dev.sgl.local.tokens.Tokenizer;
import dev.sgl.local.weights.ModelException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What a model would see of a prompt, without its weights: the tokenizer and the chat template
/// of a model folder.
public final class PromptReader implements AutoCloseable {
  private final Checkpoint checkpoint;
  private final Tokenizer tokenizer;
  private final ChatFormat format;

  private PromptReader(Checkpoint checkpoint, Tokenizer tokenizer) {
    this.checkpoint = checkpoint;
    this.tokenizer = tokenizer;
    this.format = ChatFormat.open(checkpoint, tokenizer, Optional.empty());
  }

  /// A token of a prompt, as people read it.
  public record Token(int id, String text) {}

  /// Opens the tokenizer of a model folder.
  ///
  /// @throws ModelException if there is none that can be read
  public static PromptReader open(Path folder) {
    Checkpoint checkpoint = Checkpoint.open(folder);
    try {
      int size = checkpoint.json("config.json").path("vocab_size").asInt();
      return new PromptReader(checkpoint, Tokenizer.open(checkpoint, size));
    } catch (RuntimeException | Error e) {
      checkpoint.close();
      throw e;
    }
  }

  /// The tokens of a prompt.
  ///
  /// @throws ModelException if the model has no chat template for its messages
  public List<Token> tokens(Prompt prompt) {
    return Arrays.stream(format.tokens(prompt))
        .mapToObj(id -> new Token(id, tokenizer.show(id)))
        .toList();
  }

  @Override
  public void close() {
    tokenizer.close();
    checkpoint.close();
  }
}
