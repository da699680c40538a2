package dev.sgl.local.tokens.bpe;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Text to token ids by byte-level BPE (Sennrich et al., Neural Machine Translation of Rare Words
/// with Subword Units, 2016; over bytes as in GPT-2), with the ids of the library `tokenizers`.
///
/// It knows the usual tokenizers alone, and gives no ids where it does not know a tokenizer or a
/// character. Safe for many threads.
public final class BytePairEncoder {
  private final AddedTokens added;
  private final boolean composes;
  private final Cut[] cuts;
  private final int[] bytes;
  private final Merges merges;
  private final Optional<WholeWords> whole;
  private final WordCache cache = new WordCache();

  /// @param composes whether text is brought to normal form C
  /// @param cuts each of the words of the cut before it
  /// @param bytes the token of each byte, or -1
  /// @param whole the tokens that are taken before any merge
  BytePairEncoder(
      AddedTokens added,
      boolean composes,
      List<Cut> cuts,
      int[] bytes,
      Merges merges,
      Optional<WholeWords> whole) {
    this.added = added;
    this.composes = composes;
    this.cuts = cuts.toArray(Cut[]::new);
    this.bytes = bytes;
    this.merges = merges;
    this.whole = whole;
  }

  /// The encoder of a `tokenizer.json`; empty if it has a part that is not known here.
  public static Optional<BytePairEncoder> of(JsonNode json) {
    return new BytePairReader(json).encoder();
  }

  /// The regular expressions by which the words of a text are cut, each of the words of the one
  /// before it.
  public List<String> patterns() {
    return Arrays.stream(cuts).map(Cut::pattern).toList();
  }

  /// The tokens of `text`, with added tokens where their names are in it. Empty if the text has a
  /// character or an added token that is not known here.
  public Optional<int[]> encode(String text) {
    char[] all = text.toCharArray();
    boolean isKnown = Characters.isKnown(all) && (!composes || Characters.isComposable(all));
    return isKnown ? new Encoding(this).encode(all) : Optional.empty();
  }

  AddedTokens added() {
    return added;
  }

  boolean composes() {
    return composes;
  }

  Cut[] cuts() {
    return cuts;
  }

  WordCache cache() {
    return cache;
  }

  Merges merges() {
    return merges;
  }

  /// The token of a byte, or -1.
  int token(byte value) {
    return bytes[value & 0xff];
  }

  Optional<WholeWords> whole() {
    return whole;
  }
}
