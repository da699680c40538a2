package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sgl.local.tokens.bpe.BytePairEncoder;
import dev.sgl.local.weights.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/// The tokenizer of a model folder as the keys of a GGUF header: the inverse of [GgufTokenizer].
/// Byte-level BPE is written if its patterns have a name in such files, and SentencePiece if its
/// merges are those of scores; others are refused.
public final class GgufVocabulary {
  private static final String PREFIX = "tokenizer.ggml.";

  /// The kinds of tokens that end a text.
  private static final List<String> ENDS = List.of("eos", "eot", "eom");

  private final Path folder;
  private final JsonNode json;
  private final String[] tokens;
  private final int[] types;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<String, Object> keys = new LinkedHashMap<>();

  private GgufVocabulary(Path folder, JsonNode json, int size) {
    this.folder = folder;
    this.json = json;
    this.tokens = new String[size];
    this.types = new int[size];
  }

  /// The keys of the tokenizer, of its special tokens and of the chat template: values are
  /// `Integer`, `Boolean`, `String` and lists of `Integer`, `Float` or `String`.
  ///
  /// @param size of the model's vocabulary, which may be larger than the tokenizer's
  /// @param ends tokens that end a text, by the configuration
  /// @throws ModelException if GGUF files have no form for the tokenizer
  public static Map<String, Object> keys(Path folder, int size, Set<Integer> ends) {
    SpecialNames names = SpecialNames.read(folder);
    try (Tokenizer tokenizer = Tokenizer.open(folder, size)) {
      GgufVocabulary vocabulary = new GgufVocabulary(folder, Tokenizer.json(folder, size), size);
      vocabulary.readTokens(names);
      vocabulary.putModel();
      vocabulary.putSpecial(names, ends);
      vocabulary.putWholeText(tokenizer.encodeWhole(""), names);
      vocabulary.putTemplates(ChatTemplate.open(folder).sources());
      return vocabulary.keys;
    }
  }

  private ModelException refused(String why) {
    return new ModelException(folder + ": GGUF files have no form for its tokenizer: " + why);
  }

  // --- tokens

  private void readTokens(SpecialNames names) {
    JsonNode vocabulary = json.path("model").path("vocab");
    if (!vocabulary.isObject()) {
      throw refused("it is of the kind " + json.path("model").path("type").asText("none"));
    }
    vocabulary
        .properties()
        .forEach(e -> put(e.getKey(), e.getValue().asInt(-1), TokenizerJson.NORMAL));
    for (JsonNode added : json.path("added_tokens")) {
      String text = added.path("content").asText();
      boolean isControl = added.path("special").asBoolean() || names.has(text);
      int type = isControl ? TokenizerJson.CONTROL : TokenizerJson.USER_DEFINED;
      put(text, added.path("id").asInt(-1), type);
    }
    for (int id = 0; id < tokens.length; id++) {
      if (types[id] == 0) {
        put("[PAD" + id + "]", id, TokenizerJson.UNUSED);
      }
    }
  }

  private void put(String token, int id, int type) {
    if (id < 0 || id >= tokens.length) {
      throw refused(
          "the token `%s` has the id %d, and the model has %d tokens"
              .formatted(token, id, tokens.length));
    }
    tokens[id] = token;
    types[id] = type;
    ids.put(token, id);
  }

  // --- the model

  private void putModel() {
    Optional<BytePairEncoder> bytes = BytePairEncoder.of(json);
    if (bytes.isPresent()) {
      putBytePairs(bytes.get());
    } else if (json.path("model").path("byte_fallback").asBoolean()) {
      putSentencePiece();
    } else {
      throw refused("it is neither byte-level BPE nor SentencePiece in one of their usual forms");
    }
    keys.put(PREFIX + "tokens", Arrays.asList(tokens));
    keys.put(PREFIX + "token_type", Arrays.stream(types).boxed().toList());
  }

  private void putBytePairs(BytePairEncoder encoder) {
    boolean wholeWords = json.path("model").path("ignore_merges").asBoolean();
    String name =
        GgufPatterns.name(encoder.patterns(), wholeWords)
            .orElseThrow(
                () -> refused("the patterns by which it cuts text have no name in such files"));
    keys.put(PREFIX + "model", "gpt2");
    keys.put(PREFIX + "pre", name);
    keys.put(PREFIX + "merges", merges().stream().map(m -> m.left() + " " + m.right()).toList());
  }

  /// The merges of `tokenizer.json`, the scores of which are those of their ranks.
  private List<ScoredMerges.Merge> merges() {
    List<ScoredMerges.Merge> merges = new ArrayList<>();
    for (JsonNode merge : json.path("model").path("merges")) {
      String[] pair =
          merge.isTextual()
              ? merge.asText().split(" ", 2)
              : new String[] {merge.path(0).asText(), merge.path(1).asText()};
      if (pair.length != 2) {
        throw refused("the merge `" + merge + "` is no pair");
      }
      merges.add(new ScoredMerges.Merge(pair[0], pair[1], -merges.size()));
    }
    return merges;
  }

  private void putSentencePiece() {
    keys.put(PREFIX + "model", "llama");
    keys.put(PREFIX + "pre", "default");
    keys.put(PREFIX + "add_space_prefix", addsBlank());
    List<Float> scores =
        ScoredMerges.scores(Arrays.asList(tokens), merges())
            .orElseThrow(() -> refused("its merges are not those of scores"));
    keys.put(PREFIX + "scores", scores);
    Integer unknown = ids.get(json.path("model").path("unk_token").asText());
    if (unknown != null) {
      types[unknown] = TokenizerJson.UNKNOWN;
      putId("unknown", unknown);
    }
    for (int id = 0; id < tokens.length; id++) {
      if (types[id] == TokenizerJson.NORMAL && tokens[id].matches("<0x[0-9A-F]{2}>")) {
        types[id] = TokenizerJson.BYTE;
      }
    }
  }

  /// Whether a blank is put before a text: by the normalizer, or by the pre-tokenizer `Metaspace`.
  private boolean addsBlank() {
    JsonNode normalizer = json.path("normalizer");
    JsonNode cut = json.path("pre_tokenizer");
    if (isAbsent(normalizer)
        && isStep(cut, "Metaspace", "replacement")
        && !cut.path("split").asBoolean(true)) {
      return !cut.path("prepend_scheme").asText("always").equals("never");
    }
    List<JsonNode> steps = new ArrayList<>();
    normalizer.path("normalizers").forEach(steps::add);
    boolean adds = !steps.isEmpty() && isStep(steps.getFirst(), "Prepend", "prepend");
    boolean isUsual =
        isAbsent(cut)
            && steps.size() == (adds ? 2 : 1)
            && isStep(steps.getLast(), "Replace", "content")
            && steps.getLast().path("pattern").path("String").asText().equals(" ");
    if (!isUsual) {
      throw refused("its normalizer or pre-tokenizer is not that of SentencePiece");
    }
    return adds;
  }

  private static boolean isAbsent(JsonNode value) {
    return value.isNull() || value.isMissingNode();
  }

  private static boolean isStep(JsonNode step, String type, String blank) {
    return step.path("type").asText().equals(type)
        && step.path(blank).asText().equals(ScoredMerges.BLANK);
  }

  // --- special tokens

  private void putSpecial(SpecialNames names, Set<Integer> ends) {
    id(names, "bos_token").ifPresent(id -> putId("bos", id));
    id(names, "pad_token").ifPresent(id -> putId("padding", id));
    id(names, "unk_token").ifPresent(id -> putId("unknown", id));
    Set<Integer> all = new LinkedHashSet<>();
    id(names, "eos_token").ifPresent(all::add);
    all.addAll(ends);
    List<Integer> ordered = List.copyOf(all);
    if (ordered.size() > ENDS.size()) {
      throw refused("%d tokens end a text, and there are keys for 3".formatted(ordered.size()));
    }
    for (int i = 0; i < ordered.size(); i++) {
      putId(ENDS.get(i), ordered.get(i));
    }
  }

  private OptionalInt id(SpecialNames names, String role) {
    Integer id = ids.get(names.byRole().getOrDefault(role, ""));
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private void putId(String kind, int id) {
    keys.put(PREFIX + kind + "_token_id", id);
  }

  /// The tokens that begin and end every whole text.
  private void putWholeText(int[] empty, SpecialNames names) {
    OptionalInt begin = id(names, "bos_token");
    OptionalInt end = id(names, "eos_token");
    boolean begins = empty.length > 0 && begin.isPresent() && empty[0] == begin.getAsInt();
    int rest = begins ? 1 : 0;
    boolean isEnded = empty.length > rest && end.isPresent() && empty[rest] == end.getAsInt();
    if (empty.length != rest + (isEnded ? 1 : 0)) {
      throw refused("it adds tokens to a text that are not its first and last one");
    }
    keys.put(PREFIX + "add_bos_token", begins);
    keys.put(PREFIX + "add_eos_token", isEnded);
  }

  private void putTemplates(Map<String, String> sources) {
    new TreeMap<>(sources)
        .forEach(
            (name, source) ->
                keys.put(
                    "tokenizer.chat_template" + (name.equals("default") ? "" : "." + name),
                    source));
  }
}
