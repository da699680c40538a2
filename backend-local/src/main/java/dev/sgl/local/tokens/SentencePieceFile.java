package dev.sgl.local.tokens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.sgl.local.checkpoint.LfsPointer;
import dev.sgl.local.weights.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/// A `tokenizer.model` of SentencePiece (Kudo and Richardson, 2018): the pieces of a vocabulary,
/// which are merged by their scores, and how texts are prepared. Fields and their standards are
/// those of its `sentencepiece_model.proto`.
final class SentencePieceFile {
  private static final int MOST_BYTES = 64 << 20;
  private static final Pattern ID = Pattern.compile("[0-9]{1,9}");
  private static final int MOST_PIECES = 1 << 20;
  private static final int UNIGRAM = 1;
  private static final int BPE = 2;

  private final List<String> pieces = new ArrayList<>();
  private final List<Double> scores = new ArrayList<>();
  private final List<Long> types = new ArrayList<>();
  private int kind = UNIGRAM;
  private int begin = 1;
  private boolean addsBlank = true;
  private boolean joinsBlanks = true;
  private boolean mapsCharacters;
  private boolean marksBlanks = true;
  private boolean endsWithBlanks; // whether blanks end pieces instead of beginning them

  private SentencePieceFile() {}

  /// @throws ModelException if it cannot be read, is too large or no such file, or needs texts that
  ///     are prepared in a way that is not supported
  static SentencePieceFile read(Path path) {
    SentencePieceFile file = new SentencePieceFile();
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new ModelException("%s is larger than %d MiB".formatted(path, MOST_BYTES >> 20));
      }
      LfsPointer.refuse(path);
      file.read(CodedInputStream.newInstance(Files.readAllBytes(path)));
    } catch (IOException e) {
      throw new ModelException(path + " is no tokenizer of SentencePiece: " + e.getMessage(), e);
    }
    if (file.pieces.isEmpty()) {
      throw new ModelException(path + " is no tokenizer of SentencePiece: it has no pieces");
    }
    file.requireSupported();
    return file;
  }

  /// Reads a field; false if it is to be skipped.
  private interface Field {
    boolean read(int number) throws IOException;
  }

  private static void each(CodedInputStream in, Field field) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (!field.read(WireFormat.getTagFieldNumber(tag))) {
        in.skipField(tag);
      }
    }
  }

  /// The same of a message inside.
  private static boolean inner(CodedInputStream in, Field field) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    each(in, field);
    in.popLimit(outer);
    return true;
  }

  private void read(CodedInputStream in) throws IOException {
    each(
        in,
        number ->
            switch (number) {
              case 1 -> piece(in);
              case 2 -> inner(in, field -> trainer(in, field));
              case 3 -> inner(in, field -> normalizer(in, field));
              default -> false;
            });
  }

  private boolean piece(CodedInputStream in) throws IOException {
    int at = pieces.size();
    if (at >= MOST_PIECES) {
      throw new IOException("it has more than %d pieces".formatted(MOST_PIECES));
    }
    pieces.add("");
    scores.add(0.0);
    types.add((long) TokenizerJson.NORMAL);
    return inner(
        in,
        field -> {
          switch (field) {
            case 1 -> pieces.set(at, in.readStringRequireUtf8());
            case 2 -> scores.set(at, (double) in.readFloat());
            case 3 -> types.set(at, (long) in.readEnum());
            default -> {
              return false;
            }
          }
          return true;
        });
  }

  private boolean trainer(CodedInputStream in, int field) throws IOException {
    switch (field) {
      case 3 -> kind = in.readEnum();
      case 24 -> endsWithBlanks = in.readBool();
      case 41 -> begin = in.readInt32();
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean normalizer(CodedInputStream in, int field) throws IOException {
    switch (field) {
      case 2 -> mapsCharacters = in.readBytes().size() > 0;
      case 3 -> addsBlank = in.readBool();
      case 4 -> joinsBlanks = in.readBool();
      case 5 -> marksBlanks = in.readBool();
      default -> {
        return false;
      }
    }
    return true;
  }

  private void requireSupported() {
    if (kind != BPE) {
      throw unsupported("of the kind " + (kind == UNIGRAM ? "unigram" : Integer.toString(kind)));
    }
    if (mapsCharacters || joinsBlanks || !marksBlanks || endsWithBlanks) {
      throw unsupported("that replaces characters, or does not keep blanks as signs before words");
    }
  }

  private static ModelException unsupported(String what) {
    return new ModelException(
        "a tokenizer.model %s is not supported; make a tokenizer.json with transformers: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)"
            .formatted(what));
  }

  /// Gives pieces the names of added tokens, and room to those after the pieces. How added tokens
  /// are found in a text is read with `tokenizer_config.json`.
  ///
  /// @param decoder `added_tokens_decoder`
  private void rename(JsonNode decoder, int size) {
    for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
      int id = ID.matcher(entry.getKey()).matches() ? Integer.parseInt(entry.getKey()) : size;
      if (id >= size || !entry.getValue().path("content").isTextual()) {
        throw new ModelException(
            "tokenizer_config.json: added_tokens_decoder.%s is no token of the model's %d"
                .formatted(entry.getKey(), size));
      }
      while (pieces.size() <= id) {
        pieces.add("[unused " + pieces.size() + "]");
        scores.add(0.0);
        types.add((long) TokenizerJson.UNUSED);
      }
      String name = entry.getValue().path("content").asText();
      if (!pieces.get(id).equals(name)) {
        pieces.set(id, name);
        types.set(id, (long) TokenizerJson.NORMAL);
      }
    }
  }

  /// The same as a `tokenizer.json`.
  ///
  /// @param config `tokenizer_config.json` beside it
  /// @param size of the model's vocabulary
  /// @throws ModelException if the model does not know all pieces, or a piece is there twice
  ObjectNode json(JsonNode config, int size) {
    if (pieces.size() > size) {
      throw new ModelException(
          "tokenizer.model has %d pieces, and the model knows %d".formatted(pieces.size(), size));
    }
    rename(config.path("added_tokens_decoder"), size);
    if (new HashSet<>(pieces).size() < pieces.size()) {
      throw new ModelException("tokenizer.model has a piece twice");
    }
    int unknown = types.indexOf((long) TokenizerJson.UNKNOWN);
    if (config.path("add_eos_token").asBoolean(false)) {
      throw unsupported("whose texts get an end (add_eos_token)");
    }
    boolean isWanted = config.path("add_bos_token").asBoolean(true);
    boolean hasBegin = isWanted && begin >= 0 && begin < pieces.size();
    return new TokenizerJson(pieces, types)
        .sentencePiece(
            hasBegin ? OptionalInt.of(begin) : OptionalInt.empty(),
            addsBlank && config.path("add_prefix_space").asBoolean(true),
            unknown >= 0 ? OptionalInt.of(unknown) : OptionalInt.empty(),
            TokenizerJson.merges(pieces, scores));
  }
}
