package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sgl.constraint.Vocabulary;
import dev.sgl.local.checkpoint.Checkpoint;
import dev.sgl.local.checkpoint.Gguf;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// Text to token ids by `tokenizer.json`, and the bytes of each token. Safe for many threads.
public final class Tokenizer implements AutoCloseable {
  private static final String SENTENCEPIECE = "tokenizer.model";

  private static final String LINE_END = "\n";

  private final Encoder encoder;
  private final Vocabulary vocabulary;
  private final Map<String, Integer> special;
  private final boolean prependsBlank;

  private Tokenizer(Encoder encoder, Vocabulary vocabulary, Map<String, Integer> special) {
    this.encoder = encoder;
    this.vocabulary = vocabulary;
    this.special = special;
    this.prependsBlank = prependsBlank();
  }

  /// Reads `tokenizer.json` of a model folder, or `tokenizer.model` where there is none, with the
  /// tokens that `tokenizer_config.json` adds.
  ///
  /// @param size of the model's vocabulary, which may be larger than the tokenizer's
  /// @throws ModelException if it is missing or cannot be read
  public static Tokenizer open(Path folder, int size) {
    Path json = folder.resolve("tokenizer.json");
    Path file = Files.isRegularFile(json) ? json : folder.resolve(SENTENCEPIECE);
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          folder + " has no tokenizer.json or tokenizer.model" + other(folder));
    }
    try {
      return of(json(folder, size), size, SpecialNames.read(folder));
    } catch (ModelException e) {
      throw e;
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw new ModelException(file + " is no tokenizer: " + e.getMessage(), e);
    }
  }

  /// A tokenizer of another kind that a folder has.
  private static String other(Path folder) {
    for (String name : List.of("tekken.json", "vocab.txt", "vocab.json")) {
      if (Files.isRegularFile(folder.resolve(name))) {
        return ", but "
            + name
            + "; make one with transformers: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)";
      }
    }
    return "";
  }

  /// The `tokenizer.json` of a folder, or that of its `tokenizer.model`, with the tokens that
  /// `tokenizer_config.json` adds.
  ///
  /// @param size of the model's vocabulary
  static JsonNode json(Path folder, int size) {
    JsonNode config = Checkpoint.json(folder, "tokenizer_config.json");
    JsonNode json =
        Files.isRegularFile(folder.resolve("tokenizer.json"))
            ? Checkpoint.json(folder, "tokenizer.json")
            : SentencePieceFile.read(folder.resolve(SENTENCEPIECE)).json(config, size);
    complete(json, config);
    return json;
  }

  /// Adds the tokens that are only in `tokenizer_config.json`, with the settings that
  /// `transformers` gives those which name none.
  private static void complete(JsonNode json, JsonNode config) {
    Set<Integer> known = new HashSet<>();
    json.path("added_tokens").forEach(token -> known.add(token.path("id").asInt()));
    for (Map.Entry<String, JsonNode> entry : config.path("added_tokens_decoder").properties()) {
      boolean isNumber = entry.getKey().matches("[0-9]{1,9}");
      if (isNumber
          && entry.getValue() instanceof ObjectNode token
          && json instanceof ObjectNode object
          && known.add(Integer.parseInt(entry.getKey()))) {
        ObjectNode added = object.withArray("added_tokens").addObject();
        added.put("single_word", false).put("lstrip", false).put("rstrip", false);
        added.put("normalized", !token.path("special").asBoolean(false)).put("special", false);
        added.setAll(token.deepCopy().put("id", Integer.parseInt(entry.getKey())));
      }
    }
  }

  /// Reads the tokenizer of a model.
  ///
  /// @param size of the model's vocabulary, which may be larger than the tokenizer's
  /// @throws ModelException if it is missing, or of a kind that is not supported
  public static Tokenizer open(Checkpoint model, int size) {
    if (model.gguf().isEmpty()) {
      return open(model.folder(), size);
    }
    return ofGguf(model.folder(), model.gguf().get(), size, SpecialNames.read(model));
  }

  /// Reads the tokenizer of a GGUF file, which needs no weights.
  ///
  /// @throws ModelException if it is of a kind that is not supported
  public static Tokenizer openGguf(Path file) {
    Gguf gguf = Gguf.read(file);
    int size = gguf.list("tokenizer.ggml.tokens").size();
    return ofGguf(file, gguf, size, new SpecialNames(Map.of(), Set.of()));
  }

  private static Tokenizer ofGguf(Path file, Gguf gguf, int size, SpecialNames names) {
    try {
      return of(GgufTokenizer.json(gguf), size, names);
    } catch (IOException | RuntimeException e) {
      throw new ModelException(file + " has no tokenizer: " + e.getMessage(), e);
    }
  }

  private static Tokenizer of(JsonNode json, int size, SpecialNames names) throws IOException {
    Map<String, Integer> special = new HashMap<>();
    byte[][] bytes = TokenBytes.read(json, size, names, special);
    Encoder encoder = Encoder.of(json);
    return new Tokenizer(encoder, new Vocabulary(bytes), Map.copyOf(special));
  }

  /// The tokens of `text`. The names of special tokens in it become these tokens.
  public int[] encode(String text) {
    return encoder.encode(text);
  }

  /// The tokens of `text`, with those that the tokenizer adds to a whole text.
  public int[] encodeWhole(String text) {
    return encoder.encodeWhole(text);
  }

  /// The tokens of two texts together, with those that the tokenizer adds.
  ///
  /// @param segments which of the two each token belongs to
  public record Pair(int[] tokens, int[] segments) {
    /// The same without some tokens.
    Pair without(int from, int count) {
      return new Pair(without(tokens, from, count), without(segments, from, count));
    }

    private static int[] without(int[] all, int from, int count) {
      int[] fewer = Arrays.copyOf(all, all.length - count);
      System.arraycopy(all, from + count, fewer, from, fewer.length - from);
      return fewer;
    }
  }

  /// The tokens of two texts together, a query and a document say.
  public Pair encodePair(String first, String second) {
    return encoder.encodePair(first, second);
  }

  /// The same of the first tokens of both, of the longer one as long as it is the longer one.
  ///
  /// @param most tokens in all
  public Pair encodePair(String first, String second, int most) {
    Pair whole = encodePair(first, second);
    int excess = whole.tokens().length - most;
    if (excess <= 0) {
      return whole;
    }
    int[] one = encode(first);
    int[] other = encode(second);
    int room = Math.max(0, one.length + other.length - excess);
    int shorter = Math.min(Math.min(one.length, other.length), room / 2);
    boolean isFirstShorter = one.length <= other.length;
    int keptOfOne = isFirstShorter ? shorter : Math.min(one.length, room - shorter);
    int keptOfOther = isFirstShorter ? Math.min(other.length, room - shorter) : shorter;
    int begin = indexOf(whole.tokens(), one, 0);
    int next = indexOf(whole.tokens(), other, begin + one.length);
    return whole
        .without(next + keptOfOther, other.length - keptOfOther)
        .without(begin + keptOfOne, one.length - keptOfOne);
  }

  /// The first tokens of a text, with those that the tokenizer adds to a whole text.
  ///
  /// @param most tokens in all
  public int[] encodeFirst(String text, int most) {
    int[] whole = encodeWhole(text);
    int excess = whole.length - most;
    if (excess <= 0) {
      return whole;
    }
    int[] plain = encode(text);
    int kept = Math.max(0, plain.length - excess);
    int begin = indexOf(whole, plain, 0);
    return Pair.without(whole, begin + kept, plain.length - kept);
  }

  /// Where a list contains another, from a place on; the place if it does not.
  private static int indexOf(int[] all, int[] part, int from) {
    for (int at = from; at + part.length <= all.length; at++) {
      if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    return from;
  }

  /// The tokens of `text` as it follows other text, without the blank that tokenizers of the
  /// SentencePiece kind put before a text.
  public int[] encodeContinued(String text) {
    if (!prependsBlank) {
      return encode(text);
    }
    int[] ids = encode(LINE_END + text);
    int bytes = 0;
    for (int i = 0; i < ids.length; i++) {
      byte[] token = vocabulary.bytes(ids[i]);
      bytes += token.length;
      if (token.length > 0 && token[token.length - 1] == '\n') {
        return Arrays.copyOfRange(ids, i + 1, ids.length);
      }
      if (bytes > 2) {
        break; // the line end is part of a longer token
      }
    }
    return encode(text);
  }

  /// Whether a text's first token begins with a blank that the text does not have.
  private boolean prependsBlank() {
    int[] ids = encode("a");
    return ids.length > 0
        && vocabulary.bytes(ids[0]).length > 0
        && vocabulary.bytes(ids[0])[0] == ' ';
  }

  /// The id of a special token by its name.
  public OptionalInt special(String name) {
    Integer id = special.get(name);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// A token as people read it: its text, or its name if it is a special one.
  public String show(int token) {
    byte[] bytes = vocabulary.bytes(token);
    return bytes.length > 0
        ? new String(bytes, StandardCharsets.UTF_8)
        : special.entrySet().stream()
            .filter(e -> e.getValue() == token)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse("");
  }

  /// The same tokenizer, to which some special tokens are texts: their names.
  ///
  /// @param names those that are not special tokens are passed over
  public Tokenizer spelling(Set<String> names) {
    byte[][] bytes = new byte[vocabulary.size()][];
    Arrays.setAll(bytes, vocabulary::bytes);
    for (String name : names) {
      special(name).ifPresent(id -> bytes[id] = name.getBytes(StandardCharsets.UTF_8));
    }
    return new Tokenizer(encoder, new Vocabulary(bytes), special);
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
