package dev.sgl.local.tokens;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/// Text to token ids by `tokenizer.json`, and the bytes of each token. Safe for many threads.
public final class Tokenizer implements AutoCloseable {
  private final HuggingFaceTokenizer encoder;
  private final Vocabulary vocabulary;
  private final Map<String, Integer> special;

  private Tokenizer(
      HuggingFaceTokenizer encoder, Vocabulary vocabulary, Map<String, Integer> special) {
    this.encoder = encoder;
    this.vocabulary = vocabulary;
    this.special = special;
  }

  /// Reads `tokenizer.json` of a model folder.
  ///
  /// @param size of the model's vocabulary, which may be larger than the tokenizer's
  /// @throws ModelException if it is missing or cannot be read
  public static Tokenizer open(Path folder, int size) {
    Path file = folder.resolve("tokenizer.json");
    if (!Files.isRegularFile(file)) {
      throw new ModelException(folder + " has no tokenizer.json");
    }
    try {
      JsonNode json = new ObjectMapper().readTree(file.toFile());
      Map<String, Integer> special = new HashMap<>();
      byte[][] bytes = TokenBytes.read(json, size, special);
      System.setProperty("ai.djl.offline", "true"); // its native part is in the jar
      HuggingFaceTokenizer encoder =
          HuggingFaceTokenizer.builder()
              .optTokenizerPath(file)
              .optAddSpecialTokens(false)
              .optTruncation(false)
              .optPadding(false)
              .build();
      return new Tokenizer(encoder, new Vocabulary(bytes), Map.copyOf(special));
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw new ModelException(file + " is no tokenizer: " + e.getMessage(), e);
    }
  }

  /// The tokens of `text`. The names of special tokens in it become these tokens.
  public int[] encode(String text) {
    return ids(encoder.encode(text, false, false));
  }

  /// The tokens of `text`, with those that the tokenizer adds to a whole text.
  public int[] encodeWhole(String text) {
    return ids(encoder.encode(text, true, false));
  }

  private static int[] ids(Encoding encoding) {
    long[] ids = encoding.getIds();
    int[] out = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      out[i] = (int) ids[i];
    }
    return out;
  }

  /// The id of a special token by its name.
  public OptionalInt special(String name) {
    Integer id = special.get(name);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The tokens' bytes; special tokens have none.
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public void close() {
    encoder.close();
  }
}
