package dev.sgl.local.tokens.bpe;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/// One text on its way to tokens.
final class Encoding {
  private final BytePairEncoder encoder;
  private final Cut[] cuts;
  private final WordCache cache;
  private final Word word;
  private int[] tokens = new int[64];
  private int size;
  private boolean isKnown = true; // each byte has a token

  Encoding(BytePairEncoder encoder) {
    this.encoder = encoder;
    this.cuts = encoder.cuts();
    this.cache = encoder.cache();
    this.word = new Word(encoder.merges());
  }

  /// The tokens of a text; empty if it has an added token or a byte that is not known.
  Optional<int[]> encode(char[] text) {
    AddedTokens added = encoder.added();
    int begin = 0;
    int at = 0;
    while (at < text.length) {
      long found = added.find(text, at, text.length);
      if (found == AddedTokens.ODD) {
        return Optional.empty();
      }
      if (found == AddedTokens.NONE) {
        at++;
        continue;
      }
      if (!addPart(text, begin, at)) {
        return Optional.empty();
      }
      append((int) found);
      at = (int) (found >>> 32);
      begin = at;
    }
    return addPart(text, begin, text.length) && isKnown
        ? Optional.of(Arrays.copyOf(tokens, size))
        : Optional.empty();
  }

  /// Adds the tokens of a text between added tokens; false if its normal form has an odd one.
  private boolean addPart(char[] text, int from, int to) {
    if (!encoder.composes() || Characters.isComposed(text, from, to)) {
      cut(text, from, to, 0);
      return true;
    }
    String part = new String(text, from, to - from);
    char[] composed = Normalizer.normalize(part, Normalizer.Form.NFC).toCharArray();
    if (encoder.added().hasOdd(composed)) {
      return false;
    }
    cut(composed, 0, composed.length, 0);
    return true;
  }

  /// Cuts a text by the cut `which` and those after it.
  private void cut(char[] text, int from, int to, int which) {
    int begin = from;
    while (begin < to) {
      int end = which < cuts.length ? cuts[which].end(text, begin, to) : to;
      if (which + 1 < cuts.length) {
        cut(text, begin, end, which + 1);
      } else {
        addWord(text, begin, end);
      }
      begin = end;
    }
  }

  private void addWord(char[] text, int from, int to) {
    int hash = WordCache.hash(text, from, to);
    int[] found = cache.find(text, from, to, hash);
    if (found == null) {
      found = merged(new String(text, from, to - from).getBytes(StandardCharsets.UTF_8));
      if (isKnown) {
        cache.put(text, from, to, hash, found);
      }
    }
    for (int token : found) {
      append(token);
    }
  }

  private int[] merged(byte[] bytes) {
    OptionalInt whole = encoder.whole().map(w -> w.find(bytes)).orElse(OptionalInt.empty());
    if (whole.isPresent()) {
      return new int[] {whole.getAsInt()};
    }
    word.clear();
    for (byte value : bytes) {
      isKnown &= encoder.token(value) >= 0;
      word.add(encoder.token(value));
    }
    return word.merge();
  }

  private void append(int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    tokens[size++] = token;
  }
}
