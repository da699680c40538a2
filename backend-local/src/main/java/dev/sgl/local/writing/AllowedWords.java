package dev.sgl.local.writing;

import dev.sgl.backend.Sampling;
import dev.sgl.constraint.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The tokens to which a caller limits free text: those that are allowed, without any that would
/// complete a banned text, in whatever tokens that text is spelled.
public final class AllowedWords {
  private final Vocabulary vocabulary;
  private final List<byte[]> banned;
  private final long[] always; // that are allowed behind every text
  private final int longest; // bytes of a banned text

  private AllowedWords(Sampling.Words words, Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    banned = words.banned().stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    longest = banned.stream().mapToInt(text -> text.length).max().orElse(0);
    always = allowed(words.allowed());
    for (int token = 0; token < vocabulary.size(); token++) {
      for (byte[] text : banned) {
        if (contains(vocabulary.bytes(token), text)) {
          always[token >> 6] &= ~(1L << token);
        }
      }
    }
  }

  /// The limits of a request; none if it allows all words.
  public static Optional<AllowedWords> of(Sampling.Words words, Vocabulary vocabulary) {
    return words.areAll() ? Optional.empty() : Optional.of(new AllowedWords(words, vocabulary));
  }

  private long[] allowed(Set<Integer> tokens) {
    long[] mask = new long[vocabulary.words()];
    if (tokens.isEmpty()) {
      Arrays.fill(mask, -1);
    }
    tokens.forEach(token -> mask[token >> 6] |= 1L << token);
    return mask;
  }

  private static boolean contains(byte[] bytes, byte[] text) {
    for (int from = 0; from + text.length <= bytes.length; from++) {
      if (Arrays.equals(bytes, from, from + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }

  /// How many bytes of the text decide on its next token.
  int bytesBefore() {
    return Math.max(0, longest - 1);
  }

  /// Sets `mask` to the tokens that may come behind a text.
  ///
  /// @param before the end of the text, of [#bytesBefore()] bytes or more if it has them
  void fill(long[] mask, byte[] before) {
    System.arraycopy(always, 0, mask, 0, mask.length);
    for (byte[] text : banned) {
      for (int length = 1; length < text.length && length <= before.length; length++) {
        int from = before.length - length;
        if (Arrays.equals(before, from, before.length, text, 0, length)) {
          clear(mask, Arrays.copyOfRange(text, length, text.length));
        }
      }
    }
  }

  /// Clears the tokens that begin with `rest`.
  private void clear(long[] mask, byte[] rest) {
    int node = vocabulary.find(rest);
    for (int below = node; node >= 0 && below < vocabulary.end(node); below++) {
      vocabulary.clear(below, mask);
    }
  }
}
